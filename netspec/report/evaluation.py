"""What predictions are worth, class by class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


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


def measure(labels: np.ndarray, predictions: np.ndarray, classes: tuple[str, ...]) -> Measures:
    """Measures of (n,) predicted against (n,) true labels, each in 0 .. len(classes) - 1."""
    count = len(classes)
    flat = np.bincount(labels.astype(np.int64) * count + predictions.astype(np.int64), minlength=count * count)
    return Measures(classes, flat.reshape(count, count))


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    shares: np.ndarray = np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
    return shares
