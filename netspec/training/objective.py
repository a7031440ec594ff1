"""The losses of the format, for each example."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import optax

from netspec.language.train import CrossEntropy, Loss


def losses(settings: Loss, logits: jax.Array, labels: jax.Array) -> jax.Array:
    """(batch, classes) float32 logits and (batch,) integer labels -> (batch,) losses.

    Cross-entropy in nats, the label spread by `label_smoothing`; or the mean over classes of (logit - one-hot)^2. A
    label outside 0 .. classes - 1 gives NaN or a plausible number here: labels are checked before the first step.
    """
    classes = logits.shape[-1]
    if isinstance(settings, CrossEntropy):
        if settings.label_smoothing:
            wanted = optax.smooth_labels(jax.nn.one_hot(labels, classes), settings.label_smoothing)
            return optax.softmax_cross_entropy(logits, wanted)  # type: ignore[no-any-return]
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels)  # type: ignore[no-any-return]
    return jnp.mean(jnp.square(logits - jax.nn.one_hot(labels, classes)), axis=-1)
