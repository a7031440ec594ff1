"""The static facts of one pooling layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Pair = tuple[int, int]
Kind = Literal["max", "average"]


@dataclass(frozen=True)
class Window:
    """A window that slides over rows and columns; channels stay apart."""

    size: Pair
    stride: Pair
    padding: tuple[Pair, Pair] = ((0, 0), (0, 0))
    """Cells (before, after) for rows and for columns, less than the window: no maximum, not averaged."""

    def output(self, height: int, width: int) -> Pair:
        """Rows and columns of the result.

        >>> Window((3, 3), (2, 2), ((1, 1), (1, 1))).output(32, 32)
        (16, 16)
        """
        rows, columns = (
            (cells + before + after - size) // stride + 1
            for cells, (before, after), size, stride in zip(
                (height, width), self.padding, self.size, self.stride, strict=True
            )
        )
        return rows, columns

    @property
    def tiles(self) -> bool:
        """Whether windows touch and do not overlap, from the first cell on."""
        return self.size == self.stride and self.padding == ((0, 0), (0, 0))

    def covers(self, height: int, width: int) -> bool:
        """Whether it is one window over everything: global pooling."""
        return self.size == (height, width) and self.padding == ((0, 0), (0, 0))
