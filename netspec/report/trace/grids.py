"""Numbers in cells as text: of one precision where they stand together, and no more of them than a person reads."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10

import numpy as np

from netspec.language.kind import dimensions
from netspec.report.trace.worked import Step, Window, Worked

MOST = 11
"""Rows and columns that are shown; of more the first and the last of them, with a gap."""
NEAR = 7
"""Those of what a layer gives where that is a map of more."""
CHANNELS = 4
"""Feature maps that are shown side by side."""
DIGITS = 4
GAP = "..."

Cells = list[list[str]]


def written(values: Sequence[float]) -> list[str]:
    """Numbers with as many decimals as give the largest four digits; whole numbers without.

    >>> written([1.0, -2.0]), written([0.123456, -12.3456]), written([3e-9, 0.0]), written([1e9, 0.5])
    (['1', '-2'], ['0.12', '-12.35'], ['3.00e-09', '0'], ['1.00e+09', '5.00e-01'])
    """
    values = [float(value) for value in values]
    largest = max(map(abs, values), default=0.0)
    if largest < 1e6 and all(value.is_integer() for value in values):
        return [_signed(f"{value:.0f}") for value in values]
    decimals = DIGITS - 1 - floor(log10(largest))
    if not -2 <= decimals <= 6:
        return [f"{value:.2e}" if value else "0" for value in values]
    return [_signed(f"{value:.{max(decimals, 0)}f}") for value in values]


def _signed(text: str) -> str:
    """Without the sign of a zero."""
    return text.removeprefix("-") if not text.strip("-0.") else text


def kept(count: int, most: int = MOST) -> list[int | None]:
    """The numbers of the rows or columns that are shown, None for a gap.

    >>> kept(3), kept(20, 5)
    ([0, 1, 2], [0, 1, None, 18, 19])
    """
    if count <= most:
        return list(range(count))
    end = most // 2
    return [*range(most - 1 - end), None, *range(count - end, count)] if end else [0]


def around(count: int, at: int, most: int = MOST) -> list[int | None]:
    """The numbers of the rows or columns that are shown next to one of them, None for a gap.

    >>> around(3, 1), around(20, 0, 5), around(20, 9, 5)
    ([0, 1, 2], [0, 1, 2, None], [None, 8, 9, 10, None])
    """
    if count <= most:
        return list(range(count))
    start = min(max(at - (most - 2) // 2, 0), count - (most - 2))
    end = start + most - 2
    return [*[None] * (start > 0), *range(start, end), *[None] * (end < count)]


Places = tuple[Sequence[int | None], Sequence[int | None]]
"""The rows and columns of a grid that are shown."""


def together(grids: Sequence[np.ndarray], most: int = MOST) -> list[Cells]:
    """Grids of one shape, (rows, columns), as text with the decimals that suit all of them; a gap is a row or column of dots."""
    rows, columns = (kept(size, most) for size in grids[0].shape)
    return _words(grids, (rows, columns))


def _words(grids: Sequence[np.ndarray], places: Places) -> list[Cells]:
    shown = np.ix_(*([n for n in along if n is not None] for along in places))
    words = iter(written(np.concatenate([grid[shown].ravel() for grid in grids]).tolist()))
    return [
        [[GAP if None in (row, column) else next(words) for column in places[1]] for row in places[0]] for _ in grids
    ]


def given(worked: Worked, most: int = MOST) -> tuple[Cells, Places]:
    """What the layer gives around the cell, at most so many columns of it: all of a small map, of others what is near."""
    near = MOST if worked.map.shape[0] == 1 else NEAR
    places = [
        around(size, at, limit if size <= limit else min(limit, near))
        for size, at, limit in zip(worked.map.shape, in_map(worked), (MOST, most), strict=True)
    ]
    return _words([worked.map], (places[0], places[1]))[0], (places[0], places[1])


def padding(outside: np.ndarray, most: int = MOST) -> list[list[bool]]:
    """Which of the cells that are shown are padding, of (rows, columns) of bool."""
    rows, columns = (kept(size, most) for size in outside.shape)
    return [[None not in (row, column) and bool(outside[row, column]) for column in columns] for row in rows]


def in_map(worked: Worked) -> tuple[int, int]:
    """Row and column of the cell in `Worked.map`."""
    row, column, feature = worked.cell
    return (row, column) if len(worked.layer.output) == 3 else (0, feature)


def shown(worked: Worked) -> tuple[list[Window], float | None]:
    """The feature maps that are shown, and what the products of all others add up to; None where there are none."""
    first, rest = list[Window](), list[float]()
    for number, window in enumerate(worked.windows):
        if number < CHANNELS:
            first.append(window)
        else:
            rest.append(float(window.products.sum()))
    return first, sum(rest) if rest else None


def told(worked: Worked) -> str:
    """Which cell it is, and where its window stands: `cell 0,0 of channel 0: rows -1 to 1, columns -1 to 1 of 5x5x3`."""
    layer, (height, width, channels) = worked.layer, worked.read.shape
    led = layer.settings.described()[: len(layer.settings.leading)]
    behind = f" after {', '.join(led)}" if led else ""
    if len(layer.output) == 1:
        size = dimensions((height, width, channels) if height > 1 else layer.input)
        return f"unit {worked.cell[2]} of {layer.output[0]}: all of {size}{behind}"
    at = f"cell {worked.cell[0]},{worked.cell[1]} of channel {worked.cell[2]}"
    window = f"rows {_spoken(worked.under.rows)}, columns {_spoken(worked.under.columns)}"
    padded = "; (0) is padding" if worked.padding.any() else ""
    return f"{at}: {window} of {dimensions((height, width, channels))}{behind}{padded}"


def _spoken(at: Sequence[int]) -> str:
    """Numbers in words.

    >>> _spoken(range(3)), _spoken([0, 2, 4]), _spoken([5])
    ('0 to 2', '0, 2, 4', '5')
    """
    if len(at) > 2 and list(at) == list(range(at[0], at[-1] + 1)):
        return f"{at[0]} to {at[-1]}"
    few = [at[n] if n is not None else None for n in kept(len(at), 5)]
    return ", ".join(GAP if n is None else str(n) for n in few)


def told_of_rest(worked: Worked, rest: float) -> str:
    """`4 of 64 channels are shown; the products of the other 60 add up to 0.123`."""
    count = len(worked.under.channels)
    (said,) = written([rest])
    return f"{CHANNELS} of {count} channels are shown; the products of the other {count - CHANNELS} add up to {said}"


def told_of_gate(gate: Step) -> str:
    """`then its gate block1.conv1.gate: times 0.5 = 0.123`: it comes after all that is shown."""
    return f"then its {gate.words} = {written([gate.value])[0]}"
