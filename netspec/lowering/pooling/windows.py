"""Max pooling of a map that lies window by window, as `netspec/lowering/convolution/windows.py` makes it.

The cells of a window are runs of `windows_tile` windows and their filters: all is one pass over whole runs, where
`shifts` gathers each window's cells from rows of the map.
"""

from __future__ import annotations

import math
from functools import partial

import jax
import jax.numpy as jnp

from netspec.analysis.convolution.patches import windows_tile
from netspec.analysis.pooling import Window
from netspec.lowering.settings import held


def maximum(x: jax.Array, window: Window) -> jax.Array:
    """Each window's maximum; its gradient goes to the first maximum in row-major order."""
    return _maximum(window, x)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _maximum(window: Window, x: jax.Array) -> jax.Array:
    return _forward(window, x)[0]


def _forward(window: Window, x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The maxima, and the number of the cell that each came from, (runs, windows·filters)."""
    batch, height, width, filters = x.shape
    cells = math.prod(window.size)
    runs = x.reshape(-1, cells, windows_tile((height, width, filters), window.size) * filters)
    number = jnp.uint8 if cells <= 256 else jnp.int32
    highest, place = runs[:, 0], jnp.zeros((runs.shape[0], runs.shape[2]), number)
    for n in range(1, cells):
        place = jnp.where(runs[:, n] > highest, number(n), place)
        highest = jnp.maximum(highest, runs[:, n])
    maxima = highest.reshape(batch, *window.output(height, width), filters)
    return maxima, jax.lax.optimization_barrier(place)


def _backward(window: Window, place: jax.Array, dy: jax.Array) -> tuple[jax.Array]:
    """dy where the cell was the window's maximum, in the order of x."""
    cells = math.prod(window.size)
    own = place[:, None] == jnp.arange(cells, dtype=place.dtype)[None, :, None]
    dx = jnp.where(own, dy.reshape(place.shape)[:, None], jnp.zeros((), dy.dtype))
    batch, rows, columns, filters = dy.shape
    return (dx.reshape(batch, rows * window.size[0], columns * window.size[1], filters),)


_maximum.defvjp(held(_forward), held(_backward))
