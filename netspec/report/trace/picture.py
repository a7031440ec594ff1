"""One cell of a layer by hand as SVG: the window on its map, weights, products, and the cell in the map that the layer gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from netspec.report.diagram.marks import CHARACTER, GAP, LINE, MARGIN, WIDTH, box, document, plain, words
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
    rows = list(_rows(worked, windows))
    stacked = any(_across(row) > WIDTH for row in rows)
    if stacked:
        wide = max(grid.wide for row in rows for grid in row.grids)
        rows = [Row([replace(grid, wide=wide) for grid in row.grids], row.total) for row in rows]
    parts, right, y = list[str](), 0.0, TOP
    for row in rows:
        drawn, wide, high = _row(row, y, stacked)
        parts.append(drawn)
        right, y = max(right, wide), y + high + TITLE
    below = [*([grids.told_of_rest(worked, rest)] if rest is not None else []), *_steps(worked)]
    last = len(below) - 1
    if worked.gate is not None:
        below.append(grids.told_of_gate(worked.gate))
    for number, line in enumerate(below):
        parts.append(words(MARGIN, y, plain(line), "sum" if number == last else ""))
        y += LINE + 4
    # what is long stands below
    drawn, wide, high = _given(worked, right + GAP, TOP)
    beside = len(worked.layer.output) == 3 and wide + MARGIN <= WIDTH
    if not beside:
        drawn, wide, high = _given(worked, MARGIN, y + TITLE - LINE)
    parts.append(drawn)
    width = max(wide, right, *(MARGIN + CHARACTER * len(line) for line in (*told, *below, head[0] + "x" * 30))) + MARGIN
    height = max(y, TOP + high + GAP) if beside else y + TITLE + high + GAP / 2
    title = [words(MARGIN, MARGIN + 6, plain(head[0]), "title")]
    title += [words(MARGIN, MARGIN + 8 + LINE * number, plain(line), "") for number, line in enumerate(told, 1)]
    said = "; ".join((*told, *below))
    body = "".join((*title, *parts))
    return document(("cell-title", "cell-steps"), plain(head[0]), plain(said), width, height, body, STYLE)


Drawn = tuple[str, float, float]
"""Marks, where they end at the right, and how high they are."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Numbers in cells, and what stands around them."""

    title: str
    cells: grids.Cells
    role: str
    wide: float
    """Of one cell."""
    sign: str = ""
    """What stands before it."""
    pads: Sequence[Sequence[bool]] = ()
    """Which cells are padding."""
    labels: Sequence[Sequence[str]] = ((), ())
    """The numbers of rows and columns."""
    window: tuple[Sequence[int], Sequence[int]] = ((), ())
    """Rows and columns that are marked."""

    @property
    def across(self) -> float:
        """How wide it is."""
        return self.wide * len(self.cells[0])

    @property
    def high(self) -> float:
        """How high it is."""
        return HIGH * len(self.cells)


@dataclass(frozen=True, slots=True)
class Row:
    """One feature map: input x weights = products, and their sum; of pooling the input alone."""

    grids: Sequence[Grid]
    total: str


def _rows(worked: Worked, windows: Sequence[Window]) -> Iterator[Row]:
    """A row a feature map; what stands in one column is written and as wide as the others in it."""
    inputs = _inputs(worked, windows)
    weights = [window.weights for window in windows if window.weights is not None]
    if not weights:
        yield from (Row([grid], "") for grid in inputs)
        return
    factors, products = (
        [Grid(title, cells, role, wide, sign) for cells in written]
        for sign, title, role, (written, wide) in (
            ("×", "weights", worked.layer.kind, _written(weights)),
            ("=", "products", "plain", _written([window.products for window in windows])),
        )
    )
    sums = grids.written([float(window.products.sum()) for window in windows])
    for *row, total in zip(inputs, factors, products, sums, strict=True):
        yield Row([grid for grid in row if isinstance(grid, Grid)], total)


def _written(several: Sequence[np.ndarray]) -> tuple[list[grids.Cells], float]:
    """Grids with the decimals that suit all, and how wide their cells are."""
    made = grids.together(several)
    return made, _wide(made)


def _wide(several: Sequence[grids.Cells]) -> float:
    return max(HIGH, CHARACTER * max(len(word) for cells in several for row in cells for word in row) + 8)


def _across(row: Row) -> float:
    """How wide a row is, from the left edge of the picture."""
    room = MARGIN + INDEX + sum(grid.across for grid in row.grids) + GAP * (len(row.grids) - 1)
    return room + bool(row.total) * _room(row.total) + MARGIN


def _room(total: str) -> float:
    """That for an arrow and a sum."""
    return GAP + CHARACTER * 1.3 * len(total)


def _row(row: Row, y: float, stacked: bool) -> Drawn:
    """A row from y on, its grids side by side, or `stacked` below each other; signs at the height of what follows them."""
    parts, x, top, right, bottom = list[str](), MARGIN + INDEX, y, 0.0, y
    for grid in row.grids:
        middle = top + row.grids[-1].high / 2 + 4
        if grid.sign:
            before = MARGIN + INDEX / 2 if stacked else x - GAP / 2
            parts.append(words(before, middle, grid.sign, "title", "middle"))
        parts.append(_grid(grid, x, top))
        end = x + grid.across
        right, bottom = max(right, end), max(bottom, top + grid.high)
        if stacked:
            top = bottom + TITLE
        else:
            x = end + GAP
    if row.total:
        parts.append(words(end + GAP / 2, middle, "→", "title", "middle"))
        parts.append(words(end + GAP, middle, row.total, "sum"))
        right = max(right, end + _room(row.total))
    return "".join(parts), right, bottom - y


def _inputs(worked: Worked, windows: Sequence[Window]) -> list[Grid]:
    """The whole map with its padding and the window on it, where that is small; else what is under the window."""
    rows: Sequence[int]
    columns: Sequence[int]
    rows, columns = worked.under.padded
    whole = max(len(rows), len(columns)) <= grids.MOST
    if not whole:
        rows, columns = worked.under.rows, worked.under.columns
    made, wide = _written([worked.cells(window.channel, rows, columns) for window in windows])
    places = [grids.kept(len(at)) for at in (rows, columns)]
    pads = grids.padding(worked.outside(rows, columns))
    labels = [
        [grids.GAP if n is None else str(at[n]) for n in kept] for at, kept in zip((rows, columns), places, strict=True)
    ]
    if not worked.has_channels:
        labels[0] = []
    window = (
        [rows.index(n) for n in worked.under.rows] if whole else [],
        [columns.index(n) for n in worked.under.columns] if whole else [],
    )
    titles = [f"input, channel {one.channel}" if worked.has_channels else "input" for one in windows]
    return [
        Grid(title, cells, "input", wide, pads=pads, labels=labels, window=window)
        for title, cells in zip(titles, made, strict=True)
    ]


def _outlines(rows: Sequence[int], columns: Sequence[int], x: float, y: float, wide: float) -> Iterator[str]:
    """The window on the map: one frame, or where it is spread, one for each of its cells."""
    spread = any(len(at) > 1 and at[-1] - at[0] >= len(at) for at in (rows, columns))
    if not spread:
        yield box("mark", x + columns[0] * wide, y + rows[0] * HIGH, len(columns) * wide, len(rows) * HIGH)
        return
    for row in rows:
        for column in columns:
            yield box("mark", x + column * wide, y + row * HIGH, wide, HIGH)


def _grid(grid: Grid, x: float, y: float) -> str:
    """A grid with its title above, the numbers of its rows and columns, and its marks."""
    wide, pads, labels = grid.wide, grid.pads, grid.labels
    parts = [words(x, y - (18 if labels[1] else 6), plain(grid.title), "name")]
    for i, row in enumerate(grid.cells):
        for j, word in enumerate(row):
            left, top = x + j * wide, y + i * HIGH
            if word != grids.GAP:
                parts.append(box("cell pad" if pads and pads[i][j] else f"cell {grid.role}", left, top, wide, HIGH))
            parts.append(
                words(left + wide / 2, top + HIGH / 2 + 4, word, "faint" if pads and pads[i][j] else "", "middle")
            )
    parts += [words(x - 5, y + i * HIGH + HIGH / 2 + 4, label, "faint", "end") for i, label in enumerate(labels[0])]
    parts += [words(x + j * wide + wide / 2, y - 5, label, "faint", "middle") for j, label in enumerate(labels[1])]
    if grid.window[0]:
        parts += _outlines(*grid.window, x, y, wide)
    return "".join(parts)


def _given(worked: Worked, x: float, y: float) -> Drawn:
    """The map that the cell is in with the cell marked, or what of it is near the cell."""
    cells, (rows, columns) = grids.given(worked)
    is_map = len(worked.layer.output) == 3
    title = f"output, channel {worked.cell[2]}" if is_map else "output"
    labels = [[grids.GAP if n is None else str(n) for n in at] for at in (rows if is_map else [], columns)]
    row, column = grids.in_map(worked)
    window = [rows.index(row)], [columns.index(column)]
    grid = Grid(title, cells, worked.layer.kind, _wide([cells]), labels=labels, window=window)
    return _grid(grid, x + INDEX, y), x + INDEX + grid.across, grid.high


def _steps(worked: Worked) -> Iterator[str]:
    """`sum of products 4`, `+ bias 0 -> 4`, `relu -> 4`."""
    values = grids.written([step.value for step in worked.steps])
    for number, (step, value) in enumerate(zip(worked.steps, values, strict=True)):
        of = f" ({step.of})" if step.of else ""
        yield f"{step.words} → {value}{of}" if number else f"{step.words} = {value}"
