"""What a step counts of its answers, so that an epoch's metrics follow from sums: nothing is kept of single images."""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np

from netspec.language.heads import ON, Head

NAMES: dict[str, tuple[str, ...]] = {
    "class": ("accuracy",),
    "two": ("accuracy",),
    "several": ("true_positives", "false_positives", "false_negatives"),
    "numbers": ("absolute_error", "squared_error"),
}
"""The tallies of each head."""


def classes(head: Head, logits: jax.Array) -> jax.Array:
    """(batch, outputs) logits -> (batch,) classes."""
    return (logits[:, 0] > ON).astype(jnp.int32) if head.name == "two" else jnp.argmax(logits, -1)


def tallies(head: Head, logits: jax.Array, labels: jax.Array) -> dict[str, jax.Array]:
    """Of each example of a batch, float32: `accuracy` (batch,); of several labels and of numbers (batch, outputs)."""
    if head.labels == "class":
        return {"accuracy": (classes(head, logits) == labels).astype(jnp.float32)}
    if head.labels == "numbers":
        errors = logits - labels
        return {"absolute_error": jnp.abs(errors), "squared_error": jnp.square(errors)}
    on, wanted = logits > ON, labels > 0.5
    counts = (on & wanted, on & ~wanted, ~on & wanted)
    return {name: count.astype(jnp.float32) for name, count in zip(NAMES["several"], counts, strict=True)}


def empty(head: Head, outputs: int) -> dict[str, jax.Array]:
    """The sums of an epoch that has not begun."""
    shape = () if head.labels == "class" else (outputs,)
    return {name: jnp.zeros(shape) for name in NAMES[head.name]}


def metrics(head: Head, means: Mapping[str, np.ndarray]) -> dict[str, float]:
    """The trained metrics of an epoch, from the means of its tallies."""
    if head.labels == "class":
        return {"accuracy": float(means["accuracy"])}
    wide = {name: np.asarray(mean, np.float64) for name, mean in means.items()}
    if head.labels == "numbers":
        roots = np.sqrt(wide["squared_error"])
        return {
            "mean_absolute_error": float(wide["absolute_error"].mean()),
            "root_mean_square_error": float(roots.mean()),
        }
    right, false, missed = (wide[name] for name in NAMES["several"])
    whole = 2 * right + false + missed
    return {"f1": float(np.divide(2 * right, whole, out=np.zeros(len(whole)), where=whole > 0).mean())}
