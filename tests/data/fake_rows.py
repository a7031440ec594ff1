"""Images that are read by what a test says, for streams without files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from netspec.data.streamed import Pixels


class FakeRows:
    """See `netspec.data.streamed.Rows`: `count` images (height, width, channels), each of which `read` is told of."""

    dtype: np.dtype[Any] = np.dtype(np.uint8)
    at_once, threads = 1, 1024
    identity = "fake"

    def __init__(self, count: int, image: tuple[int, int, int], read: Callable[[int], object] = id) -> None:
        self.image, self._count, self._read = image, count, read

    def __len__(self) -> int:
        return self._count

    def read(self, rows: np.ndarray, out: Pixels) -> None:
        """Fills nothing."""
        self.check(rows)

    def check(self, rows: np.ndarray) -> None:
        """Tells what is read."""
        for row in rows.tolist():
            self._read(row)
