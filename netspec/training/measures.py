"""What answers to a whole split are worth, by published formulas, in float64."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from netspec.language.heads import ON, Head

Column = NDArray[np.float64]


def auc(scores: np.ndarray, labels: np.ndarray) -> float | None:
    """The area under the ROC curve of (n,) scores for (n,) labels 0 and 1; None where one of the two is missing.

    The share of pairs of a 1 and a 0 in which the 1 has the higher score, equal scores counted half (Mann and Whitney).

    >>> auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1]))
    0.75
    """
    ones = int(np.sum(labels > 0))
    if ones in (0, len(labels)):
        return None
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    above = float(np.sum(ranks[place][labels > 0])) - ones * (ones + 1) / 2
    return above / (ones * (len(labels) - ones))


def average_precision(scores: np.ndarray, labels: np.ndarray) -> float | None:
    """The mean of the precision at each 1, by falling scores, equal ones together; None where there is no 1.

    The sum over thresholds of (R_n - R_(n-1)) * P_n, without interpolation.

    >>> round(average_precision(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1])), 4)
    0.8333
    """
    ones = int(np.sum(labels > 0))
    if not ones:
        return None
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    right = np.cumsum(labels[order] > 0)[ends]
    precision = right / (ends + 1)
    return float(np.sum(np.diff(right, prepend=0) * precision) / ones)


def f1(on: np.ndarray, labels: np.ndarray) -> Column:
    """(k,) harmonic means of precision and recall of (n, k) answers 0 and 1; 0 where a label neither is nor is said."""
    right, said, wanted = (np.sum(each, 0, np.float64) for each in (on & labels, on, labels))
    return np.divide(2 * right, said + wanted, out=np.zeros(on.shape[1]), where=said + wanted > 0)


def errors(answers: np.ndarray, labels: np.ndarray) -> tuple[Column, Column]:
    """(k,) mean absolute errors and root mean square errors of (n, k) numbers."""
    off = answers.astype(np.float64) - labels
    return np.abs(off).mean(0), np.sqrt(np.square(off).mean(0))


def r2(answers: np.ndarray, labels: np.ndarray) -> list[float | None]:
    """1 - the squared error over that of the labels' mean, for each of k numbers; None where a label never changes."""
    wide = labels.astype(np.float64)
    spread = np.square(wide - wide.mean(0)).sum(0)
    off = np.square(answers.astype(np.float64) - wide).sum(0)
    return [float(1 - error / whole) if whole > 0 else None for error, whole in zip(off, spread, strict=True)]


def mean(values: list[float | None]) -> float | None:
    """The mean of those that are there."""
    there = [value for value in values if value is not None]
    return sum(there) / len(there) if there else None


def measured(head: Head, logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """The metrics of (n, outputs) logits that need every answer at once; one that is not defined is left out.

    Of several labels and numbers all, each the mean over the outputs; of one unit `auc`.
    """
    if head.name == "two":
        found = {"auc": auc(logits[:, 0], labels)}
    elif head.name == "several":
        precisions = [average_precision(*column) for column in zip(logits.T, labels.T, strict=True)]
        found = {"f1": float(f1(logits > ON, labels > 0).mean()), "average_precision": mean(precisions)}
    else:
        absolute, square = errors(logits, labels)
        found = {"mean_absolute_error": float(absolute.mean()), "root_mean_square_error": float(square.mean())}
        found["r2"] = mean(r2(logits, labels))
    return {name: value for name, value in found.items() if value is not None}
