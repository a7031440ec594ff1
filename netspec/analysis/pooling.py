"""Which pooling is quickest where."""

from __future__ import annotations

from netspec.language.fields import Pair

WINDOWS = "windows"
"""The algorithm of a convolution and of the max pooling that follows it, both or neither: the map between them lies
window by window."""


def choose(window: Pair, platform: str) -> str | None:
    """The name for `pool`'s choice; None is XLA's own.

    On CPU shifts won for every window tried (2×2 and 3×3, stride 1 and 2), the gradient by 8 to 50 times. One
    slice a cell makes the graph, and the time to compile it, grow with the window, hence the bound.
    """
    return "shifts" if platform == "cpu" and window[0] * window[1] <= 64 else None
