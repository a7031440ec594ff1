"""Pooling in JAX."""

from __future__ import annotations

import jax

from netspec.language.kind import Shape
from netspec.language.pool import Pool
from netspec.lowering.finish import Arrays, Mode
from netspec.lowering.pooling import pool


def apply(
    settings: Pool, params: Arrays, statistics: Arrays, x: jax.Array, input: Shape, mode: Mode, choice: str | None
) -> tuple[jax.Array, Arrays]:
    """(batch, height, width, channels) -> (batch, height', width', channels): each window's maximum or mean."""
    height, width = settings.axes(input)
    window, stride = (height.kernel, width.kernel), (height.stride, width.stride)
    return pool(x, window, stride, (height.padding, width.padding), settings.type, choice), statistics
