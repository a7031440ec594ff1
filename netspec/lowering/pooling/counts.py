"""How many cells of the image each window sees."""

from __future__ import annotations

import numpy as np

from netspec.analysis.pooling import Window
from netspec.language.fields import Pair


def counts(height: int, width: int, window: Window) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """(1, rows, columns, 1), float32: cells of each window that are averaged: those that are not padding, at least 1."""
    rows, columns = window.output(height, width)
    if window.count_padding:
        return np.full((1, rows, columns, 1), window.size[0] * window.size[1], np.float32)
    down = _inside(height, rows, window.size[0], window.stride[0], window.padding[0])
    across = _inside(width, columns, window.size[1], window.stride[1], window.padding[1])
    return np.outer(down, across).reshape(1, rows, columns, 1).astype(np.float32)


def _inside(cells: int, windows: int, size: int, stride: int, padding: Pair) -> list[int]:
    starts = (n * stride - padding[0] for n in range(windows))
    return [max(1, min(start + size, cells) - max(start, 0)) for start in starts]
