"""A kernel as large as its input has one position: a fully connected layer over the flattened input."""

from __future__ import annotations

import math

import jax

from netspec.analysis.convolution.geometry import Geometry
from netspec.lowering.convolution.matmul import Product


def _fits(g: Geometry) -> bool:
    return g.flat


def _rows(x: jax.Array, g: Geometry) -> jax.Array:
    return x.reshape(x.shape[0], math.prod(g.input))


def _matrix(w: jax.Array, g: Geometry) -> jax.Array:
    return w.reshape(math.prod(g.input), g.filters)


FLAT = Product(_fits, _rows, _matrix)
