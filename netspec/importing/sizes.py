"""Sizes as sources say them: of images, windows, paddings; what is none raises Broken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netspec.importing.graph import Origin
from netspec.language.fields import Pair
from netspec.language.kind import Shape

MOST_CELLS = 1 << 20
"""Of an image's side, and of channels or units: larger numbers are mistakes."""
Pads = tuple[Pair, Pair]
"""Rows above and below the map, columns left and right of it."""
NO_PADS: Pads = ((0, 0), (0, 0))


class Broken(Exception):
    """A source is not what it says it is, or more than an import reads; `origin` is where."""

    def __init__(self, message: str, origin: Origin | None = None, code: str = "NS292") -> None:
        super().__init__(message)
        self.message, self.origin, self.code = message, origin, code


def sized(found: Sequence[int | None], given: Sequence[int] | None) -> tuple[int, ...]:
    """Height, width and channels of images: what a source says of them, and what is given where it says nothing. Raises Broken."""
    made = [own if own else other for own, other in zip(found, given or (None, None, None), strict=True)]
    shown = " x ".join(str(own or "?") for own in found)
    known = [one for one in made if one]
    if len(known) < 3:
        raise Broken(f"the size of its images is not known ({shown}): say it, as in `--input 224x224x3`")
    if given is not None and known != list(given):
        raise Broken(f"its images are {shown}, and not {' x '.join(map(str, given))}")
    return tuple(known)


def windows(read: Shape, window: Any, stride: Pair, pads: Pads, origin: Origin, ceil: bool = False) -> tuple[int, int]:
    """How many windows fit along height and width; with `ceil`, they may reach over the end. Raises Broken."""
    found = []
    for size, k, s, pad in zip(read[:2], window, stride, pads, strict=True):
        span = size + sum(pad) - k
        out = -(-span // s) + 1 if ceil else span // s + 1
        if ceil and (out - 1) * s >= size + pad[0]:
            out -= 1  # the last window would begin behind the map
        if (span < 0 and not ceil) or out < 1 or min(pad) < 0:
            raise Broken(f"a window of {k} cells does not fit {size} cells with padding {pad[0]} and {pad[1]}", origin)
        found.append(out)
    return found[0], found[1]


def positive(origin: Origin, *numbers: int) -> None:
    """Raises Broken where one is no size."""
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, int) or not 0 < number <= MOST_CELLS:
            raise Broken(f"{number!r} is no size", origin)
