"""What the rows of a run say is going wrong while every number is still finite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from netspec.language.train import BinaryCrossEntropy, CrossEntropy, Huber, Loss, MeanAbsoluteError

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
    accuracy: float | None
    """None where labels are no classes."""
    beginning: float = 0.0
    """The loss of answering 0, with which a network begins, where that may be far above `loss`."""


def guessing(labels: np.ndarray, classes: int, loss: Loss, weights: np.ndarray | None = None) -> Guessing:
    """The best constant answer to these labels: the entropy of their shares, or their spread.

    `weights` are those of the classes, or of what several labels that are on add.
    """
    if labels.ndim == 1:
        return _of_classes(np.bincount(labels, minlength=classes) / len(labels), loss, weights)
    wide = labels.astype(np.float64)
    if isinstance(loss, BinaryCrossEntropy):
        on = wide.mean(0) * (1 if weights is None else weights)
        return Guessing(float(np.mean(_entropy(np.stack([on, 1 - wide.mean(0)])))), None)
    middles = (wide.mean(0), np.median(wide, axis=0))
    least = min(_spread(wide - middle, loss) for middle in middles)
    return Guessing(least, None, _spread(wide, loss))


def _of_classes(shares: np.ndarray, loss: Loss, weights: np.ndarray | None) -> Guessing:
    """Of classes with these shares."""
    weighed = shares if weights is None else shares * weights
    if isinstance(loss, CrossEntropy):
        smooth = loss.label_smoothing
        spread = (1 - smooth) * weighed + smooth * weighed.sum() / len(shares)
        least = float(_entropy(spread[:, None])[0])
    elif isinstance(loss, BinaryCrossEntropy):
        least = float(_entropy(weighed[:, None])[0])
    else:
        least = float(np.mean(weighed * (1 - weighed / weighed.sum())))
    return Guessing(least, float(shares.max()))


def _entropy(parts: np.ndarray) -> np.ndarray:
    """(parts, k) weights -> (k,) nats: the least of -sum(part * log p) over all p that sum to 1."""
    shares = parts / np.maximum(parts.sum(0), 1e-300)
    entropy: np.ndarray = -np.sum(parts * np.log(np.where(shares > 0, shares, 1)), axis=0)
    return entropy


def _spread(off: np.ndarray, loss: Loss) -> float:
    """The mean loss of errors."""
    size = np.abs(off)
    if isinstance(loss, Huber):
        near = np.minimum(size, loss.delta)
        return float(np.mean(0.5 * near**2 + loss.delta * (size - near)))
    return float(np.mean(size if isinstance(loss, MeanAbsoluteError) else size**2))


def concerns(rows: Sequence[dict[str, Any]], chance: Guessing) -> list[Concern]:
    """What is wrong after the last of `rows`, which are those of `metrics.jsonl`; at most one of each code."""
    if not rows:
        return []
    found = (_diverging(rows, chance), _dead(rows[-1]), _stuck(rows, chance))
    return [concern for concern in found if concern is not None]


def undefined(row: dict[str, Any], watched: Iterable[str]) -> Iterator[Concern]:
    """What is watched and not in a row: it is not defined on that part."""
    if (name := next((name for name in watched if name not in row), None)) is not None:
        message = f"`{name}` is not defined on this validation part: nothing follows from it"
        yield Concern("NS630", message, "raise `data.validation`, or watch `validation_loss`")


def _diverging(rows: Sequence[dict[str, Any]], chance: Guessing) -> Concern | None:
    row = rows[-1]
    least = min(before["loss"] for before in rows)
    epoch, loss, norm = row["epoch"], row["loss"], row["gradient_norm"]
    high = max(chance.loss, chance.beginning)
    if loss > ABOVE_CHANCE * high:
        message = f"the loss of epoch {epoch} is {loss:.3g}, where guessing has {chance.loss:.3g}"
    elif loss > RISEN * least and loss > high:
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
    sure = chance.accuracy  # without it, only a loss that does not move shows it
    above = RISEN if sure is not None else 1 + NEAR
    near = all((1 - NEAR) * chance.loss < row["loss"] < above * chance.loss for row in last)
    if not near or (sure is not None and any(row["accuracy"] > 1.2 * sure for row in last)):
        return None
    message = f"the loss is {rows[-1]['loss']:.4g} after {rows[-1]['epoch']} epochs: no better than guessing ({chance.loss:.4g})"
    help = "try another `train.optimizer.learning_rate`, `norm: batch`, or `relu` for `sigmoid` and `tanh`; look at the labels"
    return Concern("NS622", message, help)
