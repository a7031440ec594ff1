"""What takes room in the picture: each box knows its size before it is drawn, and its flow runs along one axis."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from netspec.report.diagram.glyphs import Glyph
from netspec.report.diagram.marks import GAP, LINE, arrow, plain, titled, words

CLOSE = 13.0
"""The distance of lines beside a small glyph."""
BESIDE = 6.0
"""Between a small glyph and its words."""


@dataclass(frozen=True, slots=True)
class Box:
    """A drawing around an axis that enters it at the left."""

    width: float
    up: float
    """How far it reaches above the axis."""
    down: float
    draw: Callable[[float, float, float], str]
    """(x, y of the axis, how far below it words hang)."""
    hangs: float = 0.0
    """The height of words that hang below all glyphs of a row."""
    end: float | None = None
    """Where the flow leaves it, from its left, if that is not its right side."""
    out: float = 0.0
    """How far below the axis the flow leaves it."""

    @property
    def left_at(self) -> float:
        """Where the flow leaves it, from its left."""
        return self.width if self.end is None else self.end


def large(glyph: Glyph) -> Box:
    """A glyph with its words beneath."""
    width, height = glyph.size
    column = max(width, glyph.wide)

    def draw(x: float, y: float, hang: float) -> str:
        middle = x + column / 2
        lines = (
            words(middle, y + hang + LINE * (line + 1) + 4, plain(text), "" if line else "name", "middle")
            for line, text in enumerate(glyph.lines)
        )
        return titled(_said(glyph), (glyph.drawn(middle - width / 2, y - height / 2), *lines))

    return Box(column, height / 2, height / 2, draw, hangs=LINE * (len(glyph.lines) + 1))


def small(glyph: Glyph) -> Box:
    """A glyph with its words beside it."""
    width, height = glyph.size
    half = max(height, CLOSE * len(glyph.lines)) / 2

    def draw(x: float, y: float, hang: float) -> str:
        lines = beside(x + width + BESIDE, y, glyph.lines, named=True)
        return titled(_said(glyph), (glyph.drawn(x, y - height / 2), *lines))

    return Box(width + BESIDE + glyph.wide, half, half, draw)


def beside(x: float, y: float, lines: Sequence[str], *, named: bool = False) -> Iterator[str]:
    """Lines around an axis, the first a name."""
    top = y - CLOSE * len(lines) / 2 + 10
    for line, text in enumerate(lines):
        yield words(x, top + CLOSE * line, plain(text), "name" if named and not line else "")


def _said(glyph: Glyph) -> str:
    return f"{glyph.name}: {', '.join(glyph.words)}"


def row(boxes: Sequence[Box]) -> Box:
    """Boxes beside each other with arrows between them."""
    hang = max((box.down for box in boxes if box.hangs), default=0.0)
    down = max(max(box.down, hang + box.hangs if box.hangs else 0.0) for box in boxes)

    def draw(x: float, y: float, _: float) -> str:
        parts = []
        for number, box in enumerate(boxes):
            parts += [arrow(x - GAP, y)] if number else []
            parts.append(box.draw(x, y, hang))
            x += box.width + GAP
        return "".join(parts)

    return Box(sum(box.width + GAP for box in boxes) - GAP, max(box.up for box in boxes), down, draw)


def wrapped(boxes: Sequence[Box], limit: float) -> list[list[Box]]:
    """Boxes in rows of at most that width; every row but the first begins with an arrow."""
    rows: list[list[Box]] = [[]]
    used = 0.0
    for box in boxes:
        if rows[-1] and used + box.width > limit:
            rows.append([])
            used = GAP
        rows[-1].append(box)
        used += box.width + GAP
    return rows


def rows(boxes: Sequence[Box], limit: float) -> Box:
    """Boxes one behind the other in as many rows as they need; of none, a line."""
    if not boxes:
        return Box(0.0, 4.0, 4.0, lambda x, y, _: "")
    lines = [row(line) for line in wrapped(boxes, limit)]
    starts = [0.0]
    for line, after in pairwise(lines):
        starts.append(starts[-1] + line.down + GAP / 2 + after.up)
    indents = [0.0, *(GAP for _ in lines[1:])]

    def draw(x: float, y: float, _: float) -> str:
        parts = [arrow(x, y + start) for start in starts[1:]]
        parts += [
            line.draw(x + indent, y + start, 0.0) for line, start, indent in zip(lines, starts, indents, strict=True)
        ]
        return "".join(parts)

    width = max(line.width + indent for line, indent in zip(lines, indents, strict=True))
    end = lines[-1].width + indents[-1]
    return Box(width, lines[0].up, starts[-1] + lines[-1].down, draw, end=end, out=starts[-1])
