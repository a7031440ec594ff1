"""What follows the sum in conv and fc alike: bias, norm, activation, dropout, in this order."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from netspec.language.conv import Conv
from netspec.language.fc import Fc
from netspec.lowering.activations import ACTIVATIONS
from netspec.lowering.columns import across, add_bias, standardize

Arrays = dict[str, jax.Array]

EPSILON = 1e-5
MOMENTUM = 0.9


@dataclass(frozen=True, slots=True)
class Mode:
    """How a layer is run. `key` is the layer's own random key; without it nothing is dropped."""

    training: bool = False
    key: jax.Array | None = None
    products: bool = False
    """Whether sums over a batch run as matrix products, which is quick on CPU; with reverse-mode derivatives only."""


def finish(
    settings: Conv | Fc, params: Arrays, statistics: Arrays, x: jax.Array, mode: Mode
) -> tuple[jax.Array, Arrays]:
    """(batch, ..., features) -> the same shape, and the new running statistics."""
    if settings.bias:
        x = add_bias(x, params["bias"]) if mode.products else x + across(params["bias"], x)
    if settings.norm == "batch":
        x, statistics = batch_norm(x, params, statistics, mode)
    x = ACTIVATIONS[settings.activation](x)
    if settings.dropout and mode.training:
        assert mode.key is not None, "dropout in training needs a key"
        x = dropout(x, settings.dropout, mode.key)
    return x, statistics


def batch_norm(x: jax.Array, params: Arrays, statistics: Arrays, mode: Mode) -> tuple[jax.Array, Arrays]:
    """scale * (x - mean) / sqrt(variance + 1e-5) + shift, over all axes but the last, computed in float32.

    In training by the batch's mean and biased variance, which move the running statistics by a tenth; otherwise by the
    running statistics. Source: Ioffe and Szegedy, 2015.
    """
    mean, variance = statistics["mean"], statistics["variance"]
    wide = x.astype(jnp.float32)
    if not mode.training:
        return _normed(wide, mean, variance, params).astype(x.dtype), statistics
    if mode.products:
        normed, batch_mean, batch_variance = standardize(wide, params["scale"], params["shift"], EPSILON)
    else:
        axes = tuple(range(x.ndim - 1))
        batch_mean = jnp.mean(wide, axes)
        batch_variance = jnp.mean(jnp.square(wide - across(batch_mean, wide)), axes)
        normed = _normed(wide, batch_mean, batch_variance, params)
    statistics = {
        "mean": MOMENTUM * mean + (1 - MOMENTUM) * jax.lax.stop_gradient(batch_mean),
        "variance": MOMENTUM * variance + (1 - MOMENTUM) * jax.lax.stop_gradient(batch_variance),
    }
    return normed.astype(x.dtype), statistics


def _normed(x: jax.Array, mean: jax.Array, variance: jax.Array, params: Arrays) -> jax.Array:
    factor = params["scale"] * jax.lax.rsqrt(variance + EPSILON)
    return (x - across(mean, x)) * across(factor, x) + across(params["shift"], x)


def dropout(x: jax.Array, rate: float, key: jax.Array) -> jax.Array:
    """Each unit is 0 with probability `rate`, else scaled by 1/(1 - rate)."""
    keep = jax.random.bernoulli(key, 1 - rate, x.shape)
    return jnp.where(keep, x / (1 - rate), jnp.zeros_like(x))
