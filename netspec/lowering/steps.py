"""Steps that stand alone, in JAX."""

from __future__ import annotations

import jax

from netspec.lowering.around import follow
from netspec.lowering.kinds import Arrays, Run


def apply(run: Run, x: jax.Array) -> tuple[jax.Array, Arrays]:
    """(batch, ..., features) -> the same shape: norm, activation, dropout."""
    return follow(run, x)
