"""Where a number that is not finite comes from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from netspec.lowering.network import Outputs
from netspec.training.loop import NotFinite, Trainer, all_finite
from netspec.training.objective import losses
from netspec.training.step import TrainableNetwork

Place = tuple[str, str | None]
Flags = dict[Place, jax.Array]
"""For each place, in the order of computation, whether all that it holds is finite."""


@dataclass(frozen=True, slots=True)
class Cause:
    """The first place, in the order of computation, that holds a value which is not finite."""

    what: str
    """`the images`, `the output of`, `the running statistics of`, `the loss`, `the gradient of`, ..."""
    layer: str | None
    learning_rate: float


def find(trainer: Trainer, failure: NotFinite) -> Cause:
    """Does what failed again, with the same images, augmentation and dropout, and looks at every part of it."""
    network, step = trainer.network, failure.step
    rate = float(network.optimizer.learning_rate(step - 1))
    if failure.split is None:
        what, layer = _first(_parameters(network, failure.state["variables"]["params"]))
        if what == UNKNOWN:
            what, layer = _first(_step(network, failure.state, *trainer.batch(step - 1)))
        return Cause(what, layer, rate)
    for images, labels, _ in trainer.batches(getattr(trainer.images, failure.split)):
        what, layer = _first(_evaluation(network, failure.state, images, labels))
        if what != UNKNOWN:
            break
    return Cause(what, layer, rate)


UNKNOWN = "a sum that came out finite when it was computed again"


def _first(flags: Flags) -> Place:
    return next((place for place, finite in flags.items() if not finite), (UNKNOWN, None))


def _step(network: TrainableNetwork, state: Any, images: Any, labels: Any) -> Flags:
    """The places of a training step."""

    def flags(state: Any, images: jax.Array, labels: jax.Array) -> list[jax.Array]:
        variables = state["variables"]
        x = network.normalize(variables, images)
        key, augmented = network.augmented(state, x)

        def loss_of(params: Any) -> Any:
            outputs: Outputs = {}
            given = {"params": params, "state": variables["state"]}
            loss, (_, statistics) = network.loss(given, augmented, labels, key, outputs)
            return loss, (outputs, statistics)

        (loss, (outputs, statistics)), gradients = jax.value_and_grad(loss_of, has_aux=True)(variables["params"])
        found: Flags = {("the images", None): all_finite(x), ("the augmented images", None): all_finite(augmented)}
        found |= _outputs(network, outputs, statistics) | {("the loss", None): all_finite(loss)}
        for layer in reversed(network.plan.layers):
            # The square: the norm of a gradient may overflow where the gradient does not.
            if squares := [jnp.sum(jnp.square(part)) for part in gradients.get(layer.name, {}).values()]:
                found["the gradient of", layer.name] = all_finite(sum(squares))
        places.extend(found)
        return list(found.values())

    places: list[Place] = []
    return _together(places, network.jit(flags)(state, images, labels))


def _parameters(network: TrainableNetwork, params: Any) -> Flags:
    """The places of an update."""
    names = (layer.name for layer in network.plan.layers if layer.name in params)
    return {("the new parameters of", name): all_finite(params[name]) for name in names}


def _evaluation(network: TrainableNetwork, variables: Any, images: Any, labels: Any) -> Flags:
    """The places of an evaluation."""

    def flags(variables: Any, images: jax.Array, labels: jax.Array) -> list[jax.Array]:
        outputs: Outputs = {}
        x = network.normalize(variables, images)
        logits, _ = network.forward(variables, x, outputs=outputs)
        found: Flags = {("the images", None): all_finite(x)} | _outputs(network, outputs, {})
        found["the loss", None] = all_finite(losses(network.train.loss, logits, labels))
        places.extend(found)
        return list(found.values())

    places: list[Place] = []
    return _together(places, network.jit(flags)(variables, images, labels))


def _outputs(network: TrainableNetwork, outputs: Outputs, statistics: Any) -> Flags:
    """Each layer's output, then its running statistics, in the order of the layers."""
    found: Flags = {}
    for name in (layer.name for layer in network.plan.layers if layer.name in outputs):
        found["the output of", name] = all_finite(outputs[name])
        if name in statistics:
            found["the running statistics of", name] = all_finite(statistics[name])
    return found


def _together(places: Iterable[Place], finite: Iterable[jax.Array]) -> Flags:
    return dict(zip(places, finite, strict=True))
