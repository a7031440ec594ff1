"""`Scale` in JAX."""

from __future__ import annotations

import jax

from netspec.lowering.kinds import Arrays, Run


def apply(run: Run, x: jax.Array) -> tuple[jax.Array, Arrays]:
    """(batch, ..., channels) -> the same shape."""
    return x * run.params["scale"].astype(x.dtype) * run.settings.by, run.statistics
