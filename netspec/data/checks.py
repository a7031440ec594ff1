"""The rules every source is held to, and the last step from checked parts to a `Dataset`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data.dataset import Dataset, Say, Split, deviation
from netspec.data.files import FETCH_AGAIN
from netspec.data.problem import Problem, Refused, problem
from netspec.data.survey import Survey, survey
from netspec.diagnostics.render.wording import counted

Shape = tuple[int, int, int]
"""(height, width, channels)."""

OTHER_SCALE = 20.0
"""So many times the range and the deviation of the other part is another scale, not another subject."""

FAINT = 16
"""Bytes up to this are no images of 0 to 255: masks have 0 and 1, scans of 4 bits 0 to 15 or 16."""

SAMPLE = 1000
"""About so many images tell the deviation for that."""

MOST_CLASSES = 1 << 16
"""The bound on labels where the network does not give one."""


def times(shape: tuple[int, ...]) -> str:
    """A shape in words, its axes joined by ×.

    >>> times((28, 28, 1))
    '28×28×1'
    """
    return "×".join(map(str, shape))


def shape_problems(shape: Shape, wanted: Shape, path: Path, where: str | None = None) -> list[Problem]:
    """NS508 where images are not what `input` says: a network would otherwise read other pixels, or none."""
    if shape == wanted:
        return []
    fact = f"images are {times(shape)}, `input` is {times(wanted)}"
    help = channels_last((0, *shape), wanted) or f"set `input: {list(shape)}`"
    return [problem("NS508", path, fact, where=where, help=help)]


def channels_last(shape: tuple[int, ...], wanted: Shape) -> str | None:
    """What makes images of an array that has the channels before height and width; None where it has not.

    >>> channels_last((20, 3, 32, 32), (32, 32, 3)), channels_last((20, 32, 32, 3), (32, 32, 3))
    ('move the channels last: `numpy.moveaxis(x, 1, -1)`', None)
    """
    first = shape[-3:] == (wanted[2], *wanted[:2])
    return f"move the channels last: `numpy.moveaxis(x, {len(shape) - 3}, -1)`" if first else None


def count_problems(classes: int, outputs: int | None, path: Path, *, two: bool = False) -> list[Problem]:
    """NS513 where the data have a known number of classes and the network tells another number apart; `two` by one output."""
    if outputs in (None, classes):
        return []
    there = f"there are {classes} classes" if classes > 1 else "there is 1 class"
    fact = f"{there}, the network has {'1 output, for two' if two else counted(outputs or 0, 'output')}"
    help = f"give the last layer {classes} units" if classes > 1 else "add examples of another class"
    return [problem("NS513", path, fact, help=help)]


def label_problems(
    labels: NDArray[Any],
    outputs: int | None,
    path: Path,
    array: str | None = None,
    *,
    known: NDArray[Any] | None = None,
    published: bool = False,
) -> list[Problem]:
    """NS507 where a label is no class: JAX would clamp it to the last one and train on it without a word.

    `known` are the distinct labels of both parts, `published` where the number of classes is that of a published data set.
    """
    bound = MOST_CLASSES if outputs is None else outputs
    bad = np.flatnonzero((labels < 0) | (labels >= bound))
    if not len(bad):
        return []
    where = f"row {int(bad[0])}"
    fact = f"label {labels[bad[0]]} is not in 0 … {bound - 1}" + (
        f", the first of {len(bad):,} such labels in {len(labels):,}" if len(bad) > 1 else ""
    )
    help = FETCH_AGAIN if published else _numbered(np.unique(labels) if known is None else known, bound)
    return [problem("NS507", path, fact, where=f"{array}, {where}" if array else where, help=help)]


def _numbered(known: NDArray[Any], bound: int) -> str:
    """What makes classes of these distinct labels, some of which are outside 0 … bound - 1."""
    low, high, count = int(known[0]), int(known[-1]), len(known)
    if low == 1 and high <= MOST_CLASSES:
        return "count classes from 0: take 1 from every label" + _units(high, bound)
    if low < 0 or high >= min(MOST_CLASSES, 2 * count):
        return f"number the {count} classes from 0 to {count - 1}" + _units(count, bound)
    return f"give the last layer {counted(high + 1, 'unit')}"


def _units(count: int, bound: int) -> str:
    return f", and give the last layer {counted(count, 'unit')}" if count > bound else ""


def assemble(train: Split, test: Split, classes: tuple[str, ...], path: Path, say: Say | None = None) -> Dataset:
    """The data set of two parts whose rows were checked; `say` is told how far streamed ones are read.

    Raises:
        Refused: what a streamed part's files are found to be; NS511 all training examples are of one class, or a class is tested that was never taught.
    """
    taught, tested = (np.bincount(part.labels, minlength=len(classes)) > 0 for part in (train, test))
    errors = []
    if taught.sum() == 1:
        only = classes[int(np.argmax(taught))]
        errors.append(problem("NS511", path, f"every training example is of class `{only}`"))
    if (tested & ~taught).any():
        names = _names(classes, tested & ~taught)
        errors.append(problem("NS511", path, f"the test part has {names}, the training part has not"))
    if errors:
        raise Refused(*errors)
    warnings = tuple(
        problem("NS512", path, f"no {part} example of {_names(classes, missing)}", warning=True)
        for part, missing in (("training", ~taught), ("test", taught & ~tested))
        if missing.any()
    )
    found = survey(train, test, classes, say)
    warnings += (*found.warnings, *scale_problems(train, test, found, path))
    return Dataset(train, test, classes, found.fingerprint, warnings, largest=found.ends[0][1])


def scale_problems(train: Split, test: Split, found: Survey, path: Path) -> list[Problem]:
    """NS517 where one part has 0 to 1 and the other 0 to 255, or the like: both are normalized by what the training part has.

    Raises Refused where a file of a streamed part has changed since the survey.
    """
    ranges = [high - low for low, high in found.ends]
    if not max(ranges) > OTHER_SCALE * min(ranges) > 0:
        return []
    # one pixel may lie far out: all of them have to
    deviations = [deviation(part.rows(slice(None, None, len(part) // SAMPLE + 1))) for part in (train, test)]
    if not max(deviations) > OTHER_SCALE * min(deviations):
        return []
    taught, tested = (f"from {low:.6g} to {high:.6g}" for low, high in found.ends)
    factor = max(ranges) / min(ranges)
    by = " by 255" if 240 < factor <= 256 else ""
    larger = "training" if ranges[0] > ranges[1] else "test"
    help = f"divide the {larger} images{by or ' so that they are on the scale of the others'}"
    fact = f"the test images have values {tested}, the training images {taught}"
    return [problem("NS517", path, fact, help=help, warning=True)]


def faint_problems(dataset: Dataset, path: Path) -> list[Problem]:
    """NS533 where bytes use next to nothing of the 255 by which `normalize: unit` divides them."""
    train = dataset.train
    largest = int(dataset.largest) if train.images.dtype == np.uint8 and train.white is None else 0
    if not 0 < largest <= FAINT:
        return []
    fact = f"the largest pixel is {largest}, and `normalize: unit` divides bytes by 255: the network is given 0 to "
    fact += f"{largest / 255:.2g}"
    return [problem("NS533", path, fact, help="set `normalize: standard` in `data`", warning=True)]


def _names(classes: tuple[str, ...], which: NDArray[np.bool_]) -> str:
    """Up to five class names, and how many more."""
    names = [f"`{classes[label]}`" for label in np.flatnonzero(which)]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ("class " if len(names) == 1 else "classes ") + ", ".join(names[:5]) + more
