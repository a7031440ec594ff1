"""Flax nnx with optax."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from benchmarks.peers.peer import Weights, refuse, refuse_other_steps
from netspec.analysis.plan import Plan, PlannedLayer
from netspec.training.optimizer import transformation

VARIANTS = ("nnx",)
ACTIVATIONS: dict[str, Any] = {
    "relu": nnx.relu,
    "leaky_relu": lambda x, slope: nnx.leaky_relu(x, slope),
    "elu": lambda x, alpha: nnx.elu(x, alpha),
    "gelu": lambda x, approximate: nnx.gelu(x, bool(approximate)),
    "silu": nnx.silu,
    "sigmoid": nnx.sigmoid,
    "tanh": nnx.tanh,
    "softplus": nnx.softplus,
    **{name: getattr(jax.nn, name) for name in ("relu6", "hard_swish", "hard_sigmoid", "mish", "selu")},
}
NAMES = {"kernel": "kernel", "bias": "bias", "scale": "scale", "shift": "bias"}


class Program(nnx.Module):  # type: ignore[misc]
    """The layers of a plan in the order they run, each on the values that it reads, with their weights.

    Raises Unsupported.
    """

    def __init__(self, plan: Plan, weights: Weights) -> None:
        rngs = nnx.Rngs(0)
        parts = []
        for layer in plan.layers:
            if layer.kind not in PARTS and layer.kind not in JOINS:
                refuse(f"layer `{layer.kind}`", "this comparison's Flax")
            refuse_other_steps(layer, "this comparison's Flax")
            read, own = plan.shape(layer.reads[0]), weights.get(layer.name, {})
            if layer.kind in JOINS:
                made = _join(layer, own, rngs)
            else:
                made = PARTS[layer.kind](layer.settings, read, own, rngs)
            parts.append(nnx.Sequential(*made))
        self.parts = nnx.List(parts)
        self.reads = tuple(layer.reads for layer in plan.layers)

    def __call__(self, x: jax.Array) -> jax.Array:
        """(batch, height, width, channels) to logits (batch, classes), or to the last map where it is larger than 1x1."""
        values = [x]
        for part, reads in zip(self.parts, self.reads, strict=True):
            values.append(part(*(values[read] for read in reads)))
        x = values[-1]
        return x.reshape(x.shape[0], -1) if x.shape[1:-1] == (1, 1) else x


def _fc(settings: Any, input: tuple[int, ...], own: Any, rngs: Any) -> Iterator[Any]:
    if len(input) == 3:
        yield lambda x: x.reshape(x.shape[0], -1)
    linear = nnx.Linear(math.prod(input), settings.units, use_bias=settings.bias, rngs=rngs)
    yield _loaded(linear, own, "kernel", "bias")
    yield from _after(settings, settings.units, own, rngs)


def _after(settings: Any, features: int, own: Any, rngs: Any) -> Iterator[Any]:
    """What follows a sum."""
    if settings.norm.type == "batch":
        norm = nnx.BatchNorm(features, momentum=settings.norm.momentum, epsilon=settings.norm.eps, rngs=rngs)
        yield _loaded(norm, own, "scale", "shift")
    if settings.activation.type != "none":
        constants = settings.activation.arguments
        yield partial(ACTIVATIONS[settings.activation.type], **constants)
    if settings.dropout:
        yield nnx.Dropout(settings.dropout.rate, rngs=rngs)


def _loaded(module: Any, own: Any, *names: str) -> Any:
    for name in names:
        if name in own:
            getattr(module, NAMES[name])[...] = jnp.asarray(own[name])
    return module


def _conv(settings: Any, input: tuple[int, ...], own: Any, rngs: Any) -> Iterator[Any]:
    height, width = settings.axes(input)
    conv = nnx.Conv(
        input[2],
        settings.filters,
        settings.kernel,
        settings.stride,
        padding=(height.padding, width.padding),
        kernel_dilation=settings.dilation,
        feature_group_count=settings.grouping(input[2]),
        use_bias=settings.bias,
        rngs=rngs,
    )
    yield _loaded(conv, own, "kernel", "bias")
    yield from _after(settings, settings.filters, own, rngs)


def _pool(settings: Any, input: tuple[int, ...], own: Any, rngs: Any) -> Iterator[Any]:
    height, width = settings.axes(input)
    window, stride = (height.kernel, width.kernel), (height.stride, width.stride)
    padding = (height.padding, width.padding)
    if settings.type == "max":
        yield lambda x: nnx.max_pool(x, window, stride, padding)
    else:
        yield lambda x: nnx.avg_pool(x, window, stride, padding, count_include_pad=False)


def _join(layer: PlannedLayer, own: Any, rngs: Any) -> Iterator[Any]:
    yield JOINS[layer.kind]
    yield from _after(layer.settings, layer.output[-1], own, rngs)


PARTS = {"conv": _conv, "pool": _pool, "fc": _fc}
JOINS: dict[str, Any] = {
    "add": lambda first, *others: sum(others, start=first),
    "concat": lambda *maps: jnp.concatenate(maps, -1),
}


class Network:
    """See `Peer`."""

    def __init__(
        self, plan: Plan, variant: str, weights: Weights, images: np.ndarray, labels: np.ndarray, training: bool
    ) -> None:
        self.batch = plan.spec.train.value.batch_size
        rate = plan.spec.train.value.optimizer.learning_rate
        self.model = Program(plan, weights)
        self.model.train() if training else self.model.eval()
        self.parameters = sum(leaf.size for leaf in jax.tree.leaves(nnx.state(self.model, nnx.Param)))
        self.images, self.labels = jnp.asarray(images), jnp.asarray(labels)
        if training:
            optimizer = nnx.Optimizer(self.model, transformation(plan.spec.train.value, lambda _: rate), wrt=nnx.Param)
            # Flax's own advice against the cost of traversing the modules at each call.
            self.step = nnx.cached_partial(nnx.jit(_step, donate_argnums=(0, 1)), self.model, optimizer)
        else:
            self.logits = nnx.cached_partial(nnx.jit(lambda model, images: model(images)), self.model)

    def train(self, steps: int) -> list[float]:
        return [float(loss) for loss in [self.step(self.images, self.labels) for _ in range(steps)]]

    def infer(self, steps: int) -> np.ndarray:
        for _ in range(steps):
            logits = self.logits(self.images)
        return np.asarray(logits)

    def epoch(self, images: np.ndarray, labels: np.ndarray, steps: int | None = None) -> float:
        order = np.random.default_rng(0).permutation(len(labels))
        count = min(steps or len(labels), len(labels) // self.batch)
        batches = order[: count * self.batch].reshape(count, self.batch)
        losses = [self.step(images[rows], labels[rows]) for rows in batches]
        return float(np.mean(jax.device_get(losses)))


def _step(model: Any, optimizer: Any, images: jax.Array, labels: jax.Array) -> jax.Array:
    def loss_of(model: Any) -> jax.Array:
        return optax.softmax_cross_entropy_with_integer_labels(model(images), labels).mean()

    loss, gradients = nnx.value_and_grad(loss_of)(model)
    optimizer.update(model, gradients)
    return loss  # type: ignore[no-any-return]
