"""One group a channel: a sum of shifted inputs times one number a channel.

XLA:CPU's grouped convolution runs one tiny convolution a group. Shifted multiply–adds fuse into one loop over
contiguous channels: 32×32×32, k3, batch 32: output 24.8 → 0.9 ms, input gradient 24.2 → 0.5, weight gradient
4.9 → 1.8.
"""

from __future__ import annotations

from collections.abc import Iterator

import jax
import jax.numpy as jnp
from jax import lax
from jax.lax import optimization_barrier

from netspec.analysis.convolution.geometry import Geometry
from netspec.lowering.convolution.algorithm import wide
from netspec.lowering.windows import taps
from netspec.lowering.workload import Direction


def supports(g: Geometry, direction: Direction) -> bool:
    """Any geometry whose groups are single channels; several filters a channel are fine."""
    return g.groups == g.input[2]


def output(x: jax.Array, w: jax.Array, g: Geometry) -> jax.Array:
    """Σ over taps of shifted x (…, channels, 1) · tap (channels, filters / channels)."""
    kernel = w.astype(wide(w)).reshape(-1, 1, 1, 1, *_per_channel(g))
    total = sum(x_tap[..., None] * w_tap for x_tap, w_tap in zip(_shifts(x, g), kernel, strict=True))
    y: jax.Array = optimization_barrier(jnp.asarray(total).reshape(x.shape[0], *g.output).astype(x.dtype))
    return y


def input_gradient(dy: jax.Array, w: jax.Array, g: Geometry) -> jax.Array:
    """The same sum over dy, with zeros between its cells where there is a stride, and the flipped kernel.

    The transpose of `output` would add up nine padded arrays, of which each cell asks whether it is inside.
    """
    edges = [(0, 0, 0), (0, 0, 0)]
    edges[1:1] = [
        (reach - 1 - before, size + before - (1 + (cells - 1) * stride), stride - 1)
        for reach, (before, _), size, cells, stride in zip(
            g.reach, g.padding, g.input[:2], g.output[:2], g.stride, strict=True
        )
    ]
    spread = optimization_barrier(lax.pad(dy.astype(wide(dy)), jnp.zeros((), wide(dy)), edges))
    kernel = w.astype(wide(w)).reshape(-1, 1, 1, 1, *_per_channel(g))[::-1]
    shifted = taps(spread, g.kernel, (1, 1), g.input[:2], g.dilation)
    split = (tap.reshape(*tap.shape[:3], *_per_channel(g)) for tap in shifted)
    total = sum((dy_tap * w_tap).sum(axis=-1) for dy_tap, w_tap in zip(split, kernel, strict=True))
    dx: jax.Array = optimization_barrier(jnp.asarray(total).astype(dy.dtype))
    return dx


def weight_gradient(x: jax.Array, dy: jax.Array, g: Geometry) -> jax.Array:
    """Σ over batch, rows and columns of shifted x · dy.

    The batch is summed first: that sum vectorizes over (row, column, channel), 1.8 ms where summing all three
    axes at once takes 24.
    """
    cotangent = optimization_barrier(dy).reshape(*dy.shape[:3], *_per_channel(g)).astype(wide(dy))
    sums = [(x_tap[..., None] * cotangent).sum(axis=0) for x_tap in _shifts(x, g)]
    return jnp.stack(sums).sum(axis=(1, 2)).reshape(g.kernel_shape).astype(x.dtype)


def _per_channel(g: Geometry) -> tuple[int, int]:
    return g.input[2], g.filters // g.input[2]


def _shifts(x: jax.Array, g: Geometry) -> Iterator[jax.Array]:
    """For each tap of the kernel, row by row, the (batch, rows, columns, channels) it reads."""
    padded = optimization_barrier(jnp.pad(x.astype(wide(x)), ((0, 0), *g.padding, (0, 0))))
    return taps(padded, g.kernel, g.stride, g.output[:2], g.dilation)
