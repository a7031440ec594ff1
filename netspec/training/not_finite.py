"""Finds the layer, and the stage of a step, in which the first number that is not finite arose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import jax
import jax.numpy as jnp

from netspec.lowering.network import Outputs
from netspec.training.loop import NotFinite, Trainer, all_finite
from netspec.training.step import TrainableNetwork

Kind = Literal["images", "augmented images", "output", "statistics", "loss", "gradient", "parameters", "sum"]
WORDS: dict[Kind, str] = {
    "images": "the images",
    "augmented images": "the augmented images",
    "output": "the output of",
    "statistics": "the running statistics of",
    "loss": "the loss",
    "gradient": "the gradient of",
    "parameters": "the new parameters of",
    "sum": "a sum that came out finite when it was computed again",
}
"""How each kind is said; those that end in `of` are a layer's."""
SEVERAL: frozenset[Kind] = frozenset({"images", "augmented images", "statistics", "parameters"})
"""The kinds whose words are a plural."""

Place = tuple[Kind, str | None]
Flags = dict[Place, jax.Array]
"""For each place, in the order of computation, whether all that it holds is finite."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The first place, in the order of computation, that holds a value which is not finite."""

    kind: Kind
    layer: str | None
    learning_rate: float

    def __str__(self) -> str:
        """The place in words."""
        return f"{WORDS[self.kind]} `{self.layer}`" if self.layer else WORDS[self.kind]

    @property
    def fact(self) -> str:
        """What is wrong with it, as a sentence."""
        return f"{self} {'are' if self.kind in SEVERAL else 'is'} not finite"


def find_origin(trainer: Trainer, failure: NotFinite) -> Origin:
    """Does what failed again, with the same images, augmentation and dropout, and looks at every part of it."""
    network, step = trainer.network, failure.step
    rate = float(network.optimizer.learning_rate(step - 1, failure.state["optimizer"]))
    if failure.split is None:
        kind, layer = _first(_parameters(network, failure.state["variables"]["params"]))
        if kind == UNKNOWN:
            kind, layer = _of_step(network, failure.state, *trainer.batch(step - 1))
        return Origin(kind, layer, rate)
    for images, labels, _ in trainer.batches(getattr(trainer.images, failure.split)):
        kind, layer = _first(_evaluation(network, failure.state["variables"], images, labels))
        if kind != UNKNOWN:
            break
    return Origin(kind, layer, rate)


UNKNOWN: Kind = "sum"


def _first(flags: Flags) -> Place:
    return next((place for place, finite in flags.items() if not finite), (UNKNOWN, None))


def _of_step(network: TrainableNetwork, state: Any, images: Any, labels: Any) -> Place:
    """The first place of a step, batch by batch, each with the statistics that the one before left."""
    flags_of, places = _batch(network)
    for number, batch in enumerate(zip(network.batches(images), network.batches(labels), strict=True)):
        finite, statistics = flags_of(state, *batch, number)
        if (place := _first(_together(places, finite)))[0] != UNKNOWN:
            return place
        state = state | {"variables": state["variables"] | {"state": statistics}}
    return UNKNOWN, None


def _batch(network: TrainableNetwork) -> tuple[Any, list[Place]]:
    """A compiled function of state, images, labels and the batch's number, and the places of which it tells whether each is
    finite; with that the moved statistics. The places are known when it has run."""

    def flags(state: Any, images: jax.Array, labels: jax.Array, number: jax.Array) -> tuple[list[jax.Array], Any]:
        variables = state["variables"]
        x = network.normalize(variables, images)
        key, augmented, shares = network.augmented(state, x, number)
        params, frozen = network.divided(variables["params"])

        def loss_of(params: Any) -> Any:
            outputs: Outputs = {}
            trained = {"params": params | frozen, "state": variables["state"]}
            loss, (_, statistics) = network.loss(trained, augmented, labels, key, outputs, shares)
            return loss, (outputs, statistics)

        (loss, (outputs, statistics)), gradients = jax.value_and_grad(loss_of, has_aux=True)(params)
        finite: Flags = {("images", None): all_finite(x), ("augmented images", None): all_finite(augmented)}
        finite |= _outputs(network, outputs, statistics)
        finite["loss", None] = all_finite(loss)
        for layer in reversed(network.plan.layers):
            # The square: the norm of a gradient may overflow where the gradient does not.
            if squares := [jnp.sum(jnp.square(part)) for part in gradients.get(layer.name, {}).values()]:
                finite["gradient", layer.name] = all_finite(sum(squares))
        places[:] = finite
        return list(finite.values()), statistics

    places: list[Place] = []
    return network.jit(flags), places


def _parameters(network: TrainableNetwork, params: Any) -> Flags:
    """Whether the parameters of each layer are finite, after an update."""
    names = (layer.name for layer in network.plan.layers if layer.name in params)
    return {("parameters", name): all_finite(params[name]) for name in names}


def _evaluation(network: TrainableNetwork, variables: Any, images: Any, labels: Any) -> Flags:
    """Whether each part of an evaluation is finite."""

    def flags(variables: Any, images: jax.Array, labels: jax.Array) -> list[jax.Array]:
        outputs: Outputs = {}
        x = network.normalize(variables, images)
        logits, _ = network.forward(variables, x, outputs=outputs)
        finite: Flags = {("images", None): all_finite(x)}
        finite |= _outputs(network, outputs, {})
        finite["loss", None] = all_finite(network.losses(variables, logits, labels))
        places.extend(finite)
        return list(finite.values())

    places: list[Place] = []
    return _together(places, network.jit(flags)(variables, images, labels))


def _outputs(network: TrainableNetwork, outputs: Outputs, statistics: Any) -> Flags:
    """Each layer's output, then its running statistics, in the order of the layers."""
    finite: Flags = {}
    for name in (layer.name for layer in network.plan.layers if layer.name in outputs):
        finite["output", name] = all_finite(outputs[name])
        if name in statistics:
            finite["statistics", name] = all_finite(statistics[name])
    return finite


def _together(places: Iterable[Place], finite: Iterable[jax.Array]) -> Flags:
    return dict(zip(places, finite, strict=True))
