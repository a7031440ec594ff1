"""A number of things that is a multiple of a number of channels: `6x`."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from netspec.language.causes import NoWholeNumber
from netspec.language.fields import Schema, Type
from netspec.language.kind import Problem


@dataclass(frozen=True, slots=True)
class Times:
    """So many times the channels that the innermost block reads."""

    factor: Fraction

    def __str__(self) -> str:
        return f"{float(self.factor):g}x"

    def counted(self, field: str, channels: int) -> int | Problem:
        """The product with a number of channels; NS306 where that is not whole.

        >>> Times(Fraction("0.25")).counted("units", 96)
        24
        """
        product = self.factor * channels
        if product.denominator == 1:
            return int(product)
        message = (
            f"`{field}: {self}` of the {channels} channels that the block reads is {float(product):g}, no whole number"
        )
        nearest = max(1, round(product))
        return Problem(
            "NS306",
            field,
            message,
            (f"{float(self.factor):g} * {channels} = {float(product):g}",),
            f"write `{field.rpartition('.')[2]}: {nearest}`",
            NoWholeNumber(field.rpartition(".")[2], product),
        )


def whole_or_times(minimum: int) -> Type:
    """A whole number, or a multiple of the channels that the innermost block reads."""
    schema: Schema = {
        "if": {"type": "string", "pattern": "x$"},
        "then": {"type": "string", "pattern": r"^(?=.*[1-9])\d{1,6}(\.\d{1,6})?x$"},
        "else": {"type": "integer", "minimum": minimum},
    }
    expected = f"a whole number of at least {minimum}, or a multiple like `6x` of the channels that the block reads"
    return Type(schema, expected, lambda value: Times(Fraction(value[:-1])) if isinstance(value, str) else value)
