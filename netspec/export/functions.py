"""What an artefact computes: two pure functions over flat dicts of arrays."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from jax import export

from netspec.export.meaning import label_type
from netspec.lowering.heads import answers
from netspec.storage.tree import flatten, unflatten
from netspec.training.step import TrainableNetwork

Flat = dict[str, jax.Array]


class Functions:
    """`predict`, and `train_step` where the network has a vector of logits to train."""

    def __init__(self, network: TrainableNetwork, dtype: np.dtype[Any]) -> None:
        """`dtype` is that of the raw images: uint8 or float32."""
        self.network = network
        self.state: Any = jax.eval_shape(network.init_training)
        self.dtype = dtype

    @property
    def all(self) -> dict[str, Any]:
        """The functions by name."""
        trained = {"train_step": self.train_step} if len(self.network.plan.output) == 1 else {}
        return {"predict": self.predict} | trained

    def predict(self, variables: Flat, images: jax.Array) -> jax.Array:
        """Raw images (batch, height, width, channels) -> answers (batch, outputs): `answers` says which."""
        network, full = self.network, unflatten(self.state["variables"], variables)
        return answers(network.plan, network.apply(full, network.normalize(full, images)))

    def train_step(self, state: Flat, images: jax.Array, labels: jax.Array) -> tuple[Flat, Flat]:
        """One step over raw images, normalized here whatever their type."""
        full = unflatten(self.state, state)
        moved, metrics = self.network.step(full, self.network.normalize(full["variables"], images), labels)
        return flatten(moved), metrics

    def arguments(self, batch: int | None = None) -> dict[str, tuple[Any, ...]]:
        """The arguments' shapes by function, for a batch size or, without one, for any."""
        size: Any = export.symbolic_shape("batch")[0] if batch is None else batch
        taken = size * self.network.train.accumulate
        images, several = (jax.ShapeDtypeStruct((n, *self.network.plan.input), self.dtype) for n in (size, taken))
        labels = jax.ShapeDtypeStruct(self.network.labels_of(taken), label_type(self.network.head))
        return {
            "predict": (flatten(self.state["variables"]), images),
            "train_step": (flatten(self.state), several, labels),
        }

    def serialized(self, name: str, platforms: list[str]) -> bytes:
        """The function as StableHLO for these platforms and any batch size."""
        exported = export.export(jax.jit(self.all[name]), platforms=platforms)
        return bytes(exported(*self.arguments()[name]).serialize())
