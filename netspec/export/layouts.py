"""The layouts of other systems: netspec's arrays have channels last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from netspec.language.kind import FLATTENED, Shape

CHANNELS_FIRST = ("channels", "height", "width")


@dataclass(frozen=True)
class Layout:
    """How the numbers of an array change places: it is reshaped, its axes are permuted, it is reshaped again."""

    split: Shape
    axes: tuple[int, ...]
    joined: Shape

    def laid(self, array: Any) -> Any:
        """An array of numpy in this layout."""
        return array.reshape(self.split).transpose(self.axes).reshape(self.joined)


def permuted(shape: Shape, *axes: int) -> Layout:
    """Axes that change places, and no more.

    >>> permuted((3, 5, 2), 2, 0, 1).joined
    (2, 3, 5)
    """
    return Layout(shape, axes, tuple(shape[axis] for axis in axes))


def flattened_first(shape: Shape, read: Shape, turned: bool = False) -> Layout:
    """The kernel (inputs, units) of a map (height, width, channels) that is flattened with the channels first.

    `turned` gives (units, inputs).

    >>> flattened_first((12, 5), (2, 3, 2))
    Layout(split=(2, 3, 2, 5), axes=(2, 0, 1, 3), joined=(12, 5))
    """
    order = tuple(FLATTENED.index(axis) for axis in CHANNELS_FIRST)
    split = (*read, shape[1])
    return Layout(split, (3, *order), shape[::-1]) if turned else Layout(split, (*order, 3), shape)
