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

from netspec.analysis.plan import Plan, PlannedLayer, grammar
from netspec.language.kind import Shape, dimensions

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
.net .ground{fill:#fff}.net .cell,.net .key{stroke:#3f3f46;stroke-width:.8}.net .input{fill:#d4d4d8}.net .conv{fill:#93c5fd}
.net .pool{fill:#fdba74}.net .fc{fill:#86efac}.net .window{fill:none;stroke:#b91c1c;stroke-width:1.6}.net .flow{stroke:#71717a;fill:none}
@media(prefers-color-scheme:dark){.net text{fill:#e4e4e7}.net .ground{fill:#18181b}.net .cell,.net .key{stroke:#d4d4d8}
.net .input{fill:#52525b}.net .conv{fill:#1d4ed8}.net .pool{fill:#c2410c}.net .fc{fill:#15803d}.net .window{stroke:#fca5a5}}
"""
LEGEND = {"conv": "convolution", "pool": "pooling", "fc": "fully connected"}


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
        f'<style>{STYLE}</style><rect class="ground" width="{WIDTH:g}" height="{height:g}"/>'
        f"{_words(MARGIN, MARGIN + 6, title, 'title')}{_legend(glyphs)}{''.join(body)}</svg>\n"
    )


def _glyphs(plan: Plan) -> list[Glyph]:
    groups = list(_groups(plan.layers))
    windows = [_window(group[0]) for group in groups] + [None]
    glyphs = [Glyph("input", plan.input, "input", (dimensions(plan.input),), windows[0])]
    for group, window in zip(groups, windows[1:], strict=True):
        first = group[0]
        name = _name([layer.name for layer in group])
        times = () if len(group) == 1 else (f"{len(group)} of these in a row",)
        trained = (f"{sum(layer.parameters for layer in group):,} parameters",) if first.shapes else ()
        words = (dimensions(first.output), *_details(first), *times, *trained)
        glyphs.append(Glyph(first.kind, first.output, name, words, window))
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
    return layer.kind, layer.input, layer.output, replace(settings, name=None)


def _window(layer: PlannedLayer) -> tuple[int, int] | None:
    return layer.settings.reach(layer.input).kernel if len(layer.input) == 3 else None


def _details(layer: PlannedLayer) -> tuple[str, ...]:
    """What the layer does: window and stride, then norm and activation."""
    settings: Any = layer.settings
    what = [getattr(settings, "type", ""), layer.kind]
    if len(layer.input) == 3:
        reach = settings.reach(layer.input)
        what.append(dimensions(getattr(settings, "kernel", reach.kernel)))
        what.append(f"stride {dimensions(tuple(dict.fromkeys(reach.stride)))}" if reach.stride != (1, 1) else "")
        dilation = getattr(settings, "dilation", (1, 1))
        what.append(f"dilation {dimensions(tuple(dict.fromkeys(dilation)))}" if dilation != (1, 1) else "")
        groups = getattr(settings, "groups", 1)
        what.append("" if groups == 1 else groups if isinstance(groups, str) else f"{groups} groups")
    norm, activation = getattr(settings, "norm", "none"), getattr(settings, "activation", "none")
    then = ["" if norm == "none" else f"{norm} norm", "" if activation == "none" else activation]
    lines = " ".join(filter(None, what)), ", ".join(filter(None, then))
    # Beside a window there is no room for more on its line.
    return tuple(filter(None, lines)) if len(layer.input) == 3 else (", ".join(filter(None, lines)),)


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
    if row[0].kind != "input":
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
    entries = [(f"key {kind}", words) for kind, words in LEGEND.items() if kind in kinds]
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
