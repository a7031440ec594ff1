"""Values as a person writes them: norms, activations, dropout, numbers, padding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from fractions import Fraction
from typing import Any

from netspec.importing.graph import Op
from netspec.language.activations import Activation
from netspec.language.fields import Pair
from netspec.language.geometry import axes
from netspec.language.kind import Shape
from netspec.language.norms import Norm
from netspec.language.steps import AROUND, Dropout


def word(step: Norm | Activation) -> Any:
    """A norm or activation: its type alone, or a mapping with what is not usual.

    >>> from netspec.language.activations import LeakyRelu
    >>> word(LeakyRelu()), word(LeakyRelu(slope=0.1))
    ('leaky_relu', {'type': 'leaky_relu', 'slope': 0.1})
    """
    usual = type(step)()
    own = {field.name: getattr(step, field.name) for field in fields(step)}
    own = {name: value for name, value in own.items() if value != getattr(usual, name)}
    return {"type": step.type, **own} if own else step.type


def dropout_word(dropout: Dropout) -> Any:
    """A rate, or a mapping for whole feature maps."""
    return dropout.rate if dropout.type == "unit" else {"rate": dropout.rate, "type": dropout.type}


def around(ops: list[Op]) -> dict[str, Any]:
    """The steps of a layer by their keys."""
    found: dict[str, Any] = {}
    for op in ops:
        settings: Any = op.settings
        if op.step is not None:
            found[op.step] = dropout_word(settings) if isinstance(settings, Dropout) else word(settings)
    return found


def usual_steps(kind: str, steps: tuple[str, ...], order: tuple[str, ...] | None = None) -> bool:
    """Whether the steps run in an order, or in that which needs no `order`."""
    named = order or (kind, *AROUND)
    return steps == tuple(step for step in named if step in steps) and set(steps) <= set(named)


def paddings(
    read: Shape, given: Shape, kernel: Pair, stride: Pair, before: Pair, dilation: Pair = (1, 1)
) -> Iterator[Any]:
    """The ways to say a padding that begins so and gives so many cells: a count for each side, or `same`; none where it cannot be said."""
    size = (read[0], read[1])
    for padding in (before, "same"):
        found = axes(size, kernel, stride, padding, dilation)
        starts = tuple(axis.padding[0] for axis in found)
        if starts == before and tuple(axis.output for axis in found) == given[:2]:
            yield single(padding) if isinstance(padding, tuple) else padding


def single(pair: Pair) -> Any:
    """One number where both are the same."""
    return pair[0] if pair[0] == pair[1] else list(pair)


def listed(names: Iterable[str]) -> str:
    """Names as words.

    >>> listed(["add", "concat"])
    '`add`, `concat`'
    """
    return ", ".join(f"`{name}`" for name in names)


def comment(text: str) -> str:
    """A comment of one line, whatever a foreign text holds: what breaks a line or is not to be seen becomes a space.

    >>> comment("its loss is `x\\nbudget: {}\\u2028`")
    '# its loss is `x budget: {} `'
    """
    return "# " + "".join(char if char.isprintable() else " " for char in text)


def times(number: int, channels: int) -> str | None:
    """A number as a multiple of a number of channels, where that is short: `6x`, `0.25x`.

    >>> times(96, 16), times(8, 32), times(7, 3)
    ('6x', '0.25x', None)
    """
    factor = Fraction(number, channels)
    text = f"{float(factor):.6f}".rstrip("0").rstrip(".")
    return f"{text}x" if Fraction(text) == factor and len(text) <= 5 else None


def flow(value: Any) -> str:
    """A value as YAML in flow style.

    >>> flow({"type": "batch", "eps": 1e-05, "scale": False}), flow([3, 5]), flow(0.5)
    ('{type: batch, eps: 1e-5, scale: false}', '[3, 5]', '0.5')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return number(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(below)}" for key, below in value.items()) + "}"
    return f"[{', '.join(map(flow, value))}]" if isinstance(value, list | tuple) else str(value)


def number(value: float) -> str:
    """A number by as few digits as tell it from others of its precision.

    >>> number(9.999999747378752e-06), number(0.001), number(2.0), number(1 / 3)
    ('1e-5', '1e-3', '2', '0.3333333333333333')
    """
    short = next((text for digits in range(1, 9) if float(text := f"{value:.{digits}g}") == value), None)
    short = short or next(
        (t for d in range(1, 8) if abs(float(t := f"{value:.{d}g}") - value) <= 3e-8 * abs(value)), repr(value)
    )
    mantissa, mark, exponent = short.partition("e")
    if mark:
        return f"{mantissa}e{int(exponent)}"
    small = f"{value:e}".partition("e")
    digits = small[0].rstrip("0").rstrip(".")
    return f"{digits}e{int(small[2])}" if abs(value) < 0.01 and len(digits) == 1 else short
