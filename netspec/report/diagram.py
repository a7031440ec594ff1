"""The picture of a network as SVG, drawn from its plan alone: no JAX, no numpy.

A map is a stack of planes and a vector is a bar; sides and depths grow with the logarithm of their sizes, so that
224 and 7 fit one picture. A square on a map is the window of the layer that reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape
from itertools import groupby
from math import log2
from typing import Any

from netspec.analysis.plan import INPUT, Plan, PlannedLayer, grammar
from netspec.language.kind import Shape, dimensions
from netspec.language.kinds import KINDS

WIDTH, MARGIN, GAP, LINE = 1200.0, 24.0, 30.0, 15.0
CHARACTER = 6.6
"""Width of a character of 11 px text; generous, since fonts differ."""
DEEP, OFFSET = 9, 4.0
"""The most planes that are drawn, and how far each stands behind the one before."""
NAME = 26
"""Longer names are cut; the whole name is the glyph's title."""
ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, even escaped."""

STYLE = """
.net text{font:11px system-ui,sans-serif;fill:#18181b}.net .title{font-size:17px;font-weight:600}.net .name{font-weight:600}
.net .ground{fill:#fff}.net .cell,.net .key{stroke:#3f3f46;stroke-width:.8}.net .input{fill:#d4d4d8}%s.net .window{fill:none;stroke:#b91c1c;stroke-width:1.6}.net .flow{stroke:#71717a;fill:none}
@media(prefers-color-scheme:dark){.net text{fill:#e4e4e7}.net .ground{fill:#18181b}.net .cell,.net .key{stroke:#d4d4d8}
.net .input{fill:#52525b}%s.net .window{stroke:#fca5a5}}
"""
"""With a place for the colours of the kinds on light ground, and on dark."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """One map or vector with its words, and the window that the next layer lays on it."""

    kind: str
    shape: Shape
    name: str
    words: tuple[str, ...]
    window: tuple[int, int] | None = None

    @property
    def size(self) -> tuple[float, float]:
        """(width, height) of the drawing."""
        if len(self.shape) == 1:
            return 14.0, _side(self.shape[0])
        behind = OFFSET * (_planes(self.shape[2]) - 1)
        return _side(self.shape[1]) + behind, _side(self.shape[0]) + behind

    @property
    def lines(self) -> tuple[str, ...]:
        """What stands beneath, the name first."""
        short = self.name if len(self.name) <= NAME else f"{self.name[: NAME - 1]}…"
        return (short, *self.words)

    @property
    def column(self) -> float:
        """The width it takes, words counted in."""
        return max(self.size[0], CHARACTER * max(len(line) for line in self.lines))


def draw(plan: Plan) -> str:
    """The picture, a whole SVG document: wrapped into rows, readable to screen readers, light and dark."""
    glyphs = _glyphs(plan)
    rows = _rows(glyphs)
    title, text = _text(plan.name), _text(str(grammar(plan.spec)["text"]))
    cost = f"{plan.parameters:,} parameters, {plan.macs:,} multiply-adds an image"
    y, body = MARGIN + 40, []
    for row in rows:
        deepest = max(glyph.size[1] for glyph in row)
        body.append(_row(row, y, deepest))
        y += deepest + LINE * (max(len(glyph.lines) for glyph in row) + 1) + GAP
    # The grammar of an irregular network is long: it is wrapped, never cut.
    beneath = [*_wrapped(text), cost]
    for line in beneath:
        body.append(_words(MARGIN, y, line))
        y += LINE + 3
    height = y + MARGIN / 2
    layers = "; ".join(_text(f"{layer.name} {dimensions(layer.output)}") for layer in plan.layers)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="net" role="img" aria-labelledby="net-title net-layers" '
        f'viewBox="0 0 {WIDTH:g} {height:g}" width="{WIDTH:g}" height="{height:g}">'
        f'<title id="net-title">{title}</title><desc id="net-layers">{text}. {cost}. {layers}</desc>'
        f'<style>{_style()}</style><rect class="ground" width="{WIDTH:g}" height="{height:g}"/>'
        f"{_words(MARGIN, MARGIN + 6, title, 'title')}{_legend(glyphs)}{''.join(body)}</svg>\n"
    )


def _glyphs(plan: Plan) -> list[Glyph]:
    glyphs = [Glyph(INPUT, plan.input, INPUT, (dimensions(plan.input),), _window(plan, 0))]
    for group in _groups(plan.layers):
        first, last = group[0], group[-1]
        name = _name([layer.name for layer in group])
        read = () if _follows(first) else (f"reads {', '.join(map(plan.named, first.reads))}",)
        times = () if len(group) == 1 else (f"{len(group)} of these in a row",)
        trained = (f"{sum(layer.parameters for layer in group):,} parameters",) if first.shapes else ()
        words = (dimensions(first.output), *_details(first), *read, *times, *trained)
        glyphs.append(Glyph(first.kind, first.output, name, words, _window(plan, last.value)))
    return glyphs


def _name(names: list[str]) -> str:
    """One name, or the first and the last; the last without its block where that is the first's."""
    if len(names) == 1:
        return names[0]
    block, last = names[0].rpartition(".")[0], names[-1]
    return f"{names[0]} … {last.removeprefix(f'{block}.') if block else last}"


def _groups(layers: tuple[PlannedLayer, ...]) -> Iterator[list[PlannedLayer]]:
    """The layers, those that are alike and follow each other together: one is drawn for all of them."""
    for _, alike in groupby(layers, _facts):
        yield list(alike)


def _facts(layer: PlannedLayer) -> tuple[object, ...]:
    settings: Any = layer.settings
    read = None if _follows(layer) else layer.reads
    return layer.kind, layer.inputs, layer.output, read, replace(settings, name=None)


def _follows(layer: PlannedLayer) -> bool:
    """Whether it reads the layer before it and nothing else, as the arrow says."""
    return layer.reads == (layer.value - 1,)


def _window(plan: Plan, value: int) -> tuple[int, int] | None:
    """The window that the first reader lays on a map."""
    reader = next(iter(plan.readers[value]), None)
    return reader.settings.reach(*reader.inputs).kernel if reader is not None and len(reader.input) == 3 else None


def _details(layer: PlannedLayer) -> tuple[str, ...]:
    """What the layer does, then what is done to its result; beside a window there is no room for that on its line."""
    what, *then = layer.settings.described()
    lines = (what, ", ".join(then)) if len(layer.input) == 3 else (", ".join((what, *then)),)
    return tuple(filter(None, lines))


def _style() -> str:
    light, dark = (
        "".join(f".net .{name}{{fill:{getattr(kind.colour, of)}}}" for name, kind in KINDS.items())
        for of in ("light", "dark")
    )
    return STYLE % (light, dark)


def _rows(glyphs: list[Glyph]) -> list[list[Glyph]]:
    rows: list[list[Glyph]] = [[]]
    used = MARGIN
    for glyph in glyphs:
        if rows[-1] and used + glyph.column > WIDTH - MARGIN:
            rows.append([])
            used = MARGIN + GAP
        rows[-1].append(glyph)
        used += glyph.column + GAP
    return rows


def _row(row: list[Glyph], y: float, deepest: float) -> str:
    parts, x = [], MARGIN
    if row[0].kind != INPUT:
        parts.append(_arrow(x, y + deepest / 2))
        x += GAP
    for number, glyph in enumerate(row):
        if number:
            parts.append(_arrow(x - GAP, y + deepest / 2))
        middle = x + glyph.column / 2
        parts.append(f"<g><title>{_text(glyph.name)}: {_text(', '.join(glyph.words))}</title>")
        parts.append(_shape(glyph, middle - glyph.size[0] / 2, y + (deepest - glyph.size[1]) / 2))
        for line, words in enumerate(glyph.lines):
            role = "" if line else "name"
            parts.append(_words(middle, y + deepest + LINE * (line + 1) + 4, _text(words), role, "middle"))
        parts.append("</g>")
        x += glyph.column + GAP
    return "".join(parts)


def _shape(glyph: Glyph, x: float, y: float) -> str:
    """A bar, or planes from the back to the front with the next layer's window on the front one."""
    width, height = glyph.size
    if len(glyph.shape) == 1:
        return _box(f"cell {glyph.kind}", x, y, width, height)
    planes = _planes(glyph.shape[2])
    side_y, side_x = _side(glyph.shape[0]), _side(glyph.shape[1])
    drawn = [
        _box(f"cell {glyph.kind}", x + OFFSET * back, y + OFFSET * (planes - 1 - back), side_x, side_y)
        for back in reversed(range(planes))
    ]
    if glyph.window is not None:
        high, wide = (
            max(3.0, side * min(1.0, window / size))
            for side, window, size in zip((side_y, side_x), glyph.window, glyph.shape, strict=False)
        )
        drawn.append(_box("window", x, y + OFFSET * (planes - 1), wide, high))
    return "".join(drawn)


def _legend(glyphs: list[Glyph]) -> str:
    """What the colours are, at the right: of the kinds that occur, and of a window where there is one."""
    kinds = {glyph.kind for glyph in glyphs}
    entries = [(f"key {name}", kind.title) for name, kind in KINDS.items() if name in kinds]
    entries += [("window", "window")] if any(glyph.window for glyph in glyphs) else []
    parts, x = [], WIDTH - MARGIN - sum(map(_entry, entries)) + GAP / 2
    for entry in entries:
        role, words = entry
        parts.append(_box(role, x, MARGIN - 4, 10, 10) + _words(x + 15, MARGIN + 5, words))
        x += _entry(entry)
    return "".join(parts)


def _entry(entry: tuple[str, str]) -> float:
    """The width of an entry of the legend."""
    return GAP + CHARACTER * len(entry[1])


def _wrapped(text: str) -> list[str]:
    """Escaped text in lines that fit, broken between words."""
    most, lines = int((WIDTH - 2 * MARGIN) / CHARACTER), [""]
    for word in text.split(" "):
        if len(lines[-1]) + len(word) >= most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _box(role: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="{role}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _arrow(x: float, y: float) -> str:
    return f'<path class="flow" d="M{x + 6:.1f} {y:.1f}h{GAP - 12:g}m-5 -4l5 4l-5 4"/>'


def _words(x: float, y: float, words: str, role: str = "", anchor: str = "start") -> str:
    role = f' class="{role}"' if role else ""
    return f'<text{role} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{words}</text>'


def _text(words: str) -> str:
    return escape(ILLEGAL.sub("\ufffd", words))


def _side(size: int) -> float:
    return min(8 + 10 * log2(size), 130.0)


def _planes(channels: int) -> int:
    return min(1 + round(log2(channels)), DEEP)
