"""Joins in JAX: sums and concatenations."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from netspec.language.join import Add
from netspec.lowering.around import follow
from netspec.lowering.kinds import Arrays, Run

DROP_KEY = 1
"""Folded into the layer's key for stochastic depth; dropout takes the key itself."""


def apply(run: Run, *arrays: jax.Array) -> tuple[jax.Array, Arrays]:
    """Arrays (batch, ..., features) -> their sum, or all their features, and what follows.

    With stochastic depth the last one, what a block's layers give, is left out of an image with probability `drop` in
    training, and divided by 1 - drop otherwise. Source: Huang and others, 2016.
    """
    if run.settings.drop and run.training:
        *others, last = arrays
        arrays = (*others, dropped(run, last))
    if isinstance(run.settings, Add):
        first, *rest = arrays
        joined = sum(rest, start=first)
    else:
        joined = jnp.concatenate(arrays, axis=-1)
    # Else XLA:CPU would keep all that is joined for the derivatives of what follows, and join it a second time.
    written = run.products and run.settings.following
    return follow(run, jax.lax.optimization_barrier(joined) if written else joined)


def dropped(run: Run, x: jax.Array) -> jax.Array:
    """x with the part of each image 0 with probability `drop`, else divided by 1 - drop."""
    assert run.key is not None, "stochastic depth needs a key"
    share = 1 - run.settings.drop
    keep = jax.random.bernoulli(jax.random.fold_in(run.key, DROP_KEY), share, (x.shape[0], *(1,) * (x.ndim - 1)))
    return jnp.where(keep, x / share, jnp.zeros_like(x))
