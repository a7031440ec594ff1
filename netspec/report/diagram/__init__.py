"""The picture of a network as SVG, drawn from its plan alone: no JAX, no numpy.

A map is a stack of planes and a vector is a bar; sides and depths grow with the logarithm of their sizes, so that
224 and 7 fit one picture. A square on a map is the window of the layer that reads it. Within a block, which has a frame where it
is more than a chain, maps are half as large; branches stand one below the other, a shortcut runs above what it bridges, and
blocks that are alike are drawn once.
"""

from __future__ import annotations

from netspec.analysis.nesting import nested
from netspec.analysis.plan import Plan, grammar
from netspec.language.kind import dimensions
from netspec.language.kinds import KINDS
from netspec.report.diagram import boxes, compounds
from netspec.report.diagram.glyphs import image_of
from netspec.report.diagram.marks import CHARACTER, GAP, LINE, MARGIN, WIDTH, arrow, box, document, plain, words


def draw(plan: Plan, width: float = WIDTH) -> str:
    """The picture, a whole SVG document: wrapped into rows of a width, readable to screen readers, light and dark.

    It is wider where a row cannot be wrapped.
    """
    within = width - 2 * MARGIN
    drawn = [boxes.large(image_of(plan)), *(compounds.top(plan, part, within - GAP) for part in nested(plan))]
    lines = boxes.wrapped(drawn, within)
    rows = [(boxes.row(line), GAP if number else 0.0) for number, line in enumerate(lines)]
    width = max(width, *(row.width + indent + 2 * MARGIN for row, indent in rows))
    title, text = plain(plan.name), plain(str(grammar(plan.spec)["text"]))
    cost = f"{plan.parameters:,} parameters, {plan.macs:,} multiply-adds an image"
    legend, below = _legend(plan, width)
    y, body = below + 30, []
    for row, indent in rows:
        y += row.up
        body.append((arrow(MARGIN, y) if indent else "") + row.draw(MARGIN + indent, y, 0.0))
        y += row.down + GAP
    # The grammar of an irregular network is long: it is wrapped, never cut.
    for words_beneath in [*_wrapped(text, width), *_wrapped(cost, width)]:
        body.append(words(MARGIN, y, words_beneath))
        y += LINE + 3
    height = y + MARGIN / 2
    layers = "; ".join(plain(f"{layer.name} {dimensions(layer.output)}") for layer in plan.layers)
    whole = f"{words(MARGIN, MARGIN + 6, title, 'title')}{legend}{''.join(body)}"
    return document(("net-title", "net-layers"), title, f"{text}. {cost}. {layers}", width, height, whole)


def _legend(plan: Plan, width: float) -> tuple[str, float]:
    """What the colours are, of the kinds that occur, and of a window where there is one; and where that ends.

    At the right of the title, or below it in as many lines as it needs.
    """
    kinds = {layer.kind for layer in plan.layers}
    entries = [(f"key {name}", kind.title) for name, kind in KINDS.items() if name in kinds]
    windows = any(KINDS[layer.kind].place != "added" and len(layer.input) == 3 for layer in plan.layers)
    entries += [("window", "window")] if windows else []
    whole = sum(map(_entry, entries)) - GAP / 2
    beside = whole + GAP + 1.6 * CHARACTER * len(plan.name) <= width - 2 * MARGIN
    x, y, parts = width - MARGIN - whole if beside else MARGIN, MARGIN + 5 if beside else MARGIN + 30, list[str]()
    for entry in entries:
        role, text = entry
        if x > MARGIN and x + _entry(entry) - GAP / 2 > width - MARGIN + 1:
            x, y = MARGIN, y + LINE + 3
        parts.append(box(role, x, y - 9, 10, 10) + words(x + 15, y, text))
        x += _entry(entry)
    return "".join(parts), y + 5


def _entry(entry: tuple[str, str]) -> float:
    """The width of an entry of the legend."""
    return GAP + CHARACTER * len(entry[1])


def _wrapped(text: str, width: float) -> list[str]:
    """Escaped text in lines that fit, broken between words."""
    most, lines = int((width - 2 * MARGIN) / CHARACTER), [""]
    for word in text.split(" "):
        if len(lines[-1]) + len(word) >= most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
