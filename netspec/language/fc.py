"""The facts of a fully connected layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from netspec.language.activations import Activation, NoActivation
from netspec.language.fields import Type, key, mapping_of, whole
from netspec.language.kind import Colour, Footprint, Inference, Kind, Shape, Window, elements
from netspec.language.steps import order_key
from netspec.language.weighted import Weighted


@dataclass(frozen=True, kw_only=True)
class Fc(Weighted):
    """A fully connected layer: each unit sees every input. The last one gives the logits."""

    kind: ClassVar[str] = "fc"
    default_words: ClassVar[dict[str, str]] = Weighted.default_words | {
        "activation": "`relu`; `none` for the last",
        "name": "`fc1`, `fc2`, ...",
    }

    units: int = key(whole(1), "How many units.", also=("neurons", "out_features", "features", "size"), examples=(10,))
    order: tuple[str, ...] | None = order_key("fc")

    @classmethod
    def completed(cls, given: dict[str, Any], activation: Activation | None, last: bool) -> Self:
        """The settings with the activation of `defaults`; the last layer's is its own or none."""
        return super().completed(given, NoActivation() if last else activation, last)

    def infer(self, input: Shape) -> Inference:
        """`units`, whatever the input: a map is flattened in the order (height, width, channels)."""
        inputs = elements(input)
        trained = self.parameters((inputs,))
        total = sum(map(elements, trained.values()))
        others = sum(map(elements, self.around(inputs, self.units).values()))
        more = f" + {self.units}" * self.bias + (f" + {others}" if others else "")
        problems = tuple(self.unsound(inputs, self.units))
        return Inference(None if problems else (self.units,), f"{inputs}*{self.units}{more} = {total}", problems)

    def parameters(self, input: Shape) -> dict[str, Shape]:
        """Kernel (inputs, units), bias, and what norm and activation train."""
        return self._trained((elements(input), self.units), elements(input))

    def statistics(self, input: Shape) -> dict[str, Shape]:
        """The norm's running statistics."""
        return self.running(elements(input), self.units)

    def macs(self, input: Shape, *, output: Shape) -> int:
        """Inputs x units."""
        return elements(input) * self.units

    def reach(self, input: Shape) -> Window:
        """Everything: (0, 0) stands for the whole input."""
        return Window((0, 0), (1, 1))

    def footprint(self, input: Shape) -> Footprint:
        """The footprint of a weighted sum which is one matrix product."""
        return self.held(True, turned=elements(input) * self.units)

    def described(self) -> tuple[str, ...]:
        """`fc`, with its other steps."""
        return self.in_words(("fc",))


FC = Kind(
    settings=Fc,
    lowering="netspec.lowering.fc",
    place="end",
    many=True,
    flattens=True,
    shaped_by=("units", "repeat"),
    short="units",
    entry=key(
        Type({"type": "array"}, "a list of numbers of units or mappings", refers="fc", listed=True),
        "[FC]*K; an integer is short for {units: n}. The last gives the logits.",
        None,
        default_words="none",
        also=("dense", "linear", "fully_connected", "fcs"),
        examples=([120, 84, 10],),
    ),
    default=key(
        mapping_of("fc", "a mapping of fc's keys"),
        "For every fully connected layer.",
        None,
        examples=({"dropout": 0.5},),
    ),
    word="FC",
    title="fully connected",
    colour=Colour("magenta", "#86efac", "#15803d"),
)
