"""The training loop: epochs of compiled steps.

A step takes its rows out of what its feed gives inside the compiled function; what the host learns of a step it reads some
steps later, when it is long done.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from netspec.analysis.plan import steps_per_epoch
from netspec.analysis.streaming import evaluated
from netspec.data import Split
from netspec.data.splits import Images
from netspec.data.streamed import Meter
from netspec.lowering.network import Outputs
from netspec.training import answers, tallies
from netspec.training.feed import Feed, feed, lag, order
from netspec.training.step import TrainableNetwork, TrainingState, batch_of

Totals = dict[str, jax.Array]


@dataclass(frozen=True)
class Evaluation:
    """What a network does on a split."""

    loss: float
    """Mean loss, in the loss's own unit."""
    metrics: dict[str, float]
    """Those of the head; one that is not defined on the split is left out."""
    predictions: np.ndarray
    """In the shape of the labels: (examples,) int32 classes, (examples, outputs) 0 and 1, or float32 numbers."""
    logits: np.ndarray | None = None
    """(examples, outputs) float32; None where an image has one class of several: a map of them may be large."""
    dead_layers: tuple[str, ...] = ()
    """The layers with `relu` none of whose outputs was above zero."""

    @property
    def accuracy(self) -> float:
        """The share of images whose class is right. AttributeError where labels are no classes: see `metrics`."""
        return accuracy_of(self.metrics)


def accuracy_of(metrics: dict[str, float]) -> float:
    """The accuracy among these metrics. Raises AttributeError where it is not one of them."""
    if "accuracy" not in metrics:
        raise AttributeError(f"these labels have no accuracy, but {', '.join(metrics)}: see `metrics`")
    return metrics["accuracy"]


class NotFinite(Exception):
    """A number became infinite or not a number in a step, counted from 1.

    `state` is as before that step; where its update alone went wrong, as after it, with parameters that are not finite.
    Where `split` is given, it was the loss on that split after `step` steps.
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
        self.steps_per_epoch = steps_per_epoch(len(images.train), network.train)
        self.summed = ("loss", *tallies.NAMES[network.head.name], "gradient_norm")
        """The metrics of a step whose mean over the epoch is in its row, or makes one of it."""
        self.meter = Meter()
        """How long steps have waited for streamed images."""

    @cached_property
    def feed(self) -> Feed:
        """Where the steps have their examples from."""
        return feed(self.images.train, self.network.train.seed, self.examples_per_step, self.place, self.meter)

    @property
    def examples_per_step(self) -> int:
        """Examples in all batches of a step."""
        return self.batch_size * self.network.train.accumulate

    def begin(self, arrays: Mapping[str, np.ndarray] = MappingProxyType({})) -> TrainingState:
        """The state before the first step, with the statistics of the training images in it.

        `arrays` by name (`params/fc1/kernel`) stand in the place of those that are drawn.
        """
        state = self.network.init_training()
        for name, array in arrays.items():
            part, layer, own = name.split("/")
            state["variables"][part][layer][own] = jax.device_put(array)
        statistics = {"mean": self.images.mean, "deviation": self.images.deviation}
        if self.weights is not None:
            statistics["class_weights"] = self.weights
        state["variables"]["state"]["input"] = jax.device_put(statistics)
        placed: TrainingState = self.place(state)
        return placed

    @cached_property
    def weights(self) -> np.ndarray | None:
        """The spec's `class_weights`, float32; `balanced` by the training part, in which a class without an example has 0."""
        given = self.network.train.class_weights
        if given is None or given != "balanced":
            return None if given is None else np.asarray(given, np.float32)
        labels, classes = self.images.train.labels, self.network.head.classes(self.network.plan.output[-1])
        if labels.ndim == 1:
            counts = np.bincount(labels, minlength=classes)
            shares = len(labels) / (classes * np.maximum(counts, 1))
        else:
            counts = labels.sum(0, dtype=np.int64)
            shares = (len(labels) - counts) / np.maximum(counts, 1)
        return np.where(counts > 0, shares, 0).astype(np.float32)

    def place(self, tree: Any) -> Any:
        """The same arrays on all devices."""
        return jax.device_put(tree, self._placed and self._placed.whole)

    @property
    def no_totals(self) -> Totals:
        """Sums over the steps of an epoch that has not begun, and whether all of them were finite."""
        head, outputs = self.network.head, self.network.plan.output[-1]
        none = tallies.empty(head, outputs)
        return {name: none.get(name, jnp.zeros(())) for name in self.summed} | {"finite": jnp.array(True)}

    @cached_property
    def _step(self) -> Any:
        def step(
            state: TrainingState,
            totals: Totals,
            data: tuple[jax.Array, jax.Array],
            numbers: jax.Array,
            position: jax.Array,
        ) -> Any:
            rows = jax.lax.dynamic_slice(numbers, (position * self.examples_per_step,), (self.examples_per_step,))
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
        sums = {name: totals[name] + metrics[name] for name in self.summed}
        finite = totals["finite"] & all_finite(sums, moved["variables"]["state"])

        def keep(new: jax.Array, old: jax.Array) -> jax.Array:
            return jnp.where(finite, new, old)

        kept: TrainingState = jax.tree.map(keep, moved, state)
        sums = {name: keep(sums[name], totals[name]) for name in self.summed}
        return kept, sums | {"finite": finite & all_finite(kept["variables"]["params"])}

    def steps(
        self, state: TrainingState, totals: Totals, step: int
    ) -> Iterator[tuple[int, TrainingState, Totals, Any]]:
        """Yields (steps done, state, totals, last metrics) after each step from `step` to the end of its epoch.

        What is yielded is still being computed; it belongs to the loop until the next step, which reuses its memory.
        Raises NotFinite at most `lag` steps after a step was refused, the state then is still as before that step; and
        Refused where a file of streamed images cannot be read.
        """
        epoch, first = divmod(step, self.steps_per_epoch)
        running: deque[tuple[int, jax.Array]] = deque()
        most = lag(self.images.train)
        for given in self.feed.steps(epoch, first, self.steps_per_epoch):
            state, totals, finite, last = self._step(state, totals, *given)
            step += 1
            running.append((step, finite))
            if len(running) > most:
                done, was_finite = running.popleft()
                if not was_finite:
                    raise NotFinite(done, state)
            yield step, state, totals, last
        self.confirm(state, totals)

    def repeated(self) -> Callable[[], Any]:
        """The compiled step as a call that makes one from where the last one ended, on the first batch: to be timed.

        Raises Refused: see `steps`.
        """
        state, totals, given = self.begin(), self.no_totals, next(self.feed.steps(0, 0, 1))

        def call() -> Any:
            nonlocal state, totals
            state, totals, finite, _ = self._step(state, totals, *given)
            return finite

        return call

    def confirm(self, state: TrainingState, totals: Totals) -> None:
        """Raises NotFinite where one of the steps so far was refused; waits for them."""
        if not totals["finite"]:
            refused = bool(all_finite(state["variables"]["params"]))
            raise NotFinite(int(state["step"]) + refused, state)

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """The raw images and labels of the step that follows `step` done ones. Raises Refused: see `steps`."""
        epoch, position = divmod(step, self.steps_per_epoch)
        rows = order(len(self.images.train), self.network.train.seed, epoch)
        rows = rows[position * self.examples_per_step : (position + 1) * self.examples_per_step]
        return self.images.train.images[rows], self.images.train.labels[rows]

    @property
    def _relus(self) -> list[str]:
        """The layers that `relu` ends."""
        return [layer.name for layer in self.network.plan.layers if layer.ends_in == "relu"]

    @cached_property
    def _evaluate(self) -> Any:
        network = self.network

        def evaluate(variables: Any, images: jax.Array, labels: jax.Array, count: jax.Array) -> Any:
            outputs: Outputs = {}
            logits, _ = network.forward(variables, network.normalize(variables, images), outputs=outputs)
            real = jnp.arange(labels.shape[0]) < count
            loss = jnp.sum(jnp.where(real, network.losses(variables, logits, labels), 0.0))
            active = {name: (outputs[name] > 0).any(range(1, outputs[name].ndim)) for name in self._relus}
            active = {name: jnp.any(each & real) for name, each in active.items()}
            return loss, answers.seen(network.head, logits, labels, real), active

        return network.jit(evaluate)

    def evaluate(self, variables: Any, split: Split) -> Evaluation:
        """Loss and metrics over a split that has examples, in batches of one size, the last one padded.

        Raises Refused: see `steps`.
        """
        parts: list[Any] = []
        most = lag(split)
        for batch in self.batches(split):
            parts.append(self._evaluate(variables, *batch))
            if len(parts) > most:
                jax.block_until_ready(parts[-1 - most])  # what runs on has images in memory
        loss = float(np.sum([np.asarray(part[0], np.float64) for part in parts]))
        dead = tuple(name for name in self._relus if not any(part[2][name] for part in parts))
        found = answers.together(self.network.head, [part[1] for part in parts], split.labels)
        return Evaluation(loss / len(split), found.metrics, found.predictions, found.logits, dead)

    def batches(self, split: Split) -> Iterator[tuple[np.ndarray, np.ndarray, np.int32]]:
        """Raw images (size, height, width, channels), labels and how many of them are no padding, in the order of the split.

        All of one size, by the images alone: it is the same however they are loaded, and with it every sum. Raises Refused:
        see `steps`.
        """
        size = min(evaluated(self.batch_size, split.images.nbytes // len(split)), len(split))
        keys = (slice(start, start + size) for start in range(0, len(split), size))
        for images, labels in split.ahead(keys):
            missing = size - len(labels)
            if missing:
                padded = np.pad(images, ((0, missing), (0, 0), (0, 0), (0, 0)))
                filled = np.pad(labels, ((0, missing), *((0, 0) for _ in labels.shape[1:])))
                yield padded, filled, np.int32(size - missing)
            else:
                yield images, labels, np.int32(size)
