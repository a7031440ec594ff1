"""Checks the metadata of a model or a checkpoint: a right checksum says that a file is whole, not that it is one of these.

A file may be made by another program, or by another version of this one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from netspec.language.heads import HEADS, VALIDATION, WATCHED
from netspec.runs.record import malformed
from netspec.storage.tensors import not_finite

if TYPE_CHECKING:
    from netspec.runs.checkpoint import Checkpoint

MODEL_FORMAT = 1

NUMBERS = ("loss", "gradient_norm", "learning_rate", "seconds", "images_per_second")
"""What every row has, besides the metrics of its head."""


def of_model(content: Mapping[str, Any]) -> str | None:
    """What is wrong with the metadata of a model; None where every key that is read of it is there, of its type."""
    if "netspec" not in content or "checkpoint" in content:
        return "it holds no trained network"
    if content["netspec"] != MODEL_FORMAT or not is_count(content["netspec"]):
        return f"it is a model of format {content['netspec']!r:.20}, and this version reads {MODEL_FORMAT}"
    return _shared(content.get("spec"), content.get("record"), content.get("rows"))


def of_checkpoint(checkpoint: Checkpoint) -> str | None:
    """What is wrong with a checkpoint of a run; None where every key that is read of it is there, of its type."""
    more = checkpoint.more
    if not is_count(more.get("best_after")) or not _number(more.get("epoch_seconds")):
        return "`best_after` or `epoch_seconds` is not a number"
    reason = _shared(more.get("text"), checkpoint.record, checkpoint.metrics)
    if reason is None and len(checkpoint.metrics) != checkpoint.epoch:
        return f"it has {len(checkpoint.metrics)} rows for {checkpoint.epoch} epochs"
    if reason is None and (name := not_finite(checkpoint.tensors)) is not None:
        return f"`{name}` holds a number that is not finite"
    return reason


def _shared(text: object, record: object, rows: object) -> str | None:
    if not isinstance(text, str):
        return "its spec is not a text"
    if (reason := malformed(record)) is not None:
        return f"its record is malformed: {reason}"
    return _of_rows(rows)


def _of_rows(rows: object) -> str | None:
    """One row an epoch, counted from 1."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return "its rows are not a list of mappings"
    needed = _needed(rows)
    for epoch, row in enumerate(rows, start=1):
        if row.get("epoch") != epoch or not is_count(row["epoch"]) or not is_count(row.get("step")):
            return f"row {epoch} is not that of epoch {epoch}"
        for name in (*needed, *(name for name in WATCHED if name in row)):
            if not _number(row.get(name)):
                return f"`{name}` of row {epoch} is not a number"
        dead = row.get("dead_layers", [])
        if not isinstance(dead, list) or not all(isinstance(name, str) for name in dead):
            return f"`dead_layers` of row {epoch} are not names"
    return None


def _needed(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    """What all rows alike must have: what every row has, and the trained metrics of one head; those of validation, or none.

    A metric that needs all answers at once may not be defined on a part, and is checked where it is there.
    """
    there = {name for row in rows for name in row}
    head = next((head for head in HEADS if there & {metric.name for metric in head.metrics}), HEADS[0])
    trained = tuple(metric.name for metric in head.metrics if metric.trained)
    validated = tuple(f"{VALIDATION}{name}" for name in ("loss", *trained))
    return (*NUMBERS, *trained, *(validated if there & set(validated) else ()))


def is_count(value: object) -> bool:
    """Whether it is a whole number of at least 0."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
