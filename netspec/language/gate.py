"""Squeeze and excitation: what a convolution says of its gate, and the layer that this adds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netspec.language.activations import Activation, Relu, Sigmoid
from netspec.language.fields import key, whole
from netspec.language.kind import Colour, Footprint, Inference, Kind, Problem, Shape, Window
from netspec.language.steps import Named, activation_key
from netspec.language.times import Times, whole_or_times


@dataclass(frozen=True, kw_only=True)
class Gating:
    """The gate of a convolution (Hu and others, 2018): the mean of each map, two layers with biases, a factor for each map."""

    reduction: int = key(
        whole(1), "Of how many channels one unit is made, at least one in all.", 16, also=("ratio", "r"), examples=(4,)
    )
    units: int | Times | None = key(
        whole_or_times(1),
        "How many units, in place of `reduction`; `0.25x` is that many times the channels that the innermost block reads.",
        None,
        default_words="the layer's channels / `reduction`",
        also=("squeeze_channels",),
        examples=(8, "0.25x"),
    )
    activation: Activation = activation_key("The function of its units.", Relu)
    gate: Activation = activation_key("The function that gives the factors.", Sigmoid)

    def counted(self, channels: int, of_block: int | None) -> int | Problem | None:
        """How many units, for a layer of so many channels in a block that reads so many; None where that is not known."""
        if self.units is None:
            return max(1, channels // self.reduction)
        if isinstance(self.units, Times):
            return None if of_block is None else self.units.counted("gate.units", of_block)
        return self.units


@dataclass(frozen=True, kw_only=True)
class Gate(Named):
    """A gate as a layer: it reads what the convolution gives."""

    kind: ClassVar[str] = "gate"

    units: int
    activation: Activation
    gate: Activation

    def infer(self, input: Shape) -> Inference:
        """The same shape."""
        channels = input[-1]
        total = 2 * channels * self.units + self.units + channels
        return Inference(
            input, f"{channels}*{self.units} + {self.units} + {self.units}*{channels} + {channels} = {total}"
        )

    def parameters(self, input: Shape) -> dict[str, Shape]:
        """Kernel (channels, units) and bias to squeeze, kernel (units, channels) and bias to excite."""
        channels = input[-1]
        squeeze = {"squeeze_kernel": (channels, self.units), "squeeze_bias": (self.units,)}
        excite = {"excite_kernel": (self.units, channels), "excite_bias": (channels,)}
        around = self.activation.parameters(self.units), self.gate.parameters(channels)
        slopes = {
            f"{part}_{name}": shape
            for part, made in zip(("squeeze", "excite"), around, strict=True)
            for name, shape in made.items()
        }
        return squeeze | excite | slopes

    def statistics(self, input: Shape) -> dict[str, Shape]:
        """None."""
        return {}

    def macs(self, input: Shape, *, output: Shape) -> int:
        """Those of its two layers."""
        return 2 * input[-1] * self.units

    def reach(self, input: Shape) -> Window:
        """One cell: the mean over the map does not count."""
        return Window()

    def footprint(self, input: Shape) -> Footprint:
        """The gradient of the factors reads the input."""
        return Footprint(reads_input=True)

    def described(self) -> tuple[str, ...]:
        """`gate by 8`, its functions."""
        return (f"gate by {self.units}", self.activation.described(), self.gate.described())


GATE = Kind(
    settings=Gate,
    lowering="netspec.lowering.gate",
    place="added",
    word="GATE",
    title="gate",
    colour=Colour("yellow", "#fde68a", "#b45309"),
)
