"""A network that can be trained: its training state and one compiled step."""

from __future__ import annotations

from collections.abc import Mapping
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
from netspec.training.mixing import measured
from netspec.training.objective import losses
from netspec.training.optimizer import Optimizer
from netspec.training.tallies import NAMES, tallies

TrainingState = dict[str, Any]
"""{"variables", "optimizer" (flat), "step" (int32), "key" (uint32 key data)}: one pytree of arrays."""

Arrays = dict[str, Any]
"""Arrays by layer."""
Metrics = dict[str, jax.Array]
Batched = tuple[Any, Any, Metrics]
"""What one batch gives: the gradients of its mean loss, the moved statistics, its mean metrics."""
AUGMENT_KEY = 2**31 - 1
"""Folded into the step's key for augmentation; layers fold their numbers, which are smaller."""


class Batch(NamedTuple):
    """How many examples a batch has; a step takes `accumulate` of them."""

    size: int
    per_device: int


class Indivisible(ValueError):
    """Devices do not divide a batch into equal parts; `size` is the batch's."""

    def __init__(self, size: int, devices: int) -> None:
        super().__init__(f"{devices} devices do not divide a batch of {size}")
        self.size = size


def batch_of(train: Train, examples: int | None = None, devices: int = 1) -> Batch:
    """A batch of a training step: the spec's, or where a step takes all `examples` its part of them. Raises Indivisible."""
    size = train.batch_size if examples is None else min(train.batch_size, examples // train.accumulate)
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
        `train.class_weights` those, 1 until data sets what is balanced. Without a seed, the spec's. They are drawn, whatever
        `train.from` names: `netspec.train` reads that.
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
            "optimizer": jax.jit(self.optimizer.init)(self.divided(variables["params"])[0]),
            "step": jnp.zeros((), jnp.int32),
            "key": _key_data(seed),
        }

    def divided(self, params: Arrays) -> tuple[Arrays, Arrays]:
        """The parameters of the layers that are trained, and of those that `train.freeze` keeps as they are."""
        frozen = self.plan.frozen
        trained = {name: own for name, own in params.items() if name not in frozen}
        return trained, {name: own for name, own in params.items() if name in frozen}

    @cached_property
    def train_step(self) -> Any:
        """`(state, images, labels) -> (state, metrics)`, compiled; the given state's memory is reused.

        images (batch, height, width, channels): uint8 pixels are normalized inside by the stored statistics, floats
        are taken as normalized; labels (batch,) integers from 0 to classes - 1, or (batch, outputs): 0 and 1 of several labels,
        float32 numbers. With `train.accumulate` n they are those of n batches, dealt out in turn: each batch has every n-th.
        Metrics, float32: `loss` (mean), `gradient_norm` (of what is trained, before clipping), `learning_rate` and, of classes, `accuracy`; of
        several labels the shares `true_positives`, `false_positives` and `false_negatives`, of numbers the means
        `absolute_error` and `squared_error`, each (outputs,).

        ValueError where there is not one label an image, or not equally many images a batch. Labels are not checked: a compiled function raises nothing. `netspec train` refuses a label that is no class before
        the first step; here it makes a cross-entropy without smoothing NaN, unless it counts from the end (-1 is the last
        class), and the other losses a plausible number. Check `0 <= labels.min()` and `labels.max() < classes` yourself.
        """
        return self.jit(self.step, donate_argnums=0)

    @held
    def augmented(
        self, state: TrainingState, images: jax.Array, number: jax.Array | int = 0
    ) -> tuple[jax.Array, jax.Array, jax.Array | None]:
        """What batch `number` of the step that follows `state` is given: its random key, its images normalized and changed
        by `data.augment`, and the share of each that is its own (`augment`). Batches are counted through the run for the key.
        """
        batches = state["step"] if self.train.accumulate == 1 else state["step"] * self.train.accumulate + number
        key = jax.random.fold_in(jax.random.wrap_key_data(state["key"], impl="threefry2x32"), batches)
        x = self.normalize(state["variables"], images) if images.dtype == jnp.uint8 else images
        settings, statistics = self.plan.spec.data.value.augment, state["variables"]["state"]["input"]
        x, shares = augment(settings, x, jax.random.fold_in(key, AUGMENT_KEY), statistics)
        return key, x, shares

    @held
    def loss(
        self,
        variables: Any,
        x: jax.Array,
        labels: jax.Array,
        key: jax.Array,
        outputs: Outputs | None = None,
        shares: jax.Array | None = None,
    ) -> tuple[jax.Array, tuple[jax.Array, Any]]:
        """The mean loss in training mode; with it logits and moved statistics. `outputs` as for `forward`, `shares` as
        `augmented` gives them."""
        logits, moved = self.forward(variables, x, training=True, key=key, outputs=outputs)
        each = measured(lambda wanted: self.losses(variables, logits, wanted), labels, shares)
        return jnp.mean(each), (logits, moved["state"])

    def losses(self, variables: Any, logits: jax.Array, labels: jax.Array) -> jax.Array:
        """The spec's loss of each example, (batch,), weighted by `train.class_weights` as `variables` hold them."""
        return losses(self.train.loss, logits, labels, variables["state"]["input"].get("class_weights"))

    def labels_of(self, batch: Any) -> tuple[Any, ...]:
        """The shape of the labels of a batch."""
        return (batch,) if self.head.labels == "class" else (batch, self.plan.output[-1])

    def batches(self, examples: jax.Array) -> jax.Array:
        """The images or labels of a step by its batches, (accumulate, batch, ...): dealt out in turn, so that devices which
        divide the step divide each batch."""
        count = self.train.accumulate
        return jnp.swapaxes(examples.reshape(examples.shape[0] // count, count, *examples.shape[1:]), 0, 1)

    def _batch(
        self, state: TrainingState, statistics: Any, images: jax.Array, labels: jax.Array, number: jax.Array | int
    ) -> Batched:
        """What batch `number` of the step that follows `state` gives; `statistics` are those that the one before left."""
        key, x, shares = self.augmented(state, images, number)
        trained, frozen = self.divided(state["variables"]["params"])

        def loss_of(params: Any) -> tuple[jax.Array, tuple[jax.Array, Any]]:
            return self.loss({"params": params | frozen, "state": statistics}, x, labels, key, shares=shares)

        (loss, (logits, moved)), gradients = jax.value_and_grad(loss_of, has_aux=True)(trained)

        def count(name: str) -> jax.Array:
            return jnp.mean(measured(lambda wanted: tallies(self.head, logits, wanted)[name], labels, shares), 0)

        counted = {name: count(name) for name in NAMES[self.head.name]}
        return gradients, moved, {"loss": loss, **counted}

    def _batches(self, state: TrainingState, images: jax.Array, labels: jax.Array) -> Batched:
        """What the batches of a step give together: means, and the statistics that the last one leaves.

        Each is divided before it is added: a sum of finite gradients may overflow.
        """
        count, statistics = self.train.accumulate, state["variables"]["state"]
        if count == 1:
            return self._batch(state, statistics, images, labels, 0)
        if images.shape[0] % count:
            raise ValueError(f"{images.shape[0]} images cannot be divided into {count} batches of one size")
        parts = self.batches(images), self.batches(labels), jnp.arange(count)

        def add(carried: Any, part: Any) -> tuple[Any, None]:
            statistics, means = carried
            gradients, moved, metrics = self._batch(state, statistics, *part)
            return (moved, jax.tree.map(lambda mean, own: mean + own / count, means, (gradients, metrics))), None

        first = jax.eval_shape(lambda: self._batch(state, statistics, *(part[0] for part in parts)))
        zeros = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), (first[0], first[2]))
        (moved, (gradients, metrics)), _ = jax.lax.scan(add, (statistics, zeros), parts)
        return gradients, moved, metrics

    @held
    def step(self, state: TrainingState, images: jax.Array, labels: jax.Array) -> tuple[TrainingState, Metrics]:
        """One step, not compiled: see `train_step`."""
        if labels.shape != (wanted := self.labels_of(images.shape[0])):
            raise ValueError(
                f"images of shape {images.shape} need as many labels, of shape {wanted}, and have labels of shape {labels.shape}"
            )
        variables = state["variables"]
        gradients, statistics, means = self._batches(state, images, labels)
        trained, frozen = self.divided(variables["params"])
        params, optimizer = self.optimizer.update(gradients, state["optimizer"], trained)
        squares = [jnp.vdot(gradient, gradient) for gradient in jax.tree.leaves(gradients)]
        metrics = means | {
            "gradient_norm": jnp.sqrt(sum(squares, jnp.zeros(()))),
            "learning_rate": self.optimizer.learning_rate(state["step"], state["optimizer"]),
        }
        moved = {"params": params | frozen, "state": statistics}
        return {"variables": moved, "optimizer": optimizer, "step": state["step"] + 1, "key": state["key"]}, metrics

    def after_epoch(self, state: TrainingState, metrics: Mapping[str, Any]) -> TrainingState:
        """The state in which the next epoch begins: `schedule: plateau` sees what the metric that it watches came to.

        `metrics` holds that metric by its name, as a row of `metrics.jsonl` does. Other schedules leave the state as it is.
        """
        return state | {"optimizer": self.optimizer.after_epoch(state["optimizer"], metrics)}
