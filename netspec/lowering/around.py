"""The steps around what a layer itself does: norm, activation and dropout, in the order that its settings say."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import jax
import jax.numpy as jnp

from netspec.language.steps import Dropout
from netspec.lowering.activations import activate
from netspec.lowering.columns import across, add_bias
from netspec.lowering.kinds import Arrays, Run
from netspec.lowering.norms import fuses_relu, normalize


def finish(run: Run, x: jax.Array) -> tuple[jax.Array, Arrays]:
    """(batch, ..., features) of sums -> the same shape with bias and all that follows it, and the new running statistics."""
    if run.settings.bias:
        x = add_bias(x, run.params["bias"]) if run.products else x + across(run.params["bias"], x)
    return follow(run, x)


def lead(run: Run, x: jax.Array) -> tuple[jax.Array, Arrays]:
    """The steps before what the layer itself does."""
    return through(run, x, run.settings.leading)


def follow(run: Run, x: jax.Array) -> tuple[jax.Array, Arrays]:
    """The steps after it."""
    return through(run, x, run.settings.following)


def through(run: Run, x: jax.Array, steps: tuple[str, ...]) -> tuple[jax.Array, Arrays]:
    """(batch, ..., features) -> the same shape after these of the layer's steps, and the new running statistics."""
    settings, statistics = run.settings, run.statistics
    relu = ("norm", "activation") in pairwise(steps) and fuses_relu(run)
    for step in steps:
        if step == "norm":
            x, statistics = normalize(settings.norm, replace(run, statistics=statistics), x, relu)
        elif step == "activation" and not relu:
            x = activate(settings.activation, x, run.params.get("slope"))
        elif step == "dropout" and run.training:
            assert run.key is not None, "dropout in training needs a key"
            x = dropout(x, settings.dropout, run.key)
    return x, statistics


def dropout(x: jax.Array, settings: Dropout, key: jax.Array) -> jax.Array:
    """Each unit, or with `spatial` each feature map, is 0 with probability `rate`, else scaled by 1/(1 - rate)."""
    spatial = settings.type == "spatial"
    shape = (x.shape[0], *(1,) * (x.ndim - 2), x.shape[-1]) if spatial else x.shape
    keep = jax.random.bernoulli(key, 1 - settings.rate, shape)
    return jnp.where(keep, x / (1 - settings.rate), jnp.zeros_like(x))
