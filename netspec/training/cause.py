"""Where a loss or a gradient that is not finite comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from netspec.training.loop import NotFinite, Trainer
from netspec.training.objective import losses


@dataclass(frozen=True, slots=True)
class Cause:
    """The first place, in the order of computation, that holds a value which is not finite."""

    what: str
    """`the images`, `the output of`, `the gradient of` or `the loss`."""
    layer: str | None
    learning_rate: float


def find(trainer: Trainer, failure: NotFinite) -> Cause:
    """Does the step again by hand: images, then each layer's output, then the loss, then gradients from the end."""
    network = trainer.network
    variables = failure.state["variables"]
    images, labels = trainer.batch(failure.step - 1)
    rate = float(network.optimizer.learning_rate(failure.step - 1))
    x = network.normalize(variables, jnp.asarray(images))
    if not bool(jnp.all(jnp.isfinite(x))):
        return Cause("the images", None, rate)
    outputs = network.jit(network.activations)(variables, x)
    for name, output in outputs.items():
        if not bool(jnp.all(jnp.isfinite(output))):
            return Cause("the output of", name, rate)
    gradients = network.jit(jax.grad(_loss(trainer, variables, x, labels)))(variables["params"])
    for layer in reversed(network.plan.layers):
        leaves = jax.tree.leaves(gradients.get(layer.name, {}))
        if any(not bool(jnp.all(jnp.isfinite(leaf))) for leaf in leaves):
            return Cause("the gradient of", layer.name, rate)
    return Cause("the loss", None, rate)


def _loss(trainer: Trainer, variables: Any, x: jax.Array, labels: Any) -> Any:
    network = trainer.network

    def loss(params: Any) -> jax.Array:
        logits, _ = network.forward(
            {"params": params, "state": variables["state"]}, x, training=True, key=jax.random.key(0)
        )
        return jnp.mean(losses(network.train.loss, logits, labels))

    return loss
