"""A projection without weights in JAX."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from netspec.analysis.pooling import Window
from netspec.lowering.kinds import Arrays, Run
from netspec.lowering.pooling import pool


def apply(run: Run, x: jax.Array) -> tuple[jax.Array, Arrays]:
    """(batch, height, width, channels) -> (batch, height', width', channels'): averages or every S-th cell, then zero channels."""
    settings, (rows, columns, channels) = run.settings, run.stage.layer.output
    if settings.way == "pool":
        x = pool(x, Window(settings.stride, settings.stride, settings.padding(x.shape[1:])), "average", None)
    else:
        x = x[:, :: settings.stride[0], :: settings.stride[1]]
    x = x[:, :rows, :columns]
    return jnp.pad(x, ((0, 0), (0, 0), (0, 0), (0, channels - x.shape[3]))), run.statistics
