"""A convolution whose result comes window by window, for the max pooling that follows at once.

As `banded`, with a tile as high as a pooling window and some windows wide:

    (batch·rows·tiles, span·span·channels) @ (span·span·channels, cells·windows·filters)

Its patches overlap in both directions, so that fewer zeros are multiplied, and the cells of a window lie in runs
of neighbouring windows and filters, over which maxima are taken without gathering. The result holds the numbers of
(batch, *g.output) in that order and in that shape; only `netspec/lowering/pooling/windows.py` reads it.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from netspec.analysis.convolution.geometry import Geometry
from netspec.analysis.convolution.patches import windows_span, windows_tile
from netspec.lowering.convolution.matmul import Product


def _fits(g: Geometry) -> bool:
    return g.groups == 1 and g.windows != (1, 1)


def _rows(x: jax.Array, g: Geometry) -> jax.Array:
    """(batch, height, width, channels) to (batch·rows·tiles, span·span·channels)."""
    tile, spans = windows_tile(g.output, g.windows), windows_span(g)
    counts = g.output[0] // g.windows[0], g.output[1] // (g.windows[1] * tile)
    steps = g.windows[0] * g.stride[0], g.windows[1] * tile * g.stride[1]
    wanted = [(n - 1 + -(-span // step)) * step for n, span, step in zip(counts, spans, steps, strict=True)]
    sides = zip(g.padding, wanted, g.input[:2], strict=True)
    edges = ((0, 0, 0), *((before, cells - size - before, 0) for (before, _), cells, size in sides), (0, 0, 0))
    tiled = _cut(lax.pad(x, jnp.zeros((), x.dtype), edges), 2, counts[1], steps[1], spans[1])
    taps = [tiled[:, i : i + (counts[0] - 1) * steps[0] + 1 : steps[0]] for i in range(spans[0])]
    return jnp.stack(taps, axis=3).reshape(-1, math.prod(spans) * g.input[2])


def _cut(x: jax.Array, axis: int, count: int, step: int, span: int) -> jax.Array:
    """Along an axis, `count` pieces of `span` cells, each beginning a step after the one before: (..., count, span, ...)."""

    def piece(first: int) -> jax.Array:
        cells = lax.slice_in_dim(x, first, first + count * step, axis=axis)
        split = cells.reshape(*x.shape[:axis], count, step, *x.shape[axis + 1 :])
        return lax.slice_in_dim(split, 0, min(step, span - first), axis=axis + 1)

    return jnp.concatenate([piece(first) for first in range(0, span, step)], axis=axis + 1)


def _matrix(w: jax.Array, g: Geometry) -> jax.Array:
    """The kernel to (span·span·channels, cells·windows·filters)."""
    tile, (rows, columns) = windows_tile(g.output, g.windows), windows_span(g)
    down = _places(g.kernel[0], g.dilation[0], g.stride[0], rows, g.windows[0])
    across = _places(g.kernel[1], g.dilation[1], g.stride[1], columns, tile * g.windows[1])
    across = across.reshape(*across.shape[:2], tile, g.windows[1])
    band = jnp.einsum("jvtq,ijcf->ivcqtf", jnp.asarray(across, w.dtype), w)
    matrix = jnp.einsum("iua,ivcqtf->uvcaqtf", jnp.asarray(down, w.dtype), band)
    return matrix.reshape(rows * columns * g.input[2], -1)


def _places(taps: int, dilation: int, stride: int, span: int, cells: int) -> np.ndarray:
    """(taps, span, cells): 1 where a cell reads that place of the span through that tap."""
    tap, cell = np.arange(taps)[:, None], np.arange(cells)
    places = np.zeros((taps, span, cells), np.float32)
    places[tap, tap * dilation + cell * stride, cell] = 1
    return places


WINDOWS = Product(_fits, _rows, _matrix)
