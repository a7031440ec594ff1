"""One group a channel: a sum of shifted inputs times one number a channel.

XLA:CPU's grouped convolution runs one tiny convolution a group. Shifted multiply–adds fuse into one loop over
contiguous channels: 32×32×32, k3, batch 32: output 24.8 → 0.9 ms, input gradient 24.2 → 0.5, weight gradient
4.9 → 1.8.
"""

from __future__ import annotations

from collections.abc import Iterator

import jax
import jax.numpy as jnp

from netspec.lowering.convolution.algorithm import transpose, wide
from netspec.lowering.convolution.geometry import Geometry
from netspec.lowering.windows import taps
from netspec.lowering.work import Direction


def supports(g: Geometry, direction: Direction) -> bool:
    """Any geometry whose groups are single channels; several filters a channel are fine."""
    return g.groups == g.input[2]


def output(x: jax.Array, w: jax.Array, g: Geometry) -> jax.Array:
    """Σ over taps of shifted x (…, channels, 1) · tap (channels, filters / channels)."""
    kernel = w.astype(wide(w)).reshape(-1, *_per_channel(g))[:, None, None, None]
    total = sum(x_tap[..., None] * w_tap for x_tap, w_tap in zip(_shifts(x, g), kernel, strict=True))
    return jnp.asarray(total).reshape(x.shape[0], *g.output).astype(x.dtype)


def input_gradient(dy: jax.Array, w: jax.Array, g: Geometry) -> jax.Array:
    """The same sum backwards: each tap's share of dy put back where it was read."""
    precise = w.astype(wide(w))
    dx = transpose(lambda x: output(x, precise, g), (dy.shape[0], *g.input), dy.astype(precise.dtype))
    return dx.astype(dy.dtype)


def weight_gradient(x: jax.Array, dy: jax.Array, g: Geometry) -> jax.Array:
    """Σ over batch, rows and columns of shifted x · dy.

    The batch is summed first: that sum vectorizes over (row, column, channel), 1.8 ms where summing all three
    axes at once takes 24.
    """
    cotangent = dy.reshape(*dy.shape[:3], *_per_channel(g)).astype(wide(dy))
    sums = [(x_tap[..., None] * cotangent).sum(axis=0) for x_tap in _shifts(x, g)]
    return jnp.stack(sums).sum(axis=(1, 2)).reshape(g.kernel_shape).astype(x.dtype)


def _per_channel(g: Geometry) -> tuple[int, int]:
    return g.input[2], g.filters // g.input[2]


def _shifts(x: jax.Array, g: Geometry) -> Iterator[jax.Array]:
    """For each tap of the kernel, row by row, the (batch, rows, columns, channels) it reads."""
    padded = jnp.pad(x.astype(wide(x)), ((0, 0), *g.padding, (0, 0)))
    return taps(padded, g.kernel, g.stride, g.output[:2], g.dilation)
