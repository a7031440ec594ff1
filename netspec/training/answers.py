"""What an evaluation keeps of a network's answers: on the device a batch, on the host the whole split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from netspec.language.heads import ON, TOP, Head
from netspec.training import measures, tallies

Seen = Mapping[str, jax.Array]


@dataclass(frozen=True)
class Answers:
    """A split's."""

    metrics: dict[str, float]
    predictions: np.ndarray
    """In the shape of the labels."""
    logits: np.ndarray | None


def seen(head: Head, logits: jax.Array, labels: jax.Array, real: jax.Array) -> dict[str, jax.Array]:
    """What is kept of a batch, whose `real` rows are no padding: classes and how many are right, else the logits."""
    if head.labels != "class":
        return {"logits": logits}
    classes = tallies.classes(head, logits).astype(jnp.int32)
    kept = {"classes": classes, "accuracy": jnp.sum(real & (classes == labels))}
    if head.name == "two":
        return kept | {"logits": logits}
    if head.metric("top_5") is not None:
        kept["top_5"] = jnp.sum(real & (_rank(logits, labels) < TOP))
    return kept


def _rank(logits: jax.Array, labels: jax.Array) -> jax.Array:
    """How many of (batch, classes) logits come before that of its label in each row: the larger, and of equal ones those of a
    lower class, as the likeliest class is chosen too. All of them where the label's is no number."""
    own = jnp.take_along_axis(logits, labels[:, None], axis=1)
    behind = (own > logits) | ((own == logits) & (jnp.arange(logits.shape[1])[None] >= labels[:, None]))
    return logits.shape[1] - jnp.sum(behind, axis=1)


def together(head: Head, parts: Sequence[Seen], labels: np.ndarray) -> Answers:
    """The answers to a split with these labels, from those to its batches; the last one is padded."""
    count = len(labels)
    arrays = {
        name: np.concatenate([np.asarray(part[name]) for part in parts])[:count]
        for name in ("classes", "logits")
        if name in parts[0]
    }
    metrics = {
        metric.name: int(np.sum([np.asarray(part[metric.name]) for part in parts])) / count
        for metric in head.metrics
        if metric.name in parts[0]
    }
    logits = arrays.get("logits")
    if logits is not None:
        metrics |= measures.measured(head, logits, labels)
    if head.labels == "class":
        return Answers(metrics, arrays["classes"], logits)
    assert logits is not None
    return Answers(metrics, (logits > ON).astype(np.int32) if head.labels == "several" else logits, logits)
