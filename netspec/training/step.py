"""A network that can be trained: its training state and one compiled step."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from netspec.analysis.heads import of_plan
from netspec.analysis.plan import Plan, known_steps_per_epoch
from netspec.language.train import Train
from netspec.lowering.network import Choices, Network, Outputs, Variables
from netspec.lowering.settings import held
from netspec.training.augment import augment
from netspec.training.objective import losses
from netspec.training.optimizer import Optimizer
from netspec.training.tallies import tallies

TrainingState = dict[str, Any]
"""{"variables", "optimizer" (flat), "step" (int32), "key" (uint32 key data)}: one pytree of arrays."""

Metrics = dict[str, jax.Array]
AUGMENT_KEY = 2**31 - 1
"""Folded into the step's key for augmentation; layers fold their numbers, which are smaller."""


class Batch(NamedTuple):
    """How many examples a step takes."""

    size: int
    per_device: int


class Indivisible(ValueError):
    """Devices do not divide a batch into equal parts; `size` is the batch's."""

    def __init__(self, size: int, devices: int) -> None:
        super().__init__(f"{devices} devices do not divide a batch of {size}")
        self.size = size


def batch_of(train: Train, examples: int | None = None, devices: int = 1) -> Batch:
    """The batch of a training step: the spec's, or all `examples` where they are fewer. Raises Indivisible."""
    size = train.batch_size if examples is None else min(train.batch_size, examples)
    if size % devices:
        raise Indivisible(size, devices)
    return Batch(size, size // devices)


def _key_data(seed: int) -> jax.Array:
    """The data of `jax.random.key(seed, impl="threefry2x32")`: (2,) uint32; no setting of JAX is added to the seed."""
    return jax.device_put(np.array([0, seed % 2**32], np.uint32))  # type: ignore[no-any-return]


class TrainableNetwork(Network):
    """A network with its optimizer: `init_training` and `train_step` besides `init`, `apply` and `predict`."""

    def __init__(self, plan: Plan, choices: Choices | None = None, steps_per_epoch: int | None = None) -> None:
        super().__init__(plan, choices)
        self.train = plan.spec.train.value
        self.head = of_plan(plan)
        self.steps_per_epoch = steps_per_epoch or known_steps_per_epoch(plan)

    @cached_property
    def total_steps(self) -> int | None:
        """Steps of the whole run; None where the size of the data set is not known."""
        return None if self.steps_per_epoch is None else self.steps_per_epoch * self.train.epochs

    @cached_property
    def optimizer(self) -> Optimizer:
        """The spec's optimizer.

        Raises StepsUnknown where its schedule needs `steps_per_epoch`, Contradiction where the run has too few steps for
        it; each is a ValueError.
        """
        return Optimizer(self.train, self.total_steps)

    def init(self, seed: int | None = None) -> Variables:
        """New variables: {"params": {layer: {"kernel", "bias", ...}}, "state": {layer: {"mean", "variance"}}}, float32.

        `state["input"]` holds the images' mean and deviation a channel, 0 and 1 until data sets them, and with
        `train.class_weights` those, 1 until data sets what is balanced. Without a seed, the spec's.
        """
        variables = super().init(seed)
        if (given := self.train.class_weights) is not None:
            ones = np.ones(self.head.classes(self.plan.output[-1]), np.float32)
            weights = ones if given == "balanced" else np.asarray(given, np.float32)
            variables["state"]["input"]["class_weights"] = jax.device_put(weights)
        return variables

    @held
    def init_training(self, seed: int | None = None) -> TrainingState:
        """The state before the first step. Without a seed, the spec's."""
        seed = self.train.seed if seed is None else seed
        variables = self.init(seed)
        return {
            "variables": variables,
            "optimizer": jax.jit(self.optimizer.init)(variables["params"]),
            "step": jnp.zeros((), jnp.int32),
            "key": _key_data(seed),
        }

    @cached_property
    def train_step(self) -> Any:
        """`(state, images, labels) -> (state, metrics)`, compiled; the given state's memory is reused.

        images (batch, height, width, channels): uint8 pixels are normalized inside by the stored statistics, floats
        are taken as normalized; labels (batch,) integers from 0 to classes - 1, or (batch, outputs): 0 and 1 of several labels,
        float32 numbers. Metrics, float32: `loss` (mean), `gradient_norm` (before clipping), `learning_rate` and, of classes,
        `accuracy`; of several labels the shares `true_positives`, `false_positives` and `false_negatives`, of numbers the means
        `absolute_error` and `squared_error`, each (outputs,).

        ValueError where there is not one label an image. Labels are not checked: a compiled function raises nothing. `netspec train` refuses a label that is no class before
        the first step; here it makes a cross-entropy without smoothing NaN, unless it counts from the end (-1 is the last
        class), and the other losses a plausible number. Check `0 <= labels.min()` and `labels.max() < classes` yourself.
        """
        return self.jit(self.step, donate_argnums=0)

    @held
    def augmented(self, state: TrainingState, images: jax.Array) -> tuple[jax.Array, jax.Array]:
        """The random key of the step that follows `state`, and the normalized images changed by `data.augment`."""
        key = jax.random.fold_in(jax.random.wrap_key_data(state["key"], impl="threefry2x32"), state["step"])
        x = self.normalize(state["variables"], images) if images.dtype == jnp.uint8 else images
        return key, augment(self.plan.spec.data.value.augment, x, jax.random.fold_in(key, AUGMENT_KEY))

    @held
    def loss(
        self, variables: Any, x: jax.Array, labels: jax.Array, key: jax.Array, outputs: Outputs | None = None
    ) -> tuple[jax.Array, tuple[jax.Array, Any]]:
        """The mean loss in training mode; with it logits and moved statistics. `outputs` as for `forward`."""
        logits, moved = self.forward(variables, x, training=True, key=key, outputs=outputs)
        return jnp.mean(self.losses(variables, logits, labels)), (logits, moved["state"])

    def losses(self, variables: Any, logits: jax.Array, labels: jax.Array) -> jax.Array:
        """The spec's loss of each example, (batch,), weighted by `train.class_weights` as `variables` hold them."""
        return losses(self.train.loss, logits, labels, variables["state"]["input"].get("class_weights"))

    def labels_of(self, batch: Any) -> tuple[Any, ...]:
        """The shape of the labels of a batch."""
        return (batch,) if self.head.labels == "class" else (batch, self.plan.output[-1])

    @held
    def step(self, state: TrainingState, images: jax.Array, labels: jax.Array) -> tuple[TrainingState, Metrics]:
        """One step, not compiled: see `train_step`."""
        if labels.shape != (wanted := self.labels_of(images.shape[0])):
            raise ValueError(
                f"images of shape {images.shape} need as many labels, of shape {wanted}, and have labels of shape {labels.shape}"
            )
        variables = state["variables"]
        key, x = self.augmented(state, images)

        def loss_of(params: Any) -> tuple[jax.Array, tuple[jax.Array, Any]]:
            return self.loss({"params": params, "state": variables["state"]}, x, labels, key)

        (loss, (logits, statistics)), gradients = jax.value_and_grad(loss_of, has_aux=True)(variables["params"])
        params, optimizer = self.optimizer.update(gradients, state["optimizer"], variables["params"])
        squares = [jnp.vdot(gradient, gradient) for gradient in jax.tree.leaves(gradients)]
        metrics = {
            "loss": loss,
            **{name: jnp.mean(each, 0) for name, each in tallies(self.head, logits, labels).items()},
            "gradient_norm": jnp.sqrt(sum(squares, jnp.zeros(()))),
            "learning_rate": self.optimizer.learning_rate(state["step"]),
        }
        moved = {"params": params, "state": statistics}
        return {"variables": moved, "optimizer": optimizer, "step": state["step"] + 1, "key": state["key"]}, metrics
