"""Layers that nobody writes as layers: what makes a shortcut fit without weights, and steps that stand alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from netspec.language.causes import MapsDoNotJoin
from netspec.language.fields import Pair
from netspec.language.geometry import output_size
from netspec.language.kind import Colour, Footprint, Inference, Kind, Problem, Shape, Window, alike, dimensions
from netspec.language.steps import Named, Stepped


@dataclass(frozen=True, kw_only=True)
class Projection(Named):
    """What a block reads with fewer cells and more channels: `pool` averages, `slice` takes every S-th; new channels are 0."""

    kind: ClassVar[str] = "projection"

    way: Literal["pool", "slice"]
    stride: Pair
    target: Shape
    """The shape that the block's layers give."""
    channels: bool = True
    """Whether the channels are to be as many as the target's."""

    def padding(self, input: Shape) -> tuple[Pair, Pair]:
        """Cells behind the last rows and columns, where windows of the stride's size reach over the end."""
        missing = [
            max((to - 1) * s + self._window(s) - size, 0)
            for to, s, size in zip(self.target, self.stride, input, strict=False)
        ]
        return (0, missing[0]), (0, missing[1])

    def _window(self, stride: int) -> int:
        return stride if self.way == "pool" else 1

    def infer(self, input: Shape) -> Inference:
        """The target's shape, where strides and channels lead there."""
        sizes = []
        for size, stride, to in zip(input[:2], self.stride, self.target, strict=False):
            down, up = output_size(size, self._window(stride), stride, 0), -(-size // stride)
            sizes.append(to if to in (down, up) else up)
        channels = self.target[2] if self.channels else input[2]
        output = (sizes[0], sizes[1], channels)
        arithmetic = f"{dimensions(input)} /{alike(self.stride)} -> {dimensions(output)}"
        if channels >= input[2]:
            return Inference(output, arithmetic)
        message = f"`projection: {self.way}` adds channels and takes none away: {input[2]} cannot become {channels}"
        help = "write `projection: conv`"
        return Inference(
            None, arithmetic, (Problem("NS307", "shortcut.projection", message, (), help, MapsDoNotJoin()),)
        )

    def parameters(self, input: Shape) -> dict[str, Shape]:
        """None."""
        return {}

    def statistics(self, input: Shape) -> dict[str, Shape]:
        """None."""
        return {}

    def macs(self, input: Shape, *, output: Shape) -> int:
        """None."""
        return 0

    def reach(self, input: Shape) -> Window:
        """The window and the stride."""
        return Window((self._window(self.stride[0]), self._window(self.stride[1])), self.stride)

    def footprint(self, input: Shape) -> Footprint:
        """Nothing but the output."""
        return Footprint(reads_input=False)

    def described(self) -> tuple[str, ...]:
        """`average pool /2`, `slice /2`, zero channels."""
        what = "average pool" if self.way == "pool" else "slice"
        return (f"{what} /{alike(self.stride)}", *(("zero channels",) if self.channels else ()))


@dataclass(frozen=True, kw_only=True)
class Steps(Stepped):
    """Norm, activation and dropout of what is read: of the images, or of a block that joins nothing."""

    kind: ClassVar[str] = "steps"

    def infer(self, input: Shape) -> Inference:
        """The same shape."""
        problems = tuple(self.unsound(input[-1], input[-1]))
        return Inference(None if problems else input, dimensions(input), problems)

    def parameters(self, input: Shape) -> dict[str, Shape]:
        """What norm and activation train."""
        return self.around(input[-1], input[-1])

    def statistics(self, input: Shape) -> dict[str, Shape]:
        """The norm's running statistics."""
        return self.running(input[-1], input[-1])

    def macs(self, input: Shape, *, output: Shape) -> int:
        """None."""
        return 0

    def reach(self, input: Shape) -> Window:
        """One cell."""
        return Window()

    def footprint(self, input: Shape) -> Footprint:
        """That of its steps."""
        return self.held(reads_input=True)

    def described(self) -> tuple[str, ...]:
        """`batch norm`, `relu`."""
        return self.in_words(())


PROJECTION = Kind(
    settings=Projection,
    lowering="netspec.lowering.projection",
    place="added",
    word="PROJECTION",
    title="projection without weights",
    colour=Colour("blue", "#99f6e4", "#0f766e"),
)
STEPS = Kind(
    settings=Steps,
    lowering="netspec.lowering.steps",
    place="added",
    word="STEPS",
    title="norm, activation, dropout",
    colour=Colour("yellow", "#e5e7eb", "#4b5563"),
)
