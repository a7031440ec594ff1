"""Labels that are not one class an image: several that are on or off, or numbers; and the names of labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.checks import scale_problems, times
from netspec.data.dataset import Dataset, Say, Split
from netspec.data.folders import UNWRITABLE
from netspec.data.problem import Advice, Problem, Refused, problem
from netspec.data.survey import survey
from netspec.diagnostics.render.wording import counted

LONGEST_NAME = 1000
"""Characters of a name: a report has to show it."""


def shape_problem(
    shape: tuple[int, ...], labels: str, outputs: int | None, path: Path, where: str | None
) -> Problem | None:
    """NS550 where an array of labels has not the shape (n, outputs) that the head takes; (n,) is one number an image."""
    width = shape[1] if len(shape) == 2 else 1
    one = "0 or 1 for each label" if labels == "several" else "one number for each output"
    fact = f"has shape {times(shape) or '()'}; with `labels: {labels}` they are (n, outputs), {one}"
    if len(shape) not in (1, 2) or (labels == "several" and len(shape) == 1 and outputs != 1):
        help = "save a row for each image: `numpy.eye(classes, dtype='uint8')[y]` makes it of class numbers"
        return problem("NS550", path, fact, where=where, help=help if labels == "several" else None, advice=Advice.ROWS)
    if outputs is not None and width != outputs:
        fact = f"has {counted(width, 'label')} an image, and the network gives {counted(outputs, 'number')}"
        return problem(
            "NS550", path, fact, where=where, help=f"give the last layer {counted(width, 'unit')}", advice=Advice.ROWS
        )
    return None


def value_problem(values: NDArray[Any], labels: str, path: Path, where: str | None) -> Problem | None:
    """NS551 where a label of several is neither 0 nor 1, NS552 where a number is not finite in float32."""
    with np.errstate(over="ignore"):
        bad = ~np.isin(values, (0, 1)) if labels == "several" else ~np.isfinite(values.astype(np.float32))
    if not bad.any():
        return None
    row, column = (int(place) for place in np.argwhere(bad)[0])
    place = f"row {row}, column {column}"
    place = f"{where}, {place}" if where else place
    more = f", the first of {int(bad.sum()):,}" if bad.sum() > 1 else ""
    if labels == "several":
        fact = f"label {values[row, column]:g} is neither 0 nor 1{more}"
        return problem("NS551", path, fact, where=place, help="save 1 for a label that is on, else 0")
    fact = f"number {values[row, column]:g} is not finite in float32{more}"
    return problem("NS552", path, fact, where=place, help="replace or drop these images")


def kept(values: NDArray[Any], labels: str) -> NDArray[np.int32] | NDArray[np.float32]:
    """Labels that were checked, in the type that they are kept in."""
    return values.astype(np.float32) if labels == "numbers" else values.astype(np.int32)


def names_problem(names: Sequence[str], count: int | None, path: Path, where: str | None) -> Problem | None:
    """NS553 where names are not one for each label, are given twice, or cannot be written into a report."""
    repeated = next((name for i, name in enumerate(names) if name in names[:i]), None)
    unwritable = next((name for name in names if not name or UNWRITABLE.search(name)), None)
    if count is not None and len(names) != count:
        fact, help = f"names {len(names)}, and there are {count} to be named", "give one name for each"
    elif repeated is not None:
        fact, help = f"names two of them `{repeated}`", "give each a name of its own"
    elif unwritable is not None or max(map(len, names), default=0) > LONGEST_NAME:
        fact, help = "has a name that no report could hold", "give short names without control characters"
    else:
        return None
    return problem("NS553", path, fact, where=where, help=help)


def dataset(train: Split, test: Split, names: tuple[str, ...] | None, path: Path, say: Say | None = None) -> Dataset:
    """The data set of two parts whose labels (n, outputs) were checked; names that nobody gave are numbers.

    Raises:
        Refused: as `checks.assemble`; NS554 no label of the training part ever changes.
    """
    width = train.labels.shape[1]
    shown = names or tuple(map(str, range(width)))
    still = [shown[i] for i in np.flatnonzero((train.labels == train.labels[0]).all(axis=0))]
    if len(still) == width:
        raise Refused(problem("NS554", path, f"every training example has {_same(still)}"))
    warnings = [problem("NS554", path, f"every training example has {_same(still)}", warning=True)] if still else []
    found = survey(train, test, shown, say)
    warnings += [*found.warnings, *scale_problems(train, test, found, path)]
    return Dataset(train, test, shown, found.fingerprint, tuple(warnings), largest=found.ends[0][1])


def _same(names: list[str]) -> str:
    """The labels that never change, up to five of them."""
    listed = ", ".join(f"`{name}`" for name in names[:5])
    return f"the same {listed}" + (f" and {len(names) - 5} more" if len(names) > 5 else "")
