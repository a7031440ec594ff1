"""What predictions are worth: class by class, label by label, number by number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from netspec.data import Split
from netspec.language.heads import Head
from netspec.training import measures as formulas
from netspec.training.loop import Evaluation

Table = tuple[list[str], list[list[str]]]
"""The cells of a head, and of the rows below it."""


@dataclass(frozen=True)
class Measures:
    """Counts of true and predicted classes, and what follows from them."""

    classes: tuple[str, ...]
    confusion: np.ndarray
    """(classes, classes) int64: rows are true classes, columns predicted ones."""

    @property
    def accuracy(self) -> float:
        """The share of predictions that are right."""
        return float(np.trace(self.confusion) / max(self.confusion.sum(), 1))

    @property
    def precision(self) -> np.ndarray:
        """Of what was predicted as a class, the share that is of it; 0 where nothing was."""
        return _ratio(np.diag(self.confusion), self.confusion.sum(0))

    @property
    def recall(self) -> np.ndarray:
        """Of what is of a class, the share that was predicted so; 0 where nothing is."""
        return _ratio(np.diag(self.confusion), self.confusion.sum(1))

    @property
    def f1(self) -> np.ndarray:
        """The harmonic mean of precision and recall; 0 where both are."""
        return _ratio(2 * self.precision * self.recall, self.precision + self.recall)

    def to_json(self) -> dict[str, Any]:
        """Plain numbers, for other programs."""
        columns = zip(self.classes, self.precision, self.recall, self.f1, self.confusion.sum(1), strict=True)
        rows = [
            {"name": name, "precision": float(p), "recall": float(r), "f1": float(f), "support": int(n)}
            for name, p, r, f, n in columns
        ]
        return {"accuracy": self.accuracy, "classes": rows, "confusion": self.confusion.tolist()}

    @property
    def table(self) -> Table:
        """A row for each class."""
        return _of_labels("class", self.to_json()["classes"], ("precision", "recall", "f1"))


@dataclass(frozen=True)
class LabelMeasures:
    """Counts of several labels, each on or off, and what follows from them."""

    labels: tuple[str, ...]
    right: np.ndarray
    """(labels,) int64: how often each was said where it is on."""
    said: np.ndarray
    """(labels,): how often it was said."""
    support: np.ndarray
    """(labels,): how often it is on."""
    average_precision: tuple[float | None, ...]
    """Of each; None where it is never on."""

    def to_json(self) -> dict[str, Any]:
        """Plain numbers, for other programs."""
        precision, recall = _ratio(self.right, self.said), _ratio(self.right, self.support)
        f1 = _ratio(2 * self.right, self.said + self.support)
        columns = zip(self.labels, precision, recall, f1, self.average_precision, self.support, strict=True)
        rows = [
            {
                "name": name,
                "precision": float(p),
                "recall": float(r),
                "f1": float(f),
                "average_precision": area,
                "support": int(n),
            }
            for name, p, r, f, area, n in columns
        ]
        return {"classes": rows}

    @property
    def table(self) -> Table:
        """A row for each label."""
        return _of_labels("label", self.to_json()["classes"], ("precision", "recall", "f1", "average_precision"))


@dataclass(frozen=True)
class NumberMeasures:
    """How far answers lie from the numbers that label the images."""

    names: tuple[str, ...]
    absolute: np.ndarray
    """(numbers,): mean absolute errors."""
    square: np.ndarray
    """(numbers,): root mean square errors."""
    r2: tuple[float | None, ...]
    """None where all labels are alike."""
    mean: np.ndarray
    """(numbers,): of the labels."""
    deviation: np.ndarray

    def to_json(self) -> dict[str, Any]:
        """Plain numbers, for other programs."""
        columns = zip(self.names, self.absolute, self.square, self.r2, self.mean, self.deviation, strict=True)
        rows = [
            {
                "name": name,
                "mean_absolute_error": float(absolute),
                "root_mean_square_error": float(square),
                "r2": share,
                "mean": float(mean),
                "deviation": float(deviation),
            }
            for name, absolute, square, share, mean, deviation in columns
        ]
        return {"numbers": rows}

    @property
    def table(self) -> Table:
        """A row for each number."""
        rows = self.to_json()["numbers"]
        names = [name for name in rows[0] if name != "name"]
        cells = [[row["name"], *(_cell(row[name], ".4g") for name in names)] for row in rows]
        return ["number", *(name.replace("_", " ") for name in names)], cells


AnyMeasures = Measures | LabelMeasures | NumberMeasures


def measures_of(head: Head, split: Split, found: Evaluation, names: tuple[str, ...]) -> AnyMeasures:
    """Those of a head, for what a network does on a split."""
    if head.labels == "class":
        return measure(split.labels, found.predictions, names)
    assert found.logits is not None
    if head.labels == "several":
        on, wanted = found.predictions > 0, split.labels > 0
        right, said, support = (each.sum(0, dtype=np.int64) for each in (on & wanted, on, wanted))
        columns = zip(found.logits.T, split.labels.T, strict=True)
        return LabelMeasures(
            names, right, said, support, tuple(formulas.average_precision(*column) for column in columns)
        )
    absolute, square = formulas.errors(found.logits, split.labels)
    wide = split.labels.astype(np.float64)
    shares = tuple(formulas.r2(found.logits, split.labels))
    return NumberMeasures(names, absolute, square, shares, wide.mean(0), wide.std(0))


def _of_labels(first: str, rows: list[dict[str, Any]], names: tuple[str, ...]) -> Table:
    """A row for each class or label, with how many images have it."""
    cells = [[row["name"], *(_cell(row[name], ".3f") for name in names), f"{row['support']:,}"] for row in rows]
    return [first, *(name.replace("_", " ").replace("f1", "F1") for name in names), "images"], cells


def _cell(value: float | None, form: str) -> str:
    return "-" if value is None else f"{value:{form}}"


def measure(labels: np.ndarray, predictions: np.ndarray, classes: tuple[str, ...]) -> Measures:
    """Measures of (n,) predicted against (n,) true labels, each in 0 .. len(classes) - 1."""
    count = len(classes)
    flat = np.bincount(labels.astype(np.int64) * count + predictions.astype(np.int64), minlength=count * count)
    return Measures(classes, flat.reshape(count, count))


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    shares: np.ndarray = np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
    return shares
