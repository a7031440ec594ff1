"""Keras 3 on JAX: the compiled stateless step of its guide to custom loops, and for an epoch `fit` too."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"
import jax
import jax.numpy as jnp
import keras
import numpy as np

from benchmarks.peers.peer import Weights, refuse, refuse_other_steps
from netspec.analysis.plan import Plan

VARIANTS = ("stateless", "fit")
ACTIVATIONS: dict[str, Any] = {
    "leaky_relu": lambda x, slope: keras.ops.leaky_relu(x, slope),
    "elu": lambda x, alpha: keras.ops.elu(x, alpha),
    "gelu": lambda x, approximate: keras.ops.gelu(x, approximate=bool(approximate)),
}
"""Those with constants; the others have the same name in Keras."""

Parts = Iterator[tuple[Any, list[np.ndarray]]]
"""Keras's layers, each with its weights as Keras orders them."""


def model(plan: Plan, weights: Weights) -> Any:
    """The plan as a functional model, with these weights. Raises Unsupported."""
    values = [keras.Input(plan.input)]
    for layer in plan.layers:
        if layer.kind not in PARTS:
            refuse(f"layer `{layer.kind}`", "this comparison's Keras")
        refuse_other_steps(layer, "this comparison's Keras")
        read, own = [values[value] for value in layer.reads], weights.get(layer.name, {})
        values.append(_through(read, PARTS[layer.kind](layer.settings, read[0].shape[1:], own)))
    end = values[-1]
    return keras.Model(values[0], keras.layers.Flatten()(end) if end.shape[1:-1] == (1, 1) else end)


def _through(values: list[Any], parts: Parts) -> Any:
    """What the last part gives; the first takes all that the layer reads."""
    for part, arrays in parts:
        values = [part(*values)]
        if arrays:
            part.set_weights(arrays)
    return values[0]


def _fc(settings: Any, input: tuple[int, ...], own: Any) -> Parts:
    if len(input) == 3:
        yield keras.layers.Flatten(), []
    yield keras.layers.Dense(settings.units, use_bias=settings.bias), _arrays(own, "kernel", "bias")
    yield from _after(settings, own)


def _after(settings: Any, own: Any) -> Parts:
    """What follows a sum."""
    if settings.norm.type == "batch":
        norm = keras.layers.BatchNormalization(momentum=settings.norm.momentum, epsilon=settings.norm.eps)
        statistics = [np.zeros_like(own["scale"]), np.ones_like(own["scale"])] if own else []
        yield norm, _arrays(own, "scale", "shift") + statistics
    if settings.activation.type != "none":
        name, constants = settings.activation.type, settings.activation.arguments
        yield keras.layers.Activation(partial(ACTIVATIONS[name], **constants) if constants else name), []
    if settings.dropout:
        yield keras.layers.Dropout(settings.dropout.rate), []


def _arrays(own: Any, *names: str) -> list[np.ndarray]:
    return [own[name] for name in names if name in own]


def _conv(settings: Any, input: tuple[int, ...], own: Any) -> Parts:
    height, width = settings.axes(input)
    keys = {"strides": settings.stride, "dilation_rate": settings.dilation, "use_bias": settings.bias}
    keys["padding"] = "same" if settings.padding == "same" else "valid"
    if keys["padding"] == "valid" and any((*height.padding, *width.padding)):
        yield keras.layers.ZeroPadding2D((height.padding, width.padding)), []
    arrays = _arrays(own, "kernel", "bias")
    if settings.grouping(input[2]) == input[2] > 1:
        multiplier = settings.filters // input[2]
        depthwise = keras.layers.DepthwiseConv2D(settings.kernel, depth_multiplier=multiplier, **keys)
        yield depthwise, [arrays[0].reshape(*settings.kernel, input[2], multiplier), *arrays[1:]] if arrays else []
    else:
        conv = keras.layers.Conv2D(settings.filters, settings.kernel, groups=settings.grouping(input[2]), **keys)
        yield conv, arrays
    yield from _after(settings, own)


def _pool(settings: Any, input: tuple[int, ...], own: Any) -> Parts:
    largest = settings.type == "max"
    if settings.window == "all":
        whole = keras.layers.GlobalMaxPooling2D if largest else keras.layers.GlobalAveragePooling2D
        yield whole(keepdims=True), []
        return
    height, width = settings.axes(input)
    if settings.padding != "same" and any((*height.padding, *width.padding)):
        refuse("pooling with padding other than `same`", "Keras")
    kind = keras.layers.MaxPooling2D if largest else keras.layers.AveragePooling2D
    yield kind(settings.window, settings.stride, "same" if settings.padding == "same" else "valid"), []


def _add(settings: Any, input: tuple[int, ...], own: Any) -> Parts:
    yield lambda *maps: keras.layers.add(maps), []
    yield from _after(settings, own)


def _concat(settings: Any, input: tuple[int, ...], own: Any) -> Parts:
    yield lambda *maps: keras.layers.concatenate(maps), []
    yield from _after(settings, own)


PARTS = {"conv": _conv, "pool": _pool, "fc": _fc, "add": _add, "concat": _concat}


def optimizer(settings: Any) -> Any:
    """The same update rule."""
    rate = settings.learning_rate
    if settings.type == "sgd" and not settings.weight_decay:
        return keras.optimizers.SGD(rate, settings.momentum, settings.nesterov)
    if settings.type not in ("adam", "adamw"):
        refuse(f"optimizer `{settings.type}` with these keys", "this comparison's Keras")
    keys = (rate, settings.b1, settings.b2, settings.eps)
    if settings.type == "adam":
        return keras.optimizers.Adam(*keys)
    return keras.optimizers.AdamW(keys[0], settings.weight_decay, *keys[1:])


class Network:
    """See `Peer`. `fit` is timed in epochs only: for single steps it would be its call's overhead."""

    def __init__(
        self, plan: Plan, variant: str, weights: Weights, images: np.ndarray, labels: np.ndarray, training: bool
    ) -> None:
        self.batch, self.variant = plan.spec.train.value.batch_size, variant
        self.model = model(plan, weights)
        self.parameters = sum(int(np.prod(v.shape)) for v in self.model.trainable_variables)
        self.images, self.labels = jnp.asarray(images), jnp.asarray(labels)
        self.optimizer = optimizer(plan.spec.train.value.optimizer)
        self.loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        if variant == "fit":
            self.model.compile(self.optimizer, self.loss)
        elif training:
            self.optimizer.build(self.model.trainable_variables)
            self._compile()
        else:
            state = self.model.trainable_variables, self.model.non_trainable_variables
            self.state = tuple([v.value for v in variables] for variables in state)
            self.logits = jax.jit(lambda *arrays: self.model.stateless_call(*arrays, training=False)[0])

    def _compile(self) -> None:
        def loss_of(trained: Any, fixed: Any, images: jax.Array, labels: jax.Array) -> Any:
            logits, fixed = self.model.stateless_call(trained, fixed, images, training=True)
            return self.loss(labels, logits), fixed

        def step(state: Any, images: jax.Array, labels: jax.Array) -> Any:
            trained, fixed, moments = state
            (loss, fixed), gradients = jax.value_and_grad(loss_of, has_aux=True)(trained, fixed, images, labels)
            trained, moments = self.optimizer.stateless_apply(moments, gradients, trained)
            return (trained, fixed, moments), loss

        sources = self.model.trainable_variables, self.model.non_trainable_variables, self.optimizer.variables
        self.state = tuple([jnp.array(v.value) for v in variables] for variables in sources)
        self.step = jax.jit(step, donate_argnums=0)

    def train(self, steps: int) -> list[float]:
        losses = []
        for _ in range(steps):
            self.state, loss = self.step(self.state, self.images, self.labels)
            losses.append(loss)
        return [float(loss) for loss in losses]

    def infer(self, steps: int) -> np.ndarray:
        for _ in range(steps):
            logits = self.logits(*self.state, self.images)
        return np.asarray(logits)

    def epoch(self, images: np.ndarray, labels: np.ndarray, steps: int | None = None) -> float:
        count = min(steps or len(labels), len(labels) // self.batch)
        if self.variant == "fit":
            images, labels = images[: count * self.batch], labels[: count * self.batch]
            history = self.model.fit(images, labels, batch_size=self.batch, shuffle=True, verbose=0)
            return float(history.history["loss"][-1])
        order = np.random.default_rng(0).permutation(len(labels))
        losses = []
        for rows in order[: count * self.batch].reshape(count, self.batch):
            self.state, loss = self.step(self.state, images[rows], labels[rows])
            losses.append(loss)
        return float(np.mean(jax.device_get(losses)))
