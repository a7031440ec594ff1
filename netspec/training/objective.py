"""The losses of the format, for each example."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import optax

from netspec.language.train import BinaryCrossEntropy, CrossEntropy, Huber, Loss, MeanAbsoluteError


def losses(settings: Loss, logits: jax.Array, labels: jax.Array, weights: jax.Array | None = None) -> jax.Array:
    """(batch, outputs) float32 logits and labels -> (batch,) losses.

    Labels are (batch,) integers where an image has one class, else (batch, outputs): 0 and 1, or numbers. Cross-entropy in
    nats, the label spread by `label_smoothing`; binary cross-entropy of one unit is that of the second class, of several
    labels the mean over them; the others are means over the outputs, of a class over its one-hot label. `weights` are
    (classes,) factors of an example by its class, or (outputs,) of what a label that is on adds. A label outside
    0 .. classes - 1 gives NaN or a plausible number here: labels are checked before the first step.
    """
    if labels.ndim == 1:
        by_class = _of_classes(settings, logits, labels)
        return by_class if weights is None else by_class * weights[labels]
    if isinstance(settings, BinaryCrossEntropy):
        return jnp.mean(_binary(logits, labels, weights), axis=-1)
    return _of_numbers(settings, logits, labels)


def _of_classes(settings: Loss, logits: jax.Array, labels: jax.Array) -> jax.Array:
    """(batch,) losses of (batch,) classes."""
    classes = logits.shape[-1]
    if isinstance(settings, BinaryCrossEntropy):
        return _binary(logits, labels[:, None])[:, 0]
    if isinstance(settings, CrossEntropy):
        if settings.label_smoothing:
            wanted = optax.smooth_labels(jax.nn.one_hot(labels, classes), settings.label_smoothing)
            return optax.softmax_cross_entropy(logits, wanted)  # type: ignore[no-any-return]
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels)  # type: ignore[no-any-return]
    return _of_numbers(settings, logits, jax.nn.one_hot(labels, classes))


def _of_numbers(settings: Loss, logits: jax.Array, labels: jax.Array) -> jax.Array:
    """(batch,) losses of (batch, outputs) numbers."""
    if isinstance(settings, Huber):
        return jnp.mean(optax.huber_loss(logits, labels, delta=settings.delta), axis=-1)
    errors = logits - labels
    return jnp.mean(jnp.abs(errors) if isinstance(settings, MeanAbsoluteError) else jnp.square(errors), axis=-1)


def _binary(logits: jax.Array, labels: jax.Array, weights: jax.Array | None = None) -> jax.Array:
    """-(weight * y * log p + (1 - y) * log(1 - p)), p the sigmoid of the logit."""
    on = -labels * jax.nn.log_sigmoid(logits)
    off = -(1 - labels) * jax.nn.log_sigmoid(-logits)
    return (on if weights is None else on * weights[None, :]) + off
