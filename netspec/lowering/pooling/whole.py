"""Global pooling: one window over the whole map, a reduction over rows and columns."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp

from netspec.language.fields import Pair
from netspec.lowering.settings import held


def maximum(x: jax.Array) -> jax.Array:
    """(batch, height, width, channels) -> (batch, 1, 1, channels); the gradient goes to the first maximum."""
    return _maximum((x.shape[1], x.shape[2]), x)


def average(x: jax.Array) -> jax.Array:
    """(batch, height, width, channels) -> (batch, 1, 1, channels), added up in at least float32."""
    wide = jnp.promote_types(x.dtype, jnp.float32)
    return x.mean(axis=(1, 2), keepdims=True, dtype=wide).astype(x.dtype)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _maximum(size: Pair, x: jax.Array) -> jax.Array:
    return x.max(axis=(1, 2), keepdims=True)


def _forward(size: Pair, x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The maxima, and the number of the cell that each came from, (batch, channels)."""
    return _maximum(size, x), x.reshape(x.shape[0], -1, x.shape[3]).argmax(axis=1)


def _backward(size: Pair, place: jax.Array, dy: jax.Array) -> tuple[jax.Array]:
    cell = jnp.arange(size[0] * size[1], dtype=place.dtype).reshape(1, *size, 1)
    return (jnp.where(place[:, None, None] == cell, dy, jnp.zeros((), dy.dtype)),)


_maximum.defvjp(held(_forward), held(_backward))
