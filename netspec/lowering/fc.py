"""The fully connected layer in JAX."""

from __future__ import annotations

import jax

from netspec.language.fc import Fc
from netspec.language.kind import Shape
from netspec.lowering.finish import Arrays, Mode, finish


def apply(
    settings: Fc, params: Arrays, statistics: Arrays, x: jax.Array, input: Shape, mode: Mode, choice: None
) -> tuple[jax.Array, Arrays]:
    """(batch, inputs) or a map to be flattened -> (batch, units): x @ kernel, bias, norm, activation, dropout."""
    flat = x.reshape((x.shape[0], input[0]))
    return finish(settings, params, statistics, flat @ params["kernel"].astype(x.dtype), mode)
