"""Flax nnx with optax."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from benchmarks.peers.peer import Weights
from netspec.analysis.plan import Plan
from netspec.training.optimizer import transformation

VARIANTS = ("nnx",)
ACTIVATIONS: dict[str, Any] = {
    "relu": nnx.relu,
    "leaky_relu": nnx.leaky_relu,
    "elu": nnx.elu,
    "gelu": nnx.gelu,
    "silu": nnx.silu,
    "sigmoid": nnx.sigmoid,
    "tanh": nnx.tanh,
    "softplus": nnx.softplus,
}
NAMES = {"kernel": "kernel", "bias": "bias", "scale": "scale", "shift": "bias"}


def layers(plan: Plan, weights: Weights) -> Iterator[Any]:
    """The layers of a plan in order, with their weights."""
    rngs = nnx.Rngs(0)
    shape: tuple[int, ...] = plan.input
    for layer in plan.layers:
        settings: Any = layer.settings
        own = weights.get(layer.name, {})
        if layer.kind == "pool":
            yield _pool(settings, layer.input)
        else:
            if layer.kind == "conv":
                linear = _conv(settings, layer.input, rngs)
            else:
                if len(shape) == 3:
                    yield lambda x: x.reshape(x.shape[0], -1)
                linear = nnx.Linear(layer.input[0], settings.units, use_bias=settings.bias, rngs=rngs)
            yield _loaded(linear, {name: own[name] for name in ("kernel", "bias") if name in own})
            if settings.norm == "batch":
                norm = nnx.BatchNorm(layer.output[-1], momentum=0.9, epsilon=1e-5, rngs=rngs)
                yield _loaded(norm, {name: own[name] for name in ("scale", "shift") if name in own})
            if settings.activation != "none":
                yield ACTIVATIONS[settings.activation]
            if settings.dropout:
                yield nnx.Dropout(settings.dropout, rngs=rngs)
        shape = layer.output
    if len(shape) == 3 and shape[:2] == (1, 1):
        yield lambda x: x.reshape(x.shape[0], -1)


def _loaded(module: Any, arrays: dict[str, np.ndarray]) -> Any:
    for name, array in arrays.items():
        getattr(module, NAMES[name])[...] = jnp.asarray(array)
    return module


def _conv(settings: Any, input: tuple[int, ...], rngs: Any) -> Any:
    height, width = settings.axes(input)
    return nnx.Conv(
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


def _pool(settings: Any, input: tuple[int, ...]) -> Any:
    height, width = settings.axes(input)
    window, stride = (height.kernel, width.kernel), (height.stride, width.stride)
    padding = (height.padding, width.padding)
    if settings.type == "max":
        return lambda x: nnx.max_pool(x, window, stride, padding)
    return lambda x: nnx.avg_pool(x, window, stride, padding, count_include_pad=False)


class Network:
    """See `Peer`."""

    def __init__(
        self, plan: Plan, variant: str, weights: Weights, images: np.ndarray, labels: np.ndarray, training: bool
    ) -> None:
        self.batch = plan.spec.train.value.batch_size
        rate = plan.spec.train.value.optimizer.learning_rate
        self.model = nnx.Sequential(*layers(plan, weights))
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
