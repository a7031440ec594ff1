"""What a layer is in the words of a framework, as pieces of Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Part:
    """One module of a layer."""

    code: str
    """The expression that makes it."""
    arrays: Mapping[str, str] = field(default_factory=dict)
    """What the module calls the layer's arrays, by netspec's names."""
    imports: tuple[str, ...] = ()
    """Lines that the expression needs besides the framework's own."""


@dataclass(frozen=True)
class Said:
    """What a layer does itself. Steps that lead it run before its parts, steps that follow it behind them."""

    parts: tuple[Part, ...] = ()
    given: str = "{0}"
    """What the first of all takes, of the values that the layer reads: `{0}`, `{1}` ..."""
    result: str = "{0}"
    """What comes of what the last one gives."""


@dataclass(frozen=True)
class Place:
    """Where a layer stands."""

    name: str
    """Its name as an identifier."""
    before: str | None
    """The activation whose values it takes, if it takes such."""


def cells(size: int, to: int, stride: int) -> str:
    """An axis of so many cells, of which every stride-th is taken, `to` in all.

    >>> cells(8, 8, 1), cells(8, 4, 2), cells(9, 4, 2), cells(5, 4, 1)
    (':', '::2', ':7:2', ':4')
    """
    end = "" if -(-size // stride) == to else (to - 1) * stride + 1
    return f":{end}:{stride}" if stride > 1 else f":{end}"


def called(name: str, /, *arguments: object, **keywords: object) -> str:
    """A call as text.

    >>> called("nn.Conv2d", 1, 6, (5, 5), padding=2, bias=False)
    'nn.Conv2d(1, 6, (5, 5), padding=2, bias=False)'
    """
    named = (f"{key}={value!r}" for key, value in keywords.items())
    return f"{name}({', '.join([*map(repr, arguments), *named])})"


def one(pair: tuple[int, int]) -> int | tuple[int, int]:
    """One number where both are the same.

    >>> one((3, 3)), one((3, 5))
    (3, (3, 5))
    """
    return pair[0] if pair[0] == pair[1] else pair


@dataclass(frozen=True)
class Raw:
    """Text that stands in a call as it is."""

    text: str

    def __repr__(self) -> str:
        return self.text
