"""What the rows of a run say is going wrong while every number is still finite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from netspec.language.train import CrossEntropy, Loss

ABOVE_CHANCE = 10.0
"""A mean loss so many times that of guessing is no beginning: the weights have run away."""
RISEN = 3.0
"""A mean loss so many times the least so far, and above that of guessing, has turned round."""
EXPLODED = 100.0
"""A mean gradient norm so many times that of the first epoch; in a run that learns it falls."""
STUCK_EPOCHS, STUCK_STEPS, NEAR = 3, 50, 0.02
"""After so many epochs and steps, a loss that has stayed so near that of guessing is stuck."""


@dataclass(frozen=True)
class Concern:
    """One warning: a code of the catalogue, what was seen in the metrics, and what to try."""

    code: str
    message: str
    help: str


@dataclass(frozen=True)
class Guessing:
    """What a network reaches that gives every image the same answer."""

    loss: float
    accuracy: float


def guessing(labels: np.ndarray, classes: int, loss: Loss) -> Guessing:
    """The best constant answer to these labels: the entropy of their shares, or the variance a class."""
    shares = np.bincount(labels, minlength=classes) / len(labels)
    if isinstance(loss, CrossEntropy):
        spread = (1 - loss.label_smoothing) * shares + loss.label_smoothing / classes
        least = -float(np.sum(spread * np.log(np.where(spread > 0, spread, 1))))
    else:
        least = float(np.mean(shares * (1 - shares)))
    return Guessing(least, float(shares.max()))


def concerns(rows: Sequence[dict[str, Any]], chance: Guessing) -> list[Concern]:
    """What is wrong after the last of `rows`, which are those of `metrics.jsonl`; at most one of each code."""
    if not rows:
        return []
    found = (_diverging(rows, chance), _dead(rows[-1]), _stuck(rows, chance))
    return [concern for concern in found if concern is not None]


def _diverging(rows: Sequence[dict[str, Any]], chance: Guessing) -> Concern | None:
    row = rows[-1]
    least = min(before["loss"] for before in rows)
    epoch, loss, norm = row["epoch"], row["loss"], row["gradient_norm"]
    if loss > ABOVE_CHANCE * chance.loss:
        message = f"the loss of epoch {epoch} is {loss:.3g}, where guessing has {chance.loss:.3g}"
    elif loss > RISEN * least and loss > chance.loss:
        message = f"the loss rose from {least:.3g} to {loss:.3g} in epoch {epoch}, which is more than guessing has"
    elif norm > EXPLODED * rows[0]["gradient_norm"] and loss > least:
        message = f"the norm of the gradient rose from {rows[0]['gradient_norm']:.3g} to {norm:.3g} in epoch {epoch}"
    else:
        return None
    help = f"lower `train.optimizer.learning_rate` (it was {row['learning_rate']:.3g}) by a factor of 10"
    return Concern("NS620", f"training diverges: {message}", f"{help}, or add `train.gradient_clip: 1.0`")


def _dead(row: dict[str, Any]) -> Concern | None:
    names = row.get("dead_layers", [])
    if not names:
        return None
    listed = ", ".join(f"`{name}`" for name in names)
    message = (
        f"no unit of {listed} was above zero for any image after epoch {row['epoch']}: no gradient passes a dead ReLU"
    )
    help = "begin anew with a lower `train.optimizer.learning_rate`, `norm: batch` or `activation: leaky_relu`"
    return Concern("NS621", message, help)


def _stuck(rows: Sequence[dict[str, Any]], chance: Guessing) -> Concern | None:
    last = rows[-STUCK_EPOCHS:]
    if len(rows) < STUCK_EPOCHS or rows[-1]["step"] < STUCK_STEPS:
        return None
    near = all((1 - NEAR) * chance.loss < row["loss"] < RISEN * chance.loss for row in last)
    if not near or any(row["accuracy"] > 1.2 * chance.accuracy for row in last):
        return None
    message = f"the loss is {rows[-1]['loss']:.4g} after {rows[-1]['epoch']} epochs: no better than guessing ({chance.loss:.4g})"
    help = "try another `train.optimizer.learning_rate`, `norm: batch`, or `relu` for `sigmoid` and `tanh`; look at the labels"
    return Concern("NS622", message, help)
