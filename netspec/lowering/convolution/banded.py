"""Convolutions with few channels as one product with a banded matrix.

A row of patches (im2col) times the kernel is a product whose sides are too small to be quick when channels
and filters are few. Here `tile` neighbouring outputs share one wider patch, and the kernel is repeated along
the diagonals of a matrix, shifted by one stride per output:

    (batch·rows·tiles, kh·span·channels) @ (kh·span·channels, tile·filters)

A tile of 1 is im2col; a tile as wide as the output multiplies mostly zeros.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from netspec.analysis.convolution.geometry import Geometry
from netspec.analysis.convolution.patches import patch_span, tile
from netspec.lowering.convolution.matmul import Product


def _fits(g: Geometry) -> bool:
    return g.groups == 1


def _rows(x: jax.Array, g: Geometry, t: int) -> jax.Array:
    """(batch, height, width, channels) to (batch·rows·tiles, kh·span·channels)."""
    (_, width, channels), (rows, columns, _) = g.input, g.output
    tiles, step, span = columns // t, t * g.stride[1], patch_span(g, t)
    pieces = -(-span // step)
    left = g.padding[1][0]
    right = (tiles + pieces - 1) * step - width - left
    edges = (0, 0, 0), (*g.padding[0], 0), (left, right, 0), (0, 0, 0)
    padded = lax.pad(x, jnp.zeros((), x.dtype), edges)

    def piece(n: int) -> jax.Array:
        cut = padded[:, :, n * step : (n + tiles) * step]
        tiled = cut.reshape(*cut.shape[:2], tiles, step, channels)
        return tiled[:, :, :, : span - n * step]

    wide = jnp.concatenate([piece(n) for n in range(pieces)], axis=3)
    sh, dh = g.stride[0], g.dilation[0]
    taps = [wide[:, i * dh : i * dh + (rows - 1) * sh + 1 : sh] for i in range(g.kernel[0])]
    return jnp.stack(taps, axis=3).reshape(-1, g.kernel[0] * span * channels)


def _matrix(w: jax.Array, g: Geometry, t: int) -> jax.Array:
    """The kernel to (kh·span·channels, tile·filters), each output's taps one stride further down."""
    kh, kw, channels, filters = g.kernel_shape
    span = patch_span(g, t)
    tap, out = np.arange(kw)[:, None], np.arange(t)
    place = np.zeros((kw, span, t), np.float32)
    place[tap, tap * g.dilation[1] + out * g.stride[1], out] = 1
    band = jnp.einsum("ijcf,jut->iuctf", w, jnp.asarray(place, w.dtype))
    return band.reshape(kh * span * channels, t * filters)


PATCHES = Product(_fits, partial(_rows, t=1), partial(_matrix, t=1))
BANDED = Product(_fits, lambda x, g: _rows(x, g, tile(g)), lambda w, g: _matrix(w, g, tile(g)))
