"""Batch norm in training, with the ReLU behind it, as compiled kernels of our own: `netspec/kernels/src/norm.h`.

Two passes over memory forwards and two backwards; XLA makes one for each sum and each product.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import numpy as np

from netspec.analysis.convolution.compiled import COMPILED
from netspec.analysis.plan import PlannedLayer
from netspec.language.kind import Shape
from netspec.language.norms import BatchNorm
from netspec.lowering import foreign
from netspec.lowering.columns import standardize as by_products
from netspec.lowering.settings import held
from netspec.lowering.workload import Direction, Program, normal

BOTH: tuple[Direction, ...] = ("output", "input_gradient")
PRODUCTS = "products"
"""The name of what XLA computes: sums over a batch as products with ones."""

Results = tuple[jax.Array, jax.Array, jax.Array]


def norm_of(layer: str) -> str:
    """The name under which the algorithm of a layer's batch norm is chosen, timed and recorded; no layer can have it."""
    return f"{layer}/norm"


def batch_normed(layer: PlannedLayer) -> bool:
    """Whether a layer runs batch norm itself."""
    settings: Any = layer.settings
    leads = "norm" in settings.leading and layer.layer.led_by is None
    return isinstance(getattr(settings, "norm", None), BatchNorm) and (leads or "norm" in settings.following)


@partial(jax.custom_vjp, nondiff_argnums=(3, 4))
def standardize(x: jax.Array, scale: jax.Array, shift: jax.Array, epsilon: float, relu: bool) -> Results:
    """f(scale * (x - mean) / sqrt(variance + epsilon) + shift), and mean and biased variance of each feature, all float32.

    f is ReLU or nothing, x (batch, ..., features). Mean and variance are for the running statistics: no gradient goes
    through them. First-order reverse-mode derivatives alone.
    """
    shapes = (x.shape, scale.shape, scale.shape)
    y, mean, variance = foreign.call("netspec_norm", shapes, (x, scale, shift), _integers(epsilon, relu))
    return y, mean, variance


Saved = tuple[jax.Array, jax.Array, jax.Array, jax.Array, jax.Array]


def _forward(x: jax.Array, scale: jax.Array, shift: jax.Array, epsilon: float, relu: bool) -> tuple[Results, Saved]:
    y, mean, variance = standardize(x, scale, shift, epsilon, relu)
    return (y, mean, variance), (x, mean, variance, scale, shift)


def _backward(epsilon: float, relu: bool, saved: Saved, cotangents: Results) -> Results:
    x, mean, variance, scale, shift = saved
    arrays, shapes = (x, cotangents[0], mean, variance, scale, shift), (x.shape, scale.shape, scale.shape)
    dx, d_scale, d_shift = foreign.call("netspec_norm_gradient", shapes, arrays, _integers(epsilon, relu))
    return dx, d_scale, d_shift


standardize.defvjp(held(_forward), held(_backward))


def _integers(epsilon: float, relu: bool) -> tuple[int, int]:
    """As `Options` in netspec/kernels/src/norm.cc reads them: the bits of epsilon, and whether ReLU follows."""
    return int(np.float32(epsilon).view(np.int32)), int(relu)


@dataclass(frozen=True)
class Standardizing:
    """The batch norm of a layer in training; see `netspec.lowering.workload.Workload`. Its gradient reads what the output's
    algorithm stored."""

    shape: Shape
    relu: bool

    def algorithms(self, direction: Direction) -> tuple[str, ...]:
        """Products, and the kernels where they may be called."""
        if direction not in BOTH:
            return ()
        return (PRODUCTS,) if foreign.instructions() is None else (PRODUCTS, COMPILED)

    def names(self, choice: str | None) -> dict[Direction, str]:
        """The one name for both directions."""
        return dict.fromkeys(BOTH, choice or PRODUCTS)

    def choice(self, names: Mapping[Direction, str]) -> str | None:
        """The name; None for products."""
        return COMPILED if names["output"] == COMPILED else None

    def groups(self) -> tuple[tuple[Direction, ...], ...]:
        """Both directions together."""
        return (BOTH,)

    def program(self, direction: Direction, algorithm: str, batch: int, dtype: Any) -> Program:
        """The normalized numbers with what the gradient needs of them, or that gradient."""
        x = normal(batch, *self.shape, dtype="float32")
        scale, shift = normal(self.shape[-1], dtype="float32"), normal(self.shape[-1], dtype="float32")

        def normed(x: jax.Array, scale: jax.Array, shift: jax.Array) -> jax.Array:
            if algorithm == COMPILED:
                return standardize(x, scale, shift, 1e-5, self.relu)[0]
            y = by_products(x, scale, shift, 1e-5)[0]
            return jax.nn.relu(y) if self.relu else y

        def forward(*given: jax.Array) -> Any:
            return jax.vjp(normed, *given)

        if direction == "output":
            return Program(forward, (x, scale, shift))
        y, pull = jax.jit(forward)(x, scale, shift)
        return Program(lambda pull, dy: pull(dy), (pull, normal(*y.shape, dtype="float32")))


def workload(layer: PlannedLayer) -> Standardizing:
    """The batch norm of a layer, to be timed."""
    settings: Any = layer.settings
    leads = "norm" in settings.leading
    steps = settings.leading if leads else settings.following
    after = steps[steps.index("norm") + 1 :]
    return Standardizing(layer.input if leads else layer.output, after[:1] == ("activation",) and with_relu(settings))


def with_relu(settings: Any) -> bool:
    """Whether the layer's activation is one that the kernels compute with the norm."""
    return bool(settings.activation.type == "relu")
