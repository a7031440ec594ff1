"""Two layer kinds that netspec does not have, as their author would write them: one is trained, one joins two values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netspec.language.fields import key, mapping_of, number
from netspec.language.kind import Colour, Footprint, Inference, Kind, Problem, Shape, Window, dimensions, elements
from netspec.language.kinds import KINDS
from netspec.language.steps import Named


@dataclass(frozen=True, kw_only=True)
class Scale(Named):
    """Each channel times a trained number and a given one."""

    kind: ClassVar[str] = "scale"

    by: float = key(number(above=0), "The given factor.", examples=(2,))

    def infer(self, input: Shape) -> Inference:
        return Inference(input, f"{dimensions(input)} * {self.by:g}")

    def parameters(self, input: Shape) -> dict[str, Shape]:
        return {"scale": input[-1:]}

    def statistics(self, input: Shape) -> dict[str, Shape]:
        return {}

    def macs(self, input: Shape, *, output: Shape) -> int:
        return elements(output)

    def reach(self, input: Shape) -> Window:
        return Window()

    def footprint(self, input: Shape) -> Footprint:
        return Footprint(reads_input=True)

    def described(self) -> tuple[str, ...]:
        return (f"scale by {self.by:g}",)


@dataclass(frozen=True, kw_only=True)
class Bridge(Named):
    """What the block reads plus what its layers give."""

    kind: ClassVar[str] = "bridge"

    def infer(self, first: Shape, second: Shape) -> Inference:
        if first != second:
            message = f"{dimensions(first)} and {dimensions(second)} cannot be added"
            return Inference(None, "", (Problem("NS301", "name", message),))
        return Inference(second, f"{dimensions(first)} + {dimensions(second)}")

    def parameters(self, first: Shape, second: Shape) -> dict[str, Shape]:
        return {}

    def statistics(self, first: Shape, second: Shape) -> dict[str, Shape]:
        return {}

    def macs(self, first: Shape, second: Shape, *, output: Shape) -> int:
        return 0

    def reach(self, first: Shape, second: Shape) -> Window:
        return Window()

    def footprint(self, first: Shape, second: Shape) -> Footprint:
        return Footprint(reads_input=False)

    def described(self) -> tuple[str, ...]:
        return ("bridge",)


SCALE = Kind(
    settings=Scale,
    lowering="tests.toys.scale",
    place="block",
    short=None,
    entry=key(mapping_of("scale", "a mapping"), "Scales the channels.", None, examples=({"by": 2},)),
    default=key(mapping_of("scale", "a mapping of scale's keys"), "For every scale.", None),
    word="SCALE",
    title="scaling",
    colour=Colour("yellow", "#fde047", "#a16207"),
)
BRIDGE = Kind(
    settings=Bridge,
    lowering="tests.toys.bridge",
    place="block",
    bridges=True,
    entry=key(mapping_of("bridge", "a mapping"), "Adds what the block reads.", None),
    default=key(mapping_of("bridge", "a mapping of bridge's keys"), "For every bridge.", None),
    word="BRIDGE",
    title="addition",
    colour=Colour("blue", "#c4b5fd", "#6d28d9"),
)


def register() -> None:
    """Puts them into the table, between the convolutions of a block and its pooling."""
    present = dict(KINDS)
    KINDS.clear()
    for name, kind in present.items():
        KINDS[name] = kind
        if kind.word == "CONV":
            KINDS.update({new.name: new for new in (SCALE, BRIDGE)})
