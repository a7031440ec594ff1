"""One cell of a layer by hand as SVG: the window on its map, weights, products, and the cell in the map that the layer gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from netspec.report.diagram.marks import CHARACTER, GAP, LINE, MARGIN, box, plain, style, words
from netspec.report.trace import grids
from netspec.report.trace.worked import Window, Worked

HIGH, INDEX, TITLE = 22.0, 26.0, 34.0
"""The height of a cell, the room for the numbers of rows beside a grid, and that for its title and columns above."""
TOP = MARGIN + 3 * LINE + TITLE
"""Where the first grid begins."""
STYLE = """
.net .plain{fill:none}.net .pad{fill:none;stroke-dasharray:2 2}.net .faint{opacity:.6}.net .sum{font-size:13px;font-weight:600}.net .mark{fill:none;stroke:#b91c1c;stroke-width:2.2}
@media(prefers-color-scheme:dark){.net .mark{stroke:#fca5a5}}
"""


def draw(worked: Worked, name: str, made: Mapping[str, str]) -> str:
    """The picture, a whole SVG document. `made` says in words where `weights` and `image` are from."""
    layer = worked.layer
    windows, rest = grids.shown(worked)
    head = [f"{layer.name} of {name}: {', '.join(layer.settings.described())}"]
    told = [grids.told(worked).replace("(0)", "dashed"), f"weights: {made['weights']}; image: {made['image']}"]
    parts, right, y = list[str](), 0.0, TOP
    for window in windows:
        drawn, wide, high = _row(worked, window, MARGIN, y)
        parts.append(drawn)
        right, y = max(right, wide), y + high + TITLE
    below = [*([grids.told_of_rest(worked, rest)] if rest is not None else []), *_steps(worked)]
    last = len(below) - 1
    if worked.gate is not None:
        below.append(grids.told_of_gate(worked.gate))
    for number, line in enumerate(below):
        parts.append(words(MARGIN, y, plain(line), "sum" if number == last else ""))
        y += LINE + 4
    # a vector is long, and stands below
    beside = len(worked.layer.output) == 3
    drawn, wide, high = _given(worked, right + GAP, TOP) if beside else _given(worked, MARGIN, y + TITLE - LINE)
    parts.append(drawn)
    width = max(wide, right, *(MARGIN + CHARACTER * len(line) for line in (*told, *below, head[0] + "x" * 30))) + MARGIN
    height = max(y, TOP + high + GAP) if beside else y + TITLE + high + GAP / 2
    title = [words(MARGIN, MARGIN + 6, plain(head[0]), "title")]
    title += [words(MARGIN, MARGIN + 8 + LINE * number, plain(line), "") for number, line in enumerate(told, 1)]
    said = "; ".join((*told, *below))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="net" role="img" aria-labelledby="cell-title cell-steps" '
        f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}">'
        f'<title id="cell-title">{plain(head[0])}</title><desc id="cell-steps">{plain(said)}</desc>'
        f'<style>{style()}{STYLE}</style><rect class="ground" width="{width:g}" height="{height:g}"/>'
        f"{''.join(title)}{''.join(parts)}</svg>\n"
    )


Drawn = tuple[str, float, float]
"""Marks, where they end at the right, and how high they are."""


def _row(worked: Worked, window: Window, x: float, y: float) -> Drawn:
    """One feature map: input x weights = products, and their sum."""
    named = f"input, channel {window.channel}" if worked.has_channels else "input"
    text, x, high = _input(worked, window, named, x, y)
    parts = [text]
    if window.weights is None:
        return text, x, high
    for sign, title, grid, role in (
        ("×", "weights", window.weights, worked.layer.kind),
        ("=", "products", window.products, "plain"),
    ):
        parts.append(words(x + GAP / 2, y + high / 2 + 4, sign, "title", "middle"))
        text, x, _ = _grid(title, grids.cells(grid), role, x + GAP, y)
        parts.append(text)
    (total,) = grids.written([window.products.sum()])
    parts.append(words(x + GAP / 2, y + high / 2 + 4, "→", "title", "middle"))
    parts.append(words(x + GAP, y + high / 2 + 4, total, "sum"))
    return "".join(parts), x + GAP + CHARACTER * 1.3 * len(total), high


def _input(worked: Worked, window: Window, title: str, x: float, y: float) -> Drawn:
    """The whole map with its padding and the window on it, where that is small; else what is under the window."""
    rows: Sequence[int]
    columns: Sequence[int]
    rows, columns = worked.under.padded
    whole = max(len(rows), len(columns)) <= grids.MOST
    if not whole:
        rows, columns = worked.under.rows, worked.under.columns
    cells = grids.cells(worked.cells(window.channel, rows, columns))
    places = [grids.kept(len(at)) for at in (rows, columns)]
    outside = worked.outside(rows, columns)
    pads = [[None not in (i, j) and bool(outside[i, j]) for j in places[1]] for i in places[0]]
    labels = [
        [grids.GAP if n is None else str(at[n]) for n in kept] for at, kept in zip((rows, columns), places, strict=True)
    ]
    if not worked.has_channels:
        labels[0] = []
    text, right, high = _grid(title, cells, "input", x + INDEX, y, pads, labels)
    if whole:
        wide = (right - x - INDEX) / len(columns)
        here = [
            [at.index(n) for n in under]
            for at, under in zip((rows, columns), (worked.under.rows, worked.under.columns), strict=True)
        ]
        text += "".join(_outlines(here[0], here[1], x + INDEX, y, wide))
    return text, right, high


def _outlines(rows: Sequence[int], columns: Sequence[int], x: float, y: float, wide: float) -> Iterator[str]:
    """The window on the map: one frame, or where it is spread, one for each of its cells."""
    spread = any(len(at) > 1 and at[-1] - at[0] >= len(at) for at in (rows, columns))
    if not spread:
        yield box("mark", x + columns[0] * wide, y + rows[0] * HIGH, len(columns) * wide, len(rows) * HIGH)
        return
    for row in rows:
        for column in columns:
            yield box("mark", x + column * wide, y + row * HIGH, wide, HIGH)


def _grid(
    title: str,
    cells: grids.Cells,
    role: str,
    x: float,
    y: float,
    pads: Sequence[Sequence[bool]] = (),
    labels: Sequence[Sequence[str]] = ((), ()),
) -> Drawn:
    """Numbers in cells, with a title above, and with the numbers of rows and columns."""
    wide = max(HIGH, CHARACTER * max(len(word) for row in cells for word in row) + 8)
    parts = [words(x, y - (18 if labels[1] else 6), plain(title), "name")]
    for i, row in enumerate(cells):
        for j, word in enumerate(row):
            left, top = x + j * wide, y + i * HIGH
            if word != grids.GAP:
                parts.append(box("cell pad" if pads and pads[i][j] else f"cell {role}", left, top, wide, HIGH))
            parts.append(
                words(left + wide / 2, top + HIGH / 2 + 4, word, "faint" if pads and pads[i][j] else "", "middle")
            )
    parts += [words(x - 5, y + i * HIGH + HIGH / 2 + 4, label, "faint", "end") for i, label in enumerate(labels[0])]
    parts += [words(x + j * wide + wide / 2, y - 5, label, "faint", "middle") for j, label in enumerate(labels[1])]
    return "".join(parts), x + wide * len(cells[0]), HIGH * len(cells)


def _given(worked: Worked, x: float, y: float) -> Drawn:
    """The map that the cell is in with the cell marked, where it is small; else the cell alone."""
    whole = max(worked.map.shape) <= grids.MOST
    row, column = grids.in_map(worked)
    cells = grids.cells(worked.map if whole else np.array([[worked.map[row, column]]]))
    title = f"output, channel {worked.cell[2]}" if len(worked.layer.output) == 3 else "output"
    rows, columns = map(range, worked.map.shape) if whole else ([row], [column])
    labels = [[*map(str, rows)] if len(worked.layer.output) == 3 else [], [*map(str, columns)]]
    text, right, high = _grid(title, cells, worked.layer.kind, x + INDEX, y, (), labels)
    wide = (right - x - INDEX) / len(cells[0])
    place = (row, column) if whole else (0, 0)
    return text + box("mark", x + INDEX + place[1] * wide, y + place[0] * HIGH, wide, HIGH), right, high


def _steps(worked: Worked) -> Iterator[str]:
    """`sum of products 4`, `+ bias 0 -> 4`, `relu -> 4`."""
    values = grids.written([step.value for step in worked.steps])
    for number, (step, value) in enumerate(zip(worked.steps, values, strict=True)):
        of = f" ({step.of})" if step.of else ""
        yield f"{step.words} → {value}{of}" if number else f"{step.words} = {value}"
