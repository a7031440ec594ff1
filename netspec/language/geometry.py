"""The arithmetic of windows, once: sizes, `same` padding, what is never read, and how it is written out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from netspec.language.causes import CellsNeverRead, WindowDoesNotFit
from netspec.language.fields import Pair
from netspec.language.kind import Problem, Shape, dimensions

Padding = Pair | Literal["valid", "same"]
AXES = ("height", "width")


def effective_kernel(kernel: int, dilation: int) -> int:
    """The cells a dilated kernel spans: d*(k - 1) + 1.

    >>> effective_kernel(3, 1), effective_kernel(3, 2)
    (3, 5)
    """
    return dilation * (kernel - 1) + 1


def output_size(size: int, kernel: int, stride: int, padding: int) -> int:
    """(W - F + P)/S + 1, rounded down, with P the padding of both sides together.

    >>> output_size(5, 3, 1, 0), output_size(5, 3, 2, 0), output_size(28, 5, 1, 4), output_size(1, 3, 1, 0)
    (3, 2, 28, -1)
    """
    return (size - kernel + padding) // stride + 1


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """The padding before and after that gives ceil(W/S) cells; the odd cell stands at the end.

    >>> same_padding(28, 5, 1), same_padding(224, 3, 2), same_padding(5, 1, 2)
    ((2, 2), (0, 1), (0, 0))
    """
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


@dataclass(frozen=True, slots=True)
class Axis:
    """A window moving along one axis of a map."""

    size: int
    kernel: int
    """The effective kernel, F."""
    stride: int
    padding: tuple[int, int]
    same: bool = False

    @property
    def output(self) -> int:
        """How many cells come out; below 1 where the window does not fit."""
        return output_size(self.size, self.kernel, self.stride, sum(self.padding))

    @property
    def fits(self) -> bool:
        """Whether the window lies within the padded input at least once."""
        return self.kernel <= self.size + sum(self.padding)

    @property
    def unread(self) -> int:
        """How many input cells at the end no window reaches, where the stride does not divide."""
        left = (self.size - self.kernel + sum(self.padding)) % self.stride
        return max(0, min(left - self.padding[1], self.size)) if self.fits and not self.same else 0

    @property
    def divides(self) -> bool:
        """Whether the stride divides W - F + 2P."""
        return self.same or (self.size - self.kernel + sum(self.padding)) % self.stride == 0

    @property
    def arithmetic(self) -> str:
        """The shape rule with its numbers filled in.

        >>> Axis(28, 5, 1, (2, 2)).arithmetic
        '(28 - 5 + 2*2)/1 + 1 = 28'
        >>> Axis(28, 5, 2, (0, 0)).arithmetic
        'floor((28 - 5 + 2*0)/2) + 1 = 12'
        >>> Axis(7, 3, 2, (1, 1), same=True).arithmetic
        'ceil(7/2) = 4'
        """
        if self.same:
            return f"ceil({self.size}/{self.stride}) = {self.output}"
        quotient = f"({self.size} - {self.kernel} + 2*{self.padding[0]})/{self.stride}"
        return f"{quotient if self.divides else f'floor({quotient})'} + 1 = {self.output}"


def axes(size: Pair, kernel: Pair, stride: Pair, padding: Padding, dilation: Pair = (1, 1)) -> tuple[Axis, Axis]:
    """The two axes of a window over a map of this height and width."""

    def axis(i: int) -> Axis:
        spanned = effective_kernel(kernel[i], dilation[i])
        if padding == "same":
            return Axis(size[i], spanned, stride[i], same_padding(size[i], spanned, stride[i]), same=True)
        cells = 0 if isinstance(padding, str) else padding[i]
        return Axis(size[i], spanned, stride[i], (cells, cells))

    return axis(0), axis(1)


def written(height: Axis, width: Axis) -> str:
    """The arithmetic of both axes, once where they are the same."""
    if height == width:
        return height.arithmetic
    return f"height {height.arithmetic}; width {width.arithmetic}"


def unfit(
    field: str, window: Pair, input: Shape, height: Axis, width: Axis, notes: tuple[str, ...] = ()
) -> list[Problem]:
    """The problem of a window that is larger than its padded input."""
    failing = [(name, axis) for name, axis in zip(AXES, (height, width), strict=True) if not axis.fits]
    if not failing:
        return []
    where = "height and width" if len(failing) == 2 and height == width else None
    lines = [
        f"{where or name}: {axis.arithmetic}, but the result must be at least 1"
        if axis.output < 1
        else f"{where or name}: the window spans {axis.kernel} cells, the padded input {axis.size + sum(axis.padding)}"
        for name, axis in failing[: 1 if where else 2]
    ]
    size = f"{dimensions(window)} {field}"
    message = f"{size} does not fit the {dimensions(input[:2])} input"
    padded = [axis.size + sum(axis.padding) for axis in (height, width)]
    if padded != list(input[:2]):
        message += f", {padded[0]}x{padded[1]} with padding"
    return [Problem("NS301", field, message, (*lines, *notes), cause=WindowDoesNotFit())]


def unread(height: Axis, width: Axis, overlap: int = 0) -> tuple[Problem, ...]:
    """The warning that rows or columns are never read, where the stride does not divide.

    A hint where neighbouring windows share less than `overlap` cells: published networks leave cells out so on purpose.
    """
    left = [
        f"{axis.unread} {word}{'s' * (axis.unread > 1)}"
        for word, axis in (("row", height), ("column", width))
        if axis.unread
    ]
    if not left:
        return ()
    message = f"the last {' and '.join(left)} of the input are never read"
    if height.unread + width.unread == 1:
        message = message.replace(" are ", " is ")
    on_purpose = all(axis.kernel - axis.stride < overlap for axis in (height, width) if axis.unread)
    return (Problem("NS302", "stride", message, (written(height, width),), cause=CellsNeverRead(), hint=on_purpose),)
