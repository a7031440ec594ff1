"""The rules every source is held to, and the last step from checked parts to a `Dataset`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.training.data.dataset import Dataset, Split, fingerprint
from netspec.training.data.problem import Problem, Refused, problem

Shape = tuple[int, int, int]
"""(height, width, channels)."""

MOST_CLASSES = 1 << 16
"""The bound on labels where the network does not give one."""


def times(shape: tuple[int, ...]) -> str:
    """A shape as it is spoken of.

    >>> times((28, 28, 1))
    '28×28×1'
    """
    return "×".join(map(str, shape))


def shape_problems(shape: Shape, wanted: Shape, path: Path, where: str | None = None) -> list[Problem]:
    """NS508 where images are not what `input` says: a network would otherwise read other pixels, or none."""
    if shape == wanted:
        return []
    fact = f"images are {times(shape)}, `input` is {times(wanted)}"
    first = shape == (wanted[2], *wanted[:2])
    help = "move the channels last: `numpy.moveaxis(x, 1, -1)`" if first else f"set `input: {list(shape)}`"
    return [problem("NS508", path, fact, where=where, help=help)]


def count_problems(classes: int, outputs: int | None, path: Path) -> list[Problem]:
    """NS513 where the data have a known number of classes and the network another number of logits."""
    if outputs in (None, classes):
        return []
    fact = f"there are {classes} classes, the network has {outputs} outputs"
    return [problem("NS513", path, fact, help=f"give the last layer {classes} units")]


def label_problems(
    labels: NDArray[Any], outputs: int | None, path: Path, array: str | None = None, first: int = 0
) -> list[Problem]:
    """NS507 where a label is no class: JAX would clamp it to the last one and train on it without a word.

    `first` is the row number of `labels[0]` in the file.
    """
    bound = MOST_CLASSES if outputs is None else outputs
    bad = np.flatnonzero((labels < 0) | (labels >= bound))
    if not len(bad):
        return []
    where = f"row {first + int(bad[0])}"
    fact = f"label {labels[bad[0]]} is not in 0 … {bound - 1}" + (
        f", the first of {len(bad):,} such labels in {len(labels):,}" if len(bad) > 1 else ""
    )
    help = "count classes from 0" if int(labels.max()) == bound else "give the last layer a unit a class"
    return [problem("NS507", path, fact, where=f"{array}, {where}" if array else where, help=help)]


def assemble(train: Split, test: Split, classes: tuple[str, ...], path: Path) -> Dataset:
    """The data set of two parts whose rows were checked.

    Raises:
        Refused: NS511 all training examples are of one class, or a class is tested that was never taught.
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
    return Dataset(train, test, classes, fingerprint(train, test, classes), warnings)


def _names(classes: tuple[str, ...], which: NDArray[np.bool_]) -> str:
    """Up to five class names, and how many more."""
    names = [f"`{classes[label]}`" for label in np.flatnonzero(which)]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ("class " if len(names) == 1 else "classes ") + ", ".join(names[:5]) + more
