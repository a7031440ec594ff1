"""A layer's map or vector, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import log2

from netspec.analysis.nesting import Leaf, spread
from netspec.analysis.plan import INPUT, Plan, PlannedLayer
from netspec.language.kind import Shape, dimensions
from netspec.language.kinds import KINDS
from netspec.report.diagram.marks import CHARACTER, box

DEEP, OFFSET = 9, 4.0
"""The most planes that are drawn, and how far each stands behind the one before."""
NAME = 26
"""Longer names are cut, those of nested layers at the left; the whole name is the glyph's title."""
SMALL = 0.5
"""The scale of what stands within a block."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """One map or vector with its words, and the window that the next layer lays on it."""

    kind: str
    shape: Shape
    name: str
    words: tuple[str, ...]
    window: tuple[int, int] | None = None
    short: str = ""
    """The name within its block."""
    gated: bool = False
    scale: float = 1.0

    @property
    def size(self) -> tuple[float, float]:
        """(width, height) of the drawing."""
        if len(self.shape) == 1:
            return 14.0 * self.scale, _side(self.shape[0]) * self.scale
        behind = self.step * (self.planes - 1)
        return _side(self.shape[1]) * self.scale + behind, _side(self.shape[0]) * self.scale + behind

    @property
    def planes(self) -> int:
        """How many planes are drawn: the more, the deeper the map; fewer of a small one, whose edges would run together."""
        return min(1 + round(log2(self.shape[2]) * self.scale), DEEP)

    @property
    def step(self) -> float:
        """How far each plane stands behind the one before."""
        return OFFSET * (1 + self.scale) / 2

    @property
    def lines(self) -> tuple[str, ...]:
        """What stands beneath or beside it, the name first."""
        name, most = self.short or self.name, NAME - 1
        cut = name[:most] + "…" if self.scale == 1.0 else "…" + name[-most:]
        return (name if len(name) <= NAME else cut, *self.words)

    @property
    def wide(self) -> float:
        """The width of its words."""
        return CHARACTER * max(len(line) for line in self.lines)

    def drawn(self, x: float, y: float) -> str:
        """A bar, or planes from the back to the front with the next layer's window on the front one; a gate is a dot."""
        width, height = self.size
        if len(self.shape) == 1:
            return box(f"cell {self.kind}", x, y, width, height)
        planes, step = self.planes, self.step
        side_y, side_x = _side(self.shape[0]) * self.scale, _side(self.shape[1]) * self.scale
        front = y + step * (planes - 1)
        drawn = [
            box(f"cell {self.kind}", x + step * back, y + step * (planes - 1 - back), side_x, side_y)
            for back in reversed(range(planes))
        ]
        if self.window is not None:
            high, wide = (
                max(3.0, side * min(1.0, window / size))
                for side, window, size in zip((side_y, side_x), self.window, self.shape, strict=False)
            )
            drawn.append(box("window", x, front, wide, high))
        if self.gated:
            drawn.append(box("cell gate", x + side_x - 5, front + side_y - 5, 10, 10, 5))
        return "".join(drawn)


def image_of(plan: Plan) -> Glyph:
    """The glyph of the image."""
    return Glyph(INPUT, plan.input, INPUT, (dimensions(plan.input),), _window(plan, 0))


def glyph_of(plan: Plan, leaf: Leaf, prefix: str = "", *, small: bool = False) -> Glyph:
    """The glyph of a layer, or of several that are alike; `prefix` is the name of the block that it is drawn in."""
    first, last = leaf.layers[0], leaf.layers[-1]
    name = spread(tuple(layer.name for layer in leaf.layers))
    alone = first.reads == (first.value - 1,) or (small and len(first.reads) == 1)
    read = () if alone else (f"reads {', '.join(map(plan.named, first.reads))}",)
    times = () if first is last else (f"{len(leaf.layers)} of these in a row",)
    gate = (", ".join(leaf.gates[0].settings.described()),) if leaf.gates else ()
    parameters = sum(layer.parameters for layer in (*leaf.layers, *leaf.gates))
    trained = (f"{parameters:,} parameters",) if first.shapes else ()
    said = (dimensions(first.output), *_details(first), *gate, *read, *times, *trained)
    seen = _window(plan, (leaf.gates or leaf.layers)[-1].value)
    scale = SMALL if small else 1.0
    return Glyph(first.kind, first.output, name, said, seen, name.removeprefix(prefix), bool(leaf.gates), scale)


def _window(plan: Plan, value: int) -> tuple[int, int] | None:
    """The window that the first reader lays on a map; what is added has none."""
    readers = (layer for layer in plan.readers[value] if KINDS[layer.kind].place != "added")
    reader = next(readers, None)
    return reader.settings.reach(*reader.inputs).kernel if reader is not None and len(reader.input) == 3 else None


def _details(layer: PlannedLayer) -> tuple[str, ...]:
    """What is done to what the layer reads, what it does, what is done to its result; beside a window each on a line."""
    said, led = layer.settings.described(), len(layer.settings.leading)
    lines = (said[:led], said[led : led + 1], said[led + 1 :]) if len(layer.input) == 3 else (said,)
    return tuple(", ".join(line) for line in lines if line)


def _side(size: int) -> float:
    return min(8 + 10 * log2(size), 130.0)
