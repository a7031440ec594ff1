"""What a trained network does inside: how many units are active, how large gradients are, how small weights are."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from netspec.training.objective import losses
from netspec.training.run import TrainedNetwork

NEAR_ZERO = 0.1
"""A weight is near zero when it is smaller than this share of the layer's root mean square weight."""


@dataclass(frozen=True)
class LayerStatistics:
    """One layer with weights."""

    name: str
    active: float
    """The share of outputs above zero, over a batch; of a sigmoid, above one half: where its input is above zero."""
    gradient_norm: float
    """The norm of the loss's gradient with respect to the kernel."""
    gradient: float
    """The norm of the loss's gradient with respect to the kernel, divided by the kernel's norm."""
    near_zero: float
    """The share of weights smaller than a tenth of the layer's root mean square weight."""


def measure(network: TrainedNetwork, images: np.ndarray, labels: np.ndarray) -> list[LayerStatistics]:
    """The statistics of every layer that has a kernel, for raw images (batch, height, width, channels)."""
    variables = network.variables
    x = network.normalize(variables, jnp.asarray(images))
    outputs = network.jit(network.activations)(variables, x)

    def loss(params: object) -> jax.Array:
        logits = network.apply({"params": params, "state": variables["state"]}, x)  # type: ignore[dict-item]
        return jnp.mean(losses(network.train.loss, logits, jnp.asarray(labels)))

    gradients = network.jit(jax.grad(loss))(variables["params"])
    found = []
    for layer in network.plan.layers:
        if "kernel" not in layer.shapes:
            continue
        kernel = np.asarray(variables["params"][layer.name]["kernel"])
        gradient = np.asarray(gradients[layer.name]["kernel"])
        threshold = 0.5 if getattr(layer.settings, "activation", "") == "sigmoid" else 0.0
        found.append(
            LayerStatistics(
                layer.name,
                float(jnp.mean(outputs[layer.name] > threshold)),
                float(np.linalg.norm(gradient)),
                float(np.linalg.norm(gradient)) / max(float(np.linalg.norm(kernel)), 1e-30),
                float(np.mean(np.abs(kernel) < NEAR_ZERO * np.sqrt(np.mean(np.square(kernel))))),
            )
        )
    return found
