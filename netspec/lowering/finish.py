"""What follows the sum in conv and fc alike: bias, norm, activation, dropout, in this order."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from netspec.language.functions import EPSILON, MOMENTUM
from netspec.lowering.activations import activate
from netspec.lowering.columns import across, add_bias, standardize
from netspec.lowering.kinds import Arrays, Run


def finish(run: Run, x: jax.Array) -> tuple[jax.Array, Arrays]:
    """(batch, ..., features) -> the same shape, and the new running statistics."""
    settings, statistics = run.settings, run.statistics
    if settings.bias:
        x = add_bias(x, run.params["bias"]) if run.products else x + across(run.params["bias"], x)
    if settings.norm == "batch":
        x, statistics = batch_norm(run, x)
    x = activate(settings.activation, x)
    if settings.dropout and run.training:
        assert run.key is not None, "dropout in training needs a key"
        x = dropout(x, settings.dropout, run.key)
    return x, statistics


def batch_norm(run: Run, x: jax.Array) -> tuple[jax.Array, Arrays]:
    """scale * (x - mean) / sqrt(variance + epsilon) + shift, over all axes but the last, computed in float32.

    In training by the batch's mean and biased variance, of which the running statistics take up what the momentum leaves;
    otherwise by the running statistics. Source: Ioffe and Szegedy, 2015.
    """
    params, statistics = run.params, run.statistics
    mean, variance = statistics["mean"], statistics["variance"]
    wide = x.astype(jnp.float32)
    if not run.training:
        return _normed(wide, mean, variance, params).astype(x.dtype), statistics
    if run.products:
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
