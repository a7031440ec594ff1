"""Pooling in JAX."""

from __future__ import annotations

import jax

from netspec.language.kind import Shape
from netspec.language.pool import Pool
from netspec.lowering.finish import Arrays, Mode
from netspec.lowering.pooling import Pooling, Window, pool


def work(settings: Pool, input: Shape) -> Pooling:
    """The pooling of the layer, to be timed."""
    height, width = settings.axes(input)
    window = Window((height.kernel, width.kernel), (height.stride, width.stride), (height.padding, width.padding))
    return Pooling((input[0], input[1], input[2]), window, settings.type)


def apply(
    settings: Pool, params: Arrays, statistics: Arrays, x: jax.Array, input: Shape, mode: Mode, choice: str | None
) -> tuple[jax.Array, Arrays]:
    """(batch, height, width, channels) -> (batch, height', width', channels): each window's maximum or mean."""
    window = work(settings, input).window
    return pool(x, window.size, window.stride, window.padding, settings.type, choice), statistics
