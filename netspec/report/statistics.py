"""What a trained network does inside: how many units are active, how large gradients are, how small weights are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from netspec.training.trained import TrainedNetwork

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


def activations(network: TrainedNetwork, images: np.ndarray) -> dict[str, np.ndarray]:
    """The output of every layer for raw images (batch, height, width, channels)."""

    # One program: every operation on its own would be compiled on its own, half a hundred for a small network.
    def outputs(variables: Any, raw: jax.Array) -> dict[str, jax.Array]:
        return network.activations(variables, network.normalize(variables, raw))

    found = network.jit(outputs)(network.variables, images)  # in the order of the names, as JAX has it
    return {layer.name: np.asarray(found[layer.name]) for layer in network.plan.layers}


def measure(
    network: TrainedNetwork, outputs: dict[str, np.ndarray], images: np.ndarray, labels: np.ndarray
) -> list[LayerStatistics]:
    """The statistics of every layer that has a kernel, for raw images (batch, height, width, channels).

    `outputs` are the `activations` for these images.
    """
    variables = network.variables

    def loss(params: Any, raw: jax.Array, labels: jax.Array) -> jax.Array:
        given = {"params": params, "state": variables["state"]}
        return jnp.mean(network.losses(given, network.apply(given, network.normalize(given, raw)), labels))

    gradients = network.jit(jax.grad(loss))(variables["params"], images, labels)
    found = []
    for layer in network.plan.layers:
        if "kernel" not in layer.shapes:
            continue
        kernel = np.asarray(variables["params"][layer.name]["kernel"], np.float64)  # squares of large float32 overflow
        gradient = np.asarray(gradients[layer.name]["kernel"], np.float64)
        threshold = 0.5 if layer.ends_in in ("sigmoid", "hard_sigmoid") else 0.0
        found.append(
            LayerStatistics(
                layer.name,
                float(np.mean(outputs[layer.name] > threshold)),
                float(np.linalg.norm(gradient)),
                float(np.linalg.norm(gradient)) / max(float(np.linalg.norm(kernel)), 1e-30),
                float(np.mean(np.abs(kernel) < NEAR_ZERO * np.sqrt(np.mean(np.square(kernel))))),
            )
        )
    return found
