"""The facts of a fully connected layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from netspec.language.fields import Type, key, whole
from netspec.language.kind import Colour, Footprint, Inference, Kind, Shape, Window, elements
from netspec.language.weighted import Weighted


@dataclass(frozen=True, kw_only=True)
class Fc(Weighted):
    """A fully connected layer: each unit sees every input. The last one gives the logits."""

    kind: ClassVar[str] = "fc"
    default_words: ClassVar[dict[str, str]] = {
        "activation": "`relu`; `none` for the last",
        "name": "`fc1`, `fc2`, ...",
    }

    units: int = key(whole(1), "How many units.", also=("neurons", "out_features", "features", "size"), examples=(10,))

    @classmethod
    def completed(cls, given: dict[str, Any], activation: str | None, last: bool) -> Self:
        """The settings with the activation of `defaults`; the last layer's is its own or none."""
        return super().completed(given, "none" if last else activation, last)

    def infer(self, input: Shape) -> Inference:
        """`units`, whatever the input: a map is flattened in the order (height, width, channels)."""
        inputs = elements(input)
        total = sum(elements(shape) for shape in self.parameters((inputs,)).values())
        norm = f" + {2 * self.units}" if self.norm == "batch" else ""
        return Inference((self.units,), f"{inputs}*{self.units}{f' + {self.units}' * self.bias}{norm} = {total}")

    def parameters(self, input: Shape) -> dict[str, Shape]:
        """Kernel (inputs, units), bias, and batch norm's scale and shift."""
        return self._trained((elements(input), self.units))

    def statistics(self, input: Shape) -> dict[str, Shape]:
        """Batch norm's running mean and variance."""
        return self._running(self.units)

    def macs(self, input: Shape, *, output: Shape) -> int:
        """Inputs x units."""
        return elements(input) * self.units

    def reach(self, input: Shape) -> Window:
        """Everything: (0, 0) stands for the whole input."""
        return Window((0, 0), (1, 1))

    def footprint(self, input: Shape) -> Footprint:
        """The footprint of a weighted sum which is one matrix product."""
        return self._held(turned=elements(input) * self.units)

    def described(self) -> tuple[str, ...]:
        """`fc`, what follows the sum."""
        return ("fc", *self._after())


FC = Kind(
    settings=Fc,
    lowering="netspec.lowering.fc",
    place="end",
    many=True,
    flattens=True,
    short="units",
    entry=key(
        Type({"type": "array"}, "a list of numbers of units or mappings"),
        "[FC]*K; an integer is short for {units: n}. The last gives the logits.",
        None,
        default_words="none",
        also=("dense", "linear", "fully_connected", "fcs"),
        examples=([120, 84, 10],),
    ),
    default=key(
        Type({"type": "object"}, "a mapping of fc's keys"),
        "For every fully connected layer.",
        None,
        examples=({"dropout": 0.5},),
    ),
    word="FC",
    title="fully connected",
    colour=Colour("magenta", "#86efac", "#15803d"),
)
