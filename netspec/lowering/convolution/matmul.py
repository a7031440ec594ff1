"""Convolutions that are one matrix product: output rows = rows(x) @ matrix(w)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax

from netspec.analysis.convolution.geometry import Geometry
from netspec.lowering.convolution.algorithm import matmul, transpose
from netspec.lowering.workload import Direction


@dataclass(frozen=True)
class Product:
    """An algorithm made of two linear rearrangements; both gradients are matrix products as well."""

    fits: Callable[[Geometry], bool]
    rows: Callable[[jax.Array, Geometry], jax.Array]
    """x to (m, k); reading the m·n numbers of the product in order gives (batch, *g.output)."""
    matrix: Callable[[jax.Array, Geometry], jax.Array]
    """w to (k, n)."""

    def supports(self, g: Geometry, direction: Direction) -> bool:
        """All three directions or none."""
        return self.fits(g)

    def output(self, x: jax.Array, w: jax.Array, g: Geometry) -> jax.Array:
        """rows(x) @ matrix(w)."""
        y = matmul(self.rows(x, g), self.matrix(w, g))
        return y.reshape(x.shape[0], *g.output).astype(x.dtype)

    def input_gradient(self, dy: jax.Array, w: jax.Array, g: Geometry) -> jax.Array:
        """rowsᵀ(dy @ matrix(w)ᵀ)."""
        kn = self.matrix(w, g)
        mk = matmul(dy.reshape(-1, kn.shape[1]), kn.T)
        return transpose(lambda x: self.rows(x, g), (dy.shape[0], *g.input), mk).astype(dy.dtype)

    def weight_gradient(self, x: jax.Array, dy: jax.Array, g: Geometry) -> jax.Array:
        """matrixᵀ(rows(x)ᵀ @ dy)."""
        mk = self.rows(x, g)
        kn = matmul(mk.T, dy.reshape(mk.shape[0], -1))
        return transpose(lambda w: self.matrix(w, g), g.kernel_shape, kn).astype(x.dtype)
