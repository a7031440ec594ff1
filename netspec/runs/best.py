"""Which epoch of a run is the best: the one that `best.safetensors` holds and the report marks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from netspec.language.train import Train

Row = dict[str, Any]


def watched(train: Train, validated: bool) -> str:
    """The metric by which the best epoch is chosen; `validated` where some of the training set was held out."""
    if train.early_stopping is not None:
        return train.early_stopping.metric
    return "validation_accuracy" if validated else "accuracy"


def best_of(rows: Iterable[Row], metric: str) -> Row | None:
    """The first of the best rows by this metric; of equal accuracy, the one of lower loss."""
    loss = metric.replace("accuracy", "loss")
    sign = 1 if metric == loss else -1
    return min(rows, key=lambda row: (sign * row[metric], row[loss]), default=None)
