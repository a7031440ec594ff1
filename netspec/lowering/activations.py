"""The activations of the format as JAX functions of one array."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

from netspec.language.functions import ACTIVATIONS

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
}


def activate(name: str, x: jax.Array) -> jax.Array:
    """The activation of this name, element by element, with the constants that the language gives it."""
    return FUNCTIONS[name](x, **ACTIVATIONS[name].constants)
