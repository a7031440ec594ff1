"""The activations of the format as JAX functions of one array."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

from netspec.language.activations import Activation
from netspec.lowering.columns import across

FUNCTIONS: dict[str, Callable[..., jax.Array]] = {
    "none": lambda x: x,
    "relu": jax.nn.relu,
    "leaky_relu": lambda x, slope: jax.nn.leaky_relu(x, slope),
    "elu": jax.nn.elu,
    "gelu": lambda x, approximate: jax.nn.gelu(x, approximate=bool(approximate)),
    "silu": jax.nn.silu,
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "softplus": jax.nn.softplus,
    "relu6": jax.nn.relu6,
    "hard_swish": jax.nn.hard_swish,
    "hard_sigmoid": jax.nn.hard_sigmoid,
    "mish": jax.nn.mish,
    "selu": jax.nn.selu,
}


def activate(activation: Activation, x: jax.Array, slope: jax.Array | None = None) -> jax.Array:
    """The activation, element by element; `slope` (features,) is what prelu has trained for each feature of x (..., features)."""
    if slope is not None:
        return jnp.where(x > 0, x, across(slope, x) * x)
    return FUNCTIONS[activation.type](x, **activation.arguments)
