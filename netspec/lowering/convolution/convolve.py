"""One convolution whose output, input gradient and weight gradient may each have another algorithm."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import cast

import jax

from netspec.analysis.convolution import Choice
from netspec.analysis.convolution.geometry import Geometry
from netspec.lowering.convolution import reference
from netspec.lowering.convolution.algorithms import ALGORITHMS
from netspec.lowering.settings import held
from netspec.lowering.workload import Direction


def convolve(x: jax.Array, w: jax.Array, g: Geometry, choice: Choice | None) -> jax.Array:
    """x (batch, *g.input) and w `g.kernel_shape`, of one float type, to (batch, *g.output).

    Without a choice it is XLA's own convolution, differentiable to any order. With one, first-order
    reverse-mode derivatives exist (grad, vmap, checkpoint, export); forward mode and second order do not. A
    gradient nobody uses, such as the first layer's input gradient, costs nothing under jit: JAX drops it.

    Raises ValueError where an algorithm does not support the geometry.
    """
    if choice is None:
        return reference.output(x, w, g)
    for direction, name in asdict(choice).items():
        if not ALGORITHMS[name].supports(g, cast(Direction, direction)):
            raise ValueError(f"`{name}` has no {direction} for {g}")
    return _joined(g, choice, x, w)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _joined(g: Geometry, choice: Choice, x: jax.Array, w: jax.Array) -> jax.Array:
    return ALGORITHMS[choice.output].output(x, w, g)


def _forward(g: Geometry, choice: Choice, x: jax.Array, w: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    return _joined(g, choice, x, w), (x, w)


def _backward(
    g: Geometry, choice: Choice, saved: tuple[jax.Array, jax.Array], dy: jax.Array
) -> tuple[jax.Array, jax.Array]:
    x, w = saved
    dx = ALGORITHMS[choice.input_gradient].input_gradient(dy, w, g)
    dw = ALGORITHMS[choice.weight_gradient].weight_gradient(x, dy, g)
    return dx, dw


_joined.defvjp(held(_forward), held(_backward))
