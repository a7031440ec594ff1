"""The training loop: epochs of compiled steps over data that stays on the device.

A step takes its batch by position inside the compiled function, so nothing is copied and nothing is waited for; what
the host learns of a step it reads some steps later, when it is long done.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from netspec.analysis.plan import steps_per_epoch
from netspec.data import Split
from netspec.data.splits import Images
from netspec.lowering.network import Outputs
from netspec.training.objective import losses
from netspec.training.step import TrainableNetwork, TrainingState, batch_of

Totals = dict[str, jax.Array]
SUMMED = ("loss", "accuracy", "gradient_norm")
"""The metrics of a step whose mean over the epoch is in its row."""
LAG = 8
"""How many steps the host runs ahead of what it has read: enough to never wait, few enough to bound the queue."""


def order(examples: int, seed: int, epoch: int) -> np.ndarray:
    """The order in which an epoch sees the examples: (examples,) int32, a function of seed and epoch alone.

    Raw Philox words, whose stream numpy guarantees across versions (NEP 19).
    """
    words = np.random.Philox(key=[seed, 1 + epoch]).random_raw(examples)
    return np.argsort(words, kind="stable").astype(np.int32)


@dataclass(frozen=True)
class Evaluation:
    """What a network does on a split."""

    loss: float
    """Mean loss, in the loss's own unit."""
    accuracy: float
    predictions: np.ndarray
    """(examples,) int32 classes."""
    dead_layers: tuple[str, ...] = ()
    """The layers with `relu` none of whose outputs was above zero."""


class NotFinite(Exception):
    """A number became infinite or not a number in a step, counted from 1.

    `state` is as before that step; where its update alone went wrong, as after it, with parameters that are not finite.
    Where `split` is given, it was the loss on that split after `step` steps; `state` then holds the variables alone.
    """

    def __init__(self, step: int, state: TrainingState, split: str | None = None) -> None:
        super().__init__(f"step {step}" if split is None else f"the {split} loss after step {step}")
        self.step = step
        self.state = state
        self.split = split


def all_finite(*trees: Any) -> jax.Array:
    """Whether every number of these trees is finite: a boolean scalar."""
    leaves = [leaf for leaf in jax.tree.leaves(trees) if jnp.issubdtype(leaf.dtype, jnp.floating)]
    return jnp.all(jnp.stack([jnp.all(jnp.isfinite(leaf)) for leaf in leaves]))


@dataclass(frozen=True)
class Placement:
    """How arrays lie on several devices: whole on each, or divided along the batch."""

    whole: jax.sharding.NamedSharding
    divided: jax.sharding.NamedSharding


def placement(devices: int) -> Placement | None:
    """The placement on the first `devices` devices; None for one, which needs none."""
    if devices == 1:
        return None
    mesh = jax.make_mesh((devices,), ("batch",), (jax.sharding.AxisType.Auto,), devices=jax.devices()[:devices])
    spec = jax.sharding.PartitionSpec
    return Placement(jax.sharding.NamedSharding(mesh, spec()), jax.sharding.NamedSharding(mesh, spec("batch")))  # type: ignore[no-untyped-call]


class Trainer:
    """A network, its data, and the compiled functions that join them."""

    def __init__(self, network: TrainableNetwork, images: Images, devices: int = 1) -> None:
        """`devices` divide each batch. Raises Indivisible."""
        self.network = network
        self.images = images
        self.batch_size = batch_of(network.train, len(images.train), devices).size
        self._placed = placement(devices)
        self.steps_per_epoch = steps_per_epoch(len(images.train), self.batch_size)
        self._train = self.place((images.train.images, images.train.labels))
        self._order: tuple[int, jax.Array] | None = None

    def begin(self) -> TrainingState:
        """The state before the first step, with the statistics of the training images in it."""
        state = self.network.init_training()
        statistics = {"mean": self.images.mean, "deviation": self.images.deviation}
        state["variables"]["state"]["input"] = jax.device_put(statistics)
        placed: TrainingState = self.place(state)
        return placed

    def place(self, tree: Any) -> Any:
        """The same arrays on all devices."""
        return jax.device_put(tree, self._placed and self._placed.whole)

    @property
    def no_totals(self) -> Totals:
        """Sums over the steps of an epoch that has not begun, and whether all of them were finite."""
        return {name: jnp.zeros(()) for name in SUMMED} | {"finite": jnp.array(True)}

    @cached_property
    def _step(self) -> Any:
        def step(
            state: TrainingState,
            totals: Totals,
            data: tuple[jax.Array, jax.Array],
            epoch: jax.Array,
            position: jax.Array,
        ) -> Any:
            rows = jax.lax.dynamic_slice(epoch, (position * self.batch_size,), (self.batch_size,))
            images, labels = (jnp.take(part, rows, axis=0) for part in data)
            if self._placed:
                images, labels = jax.lax.with_sharding_constraint((images, labels), self._placed.divided)
            raw = self.network.normalize(state["variables"], images) if images.dtype != jnp.uint8 else images
            moved, metrics = self.network.step(state, raw, labels)
            kept, sums = self._guard(state, totals, moved, metrics)
            last = {name: metrics[name] for name in ("loss", "learning_rate", "gradient_norm")}
            return kept, sums, sums["finite"], last

        return self.network.jit(step, donate_argnums=(0, 1))

    def _guard(
        self, state: TrainingState, totals: Totals, moved: TrainingState, metrics: Any
    ) -> tuple[TrainingState, Totals]:
        """The state and the sums to go on with.

        Once a step is refused the state stands still, so that the host may learn of it later. What is looked at before
        is all of it but the new parameters: to keep the old ones until the new are known would take their memory twice.
        They are looked at after, and overflow only where a finite gradient is multiplied by a huge rate.
        """
        sums = {name: totals[name] + metrics[name] for name in SUMMED}
        finite = totals["finite"] & all_finite(sums, moved["variables"]["state"])

        def keep(new: jax.Array, old: jax.Array) -> jax.Array:
            return jnp.where(finite, new, old)

        kept: TrainingState = jax.tree.map(keep, moved, state)
        sums = {name: keep(sums[name], totals[name]) for name in SUMMED}
        return kept, sums | {"finite": finite & all_finite(kept["variables"]["params"])}

    def steps(
        self, state: TrainingState, totals: Totals, step: int
    ) -> Iterator[tuple[int, TrainingState, Totals, Any]]:
        """Yields (steps done, state, totals, last metrics) after each step from `step` to the end of its epoch.

        What is yielded is still being computed; it belongs to the loop until the next step, which reuses its memory.
        Raises NotFinite at most `LAG` steps after a step was refused; the state then is still as before that step.
        """
        epoch, first = divmod(step, self.steps_per_epoch)
        rows = self._epoch_order(epoch)
        running: deque[tuple[int, jax.Array]] = deque()
        for position in range(first, self.steps_per_epoch):
            state, totals, finite, last = self._step(state, totals, self._train, rows, np.int32(position))
            running.append((step + position - first + 1, finite))
            if len(running) > LAG:
                done, was_finite = running.popleft()
                if not was_finite:
                    raise NotFinite(done, state)
            yield step + position - first + 1, state, totals, last
        self.confirm(state, totals)

    def repeated(self) -> Callable[[], Any]:
        """The compiled step as a call that makes one from where the last one ended, on the first batch: to be timed."""
        state, totals, rows = self.begin(), self.no_totals, self._epoch_order(0)

        def call() -> Any:
            nonlocal state, totals
            state, totals, finite, _ = self._step(state, totals, self._train, rows, np.int32(0))
            return finite

        return call

    def confirm(self, state: TrainingState, totals: Totals) -> None:
        """Raises NotFinite where one of the steps so far was refused; waits for them."""
        if not totals["finite"]:
            refused = bool(all_finite(state["variables"]["params"]))
            raise NotFinite(int(state["step"]) + refused, state)

    def _epoch_order(self, epoch: int) -> jax.Array:
        if self._order is None or self._order[0] != epoch:
            rows = order(len(self.images.train), self.network.train.seed, epoch)
            self._order = (epoch, self.place(rows))
        return self._order[1]

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """The raw images and labels of the step that follows `step` done ones."""
        epoch, position = divmod(step, self.steps_per_epoch)
        rows = order(len(self.images.train), self.network.train.seed, epoch)
        rows = rows[position * self.batch_size : (position + 1) * self.batch_size]
        return self.images.train.images[rows], self.images.train.labels[rows]

    @property
    def _relus(self) -> list[str]:
        """The layers that `relu` ends."""
        return [layer.name for layer in self.network.plan.layers if layer.ends_in == "relu"]

    @cached_property
    def _evaluate(self) -> Any:
        def evaluate(variables: Any, images: jax.Array, labels: jax.Array, count: jax.Array) -> Any:
            outputs: Outputs = {}
            logits, _ = self.network.forward(variables, self.network.normalize(variables, images), outputs=outputs)
            real = jnp.arange(labels.shape[0]) < count
            classes = jnp.argmax(logits, -1).astype(jnp.int32)
            loss = jnp.sum(jnp.where(real, losses(self.network.train.loss, logits, labels), 0.0))
            active = {name: (outputs[name] > 0).any(range(1, outputs[name].ndim)) for name in self._relus}
            active = {name: jnp.any(each & real) for name, each in active.items()}
            return loss, jnp.sum(real & (classes == labels)), classes, active

        return self.network.jit(evaluate)

    def evaluate(self, variables: Any, split: Split) -> Evaluation:
        """Loss and accuracy over a split that has examples, in batches of one size, the last one padded."""
        parts = [self._evaluate(variables, *batch) for batch in self.batches(split)]
        loss = float(np.sum([np.asarray(part[0], np.float64) for part in parts]))
        right = int(np.sum([np.asarray(part[1]) for part in parts]))
        predictions = np.concatenate([np.asarray(part[2]) for part in parts])[: len(split)]
        dead = tuple(name for name in self._relus if not any(part[3][name] for part in parts))
        return Evaluation(loss / len(split), right / len(split), predictions, dead)

    def batches(self, split: Split) -> Iterator[tuple[np.ndarray, np.ndarray, np.int32]]:
        """Raw images, labels and how many of them are no padding, in the order of the split."""
        size = min(max(self.batch_size, 256), len(split))
        for start in range(0, len(split), size):
            images, labels = split.images[start : start + size], split.labels[start : start + size]
            missing = size - len(labels)
            padded = np.pad(images, ((0, missing), (0, 0), (0, 0), (0, 0)))
            yield padded, np.pad(labels, (0, missing)), np.int32(size - missing)
