"""Squeeze and excitation in JAX."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from netspec.lowering.activations import activate
from netspec.lowering.kinds import Arrays, Run


def apply(run: Run, x: jax.Array) -> tuple[jax.Array, Arrays]:
    """(batch, height, width, channels) -> the same shape: x times a factor for each map.

    The factors are gate(activation(means @ squeeze + bias) @ excite + bias) of the means of the maps.
    Source: Hu, Shen and Sun, 2018.
    """
    params = {name: array.astype(x.dtype) for name, array in run.params.items()}
    wide = jnp.promote_types(x.dtype, jnp.float32)
    means = jnp.mean(x, axis=tuple(range(1, x.ndim - 1)), dtype=wide).astype(x.dtype)
    squeezed = means @ params["squeeze_kernel"] + params["squeeze_bias"][None]
    units = activate(run.settings.activation, squeezed, params.get("squeeze_slope"))
    excited = units @ params["excite_kernel"] + params["excite_bias"][None]
    factors = activate(run.settings.gate, excited, params.get("excite_slope"))
    return x * factors.reshape((x.shape[0], *(1,) * (x.ndim - 2), x.shape[-1])), run.statistics
