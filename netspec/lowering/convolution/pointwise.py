"""A 1×1 kernel mixes channels and nothing else: a matrix product over the cells that the stride keeps."""

from __future__ import annotations

import jax

from netspec.analysis.convolution.geometry import Geometry
from netspec.lowering.convolution.matmul import Product


def _fits(g: Geometry) -> bool:
    return g.pointwise


def _rows(x: jax.Array, g: Geometry) -> jax.Array:
    return x[:, :: g.stride[0], :: g.stride[1]].reshape(-1, g.input[2])


def _matrix(w: jax.Array, g: Geometry) -> jax.Array:
    return w.reshape(g.input[2], g.filters)


POINTWISE = Product(_fits, _rows, _matrix)
