"""Pooling as XLA has it: what every other algorithm is tested against."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax

from netspec.analysis.pooling import Window
from netspec.lowering.pooling.counts import counts


def maximum(x: jax.Array, window: Window) -> jax.Array:
    """Each window's maximum; its gradient (select-and-scatter) goes to the first in row-major order."""
    highest: jax.Array = lax.reduce_window(x, -jnp.inf, lax.max, *_arguments(window))
    return highest


def average(x: jax.Array, window: Window) -> jax.Array:
    """Each window's mean over the cells that are not padding, added up in at least float32."""
    wide = jnp.promote_types(x.dtype, jnp.float32)
    total: jax.Array = lax.reduce_window(x.astype(wide), 0.0, lax.add, *_arguments(window))
    return (total / counts(x.shape[1], x.shape[2], window)).astype(x.dtype)


def _arguments(window: Window) -> tuple[tuple[int, ...], tuple[int, ...], tuple[tuple[int, int], ...]]:
    """Window, strides and padding over (batch, height, width, channels)."""
    return (1, *window.size, 1), (1, *window.stride, 1), ((0, 0), *window.padding, (0, 0))
