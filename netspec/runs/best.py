"""Which epoch of a run is the best: the one that `best.safetensors` holds and the report marks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from netspec.language import heads
from netspec.language.heads import VALIDATION, Head
from netspec.language.train import Train

Row = dict[str, Any]


def watched(train: Train, head: Head, validated: bool) -> str:
    """The metric by which the best epoch is chosen; `validated` where some of the training set was held out."""
    if train.early_stopping is not None:
        return train.early_stopping.metric
    return f"{VALIDATION if validated else ''}{head.main.name}"


def best_of(rows: Iterable[Row], metric: str) -> Row | None:
    """The first of the best rows by this metric, of equal ones that of the lower loss; a row without it is none of them."""
    found, validated = heads.watched(metric)
    loss = f"{VALIDATION if validated else ''}loss"
    sign = 1 if found.less else -1
    return min((row for row in rows if metric in row), key=lambda row: (sign * row[metric], row[loss]), default=None)
