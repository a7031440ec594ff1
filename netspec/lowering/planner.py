"""Which algorithm each layer runs, by the cost models of its kind."""

from __future__ import annotations

from typing import Any

from netspec.analysis.plan import Plan
from netspec.language.conv import Conv
from netspec.language.pool import Pool
from netspec.lowering import convolution, pooling
from netspec.lowering.conv import geometry


def choices(plan: Plan, batch: int, platform: str) -> dict[str, Any]:
    """The choice of every layer that has one, by its name; empty on GPU and TPU, where the vendor's libraries choose.

    `platform` is JAX's name of the backend.
    """
    chosen: dict[str, Any] = {}
    trained_before = False
    for layer in plan.layers:
        choice: Any = None
        if isinstance(layer.settings, Conv):
            choice = convolution.choose(geometry(layer.settings, layer.input), batch, platform, not trained_before)
        elif isinstance(layer.settings, Pool):
            height, width = layer.settings.axes(layer.input)
            choice = pooling.choose((height.kernel, width.kernel), platform)
        if choice is not None:
            chosen[layer.name] = choice
        trained_before = trained_before or bool(layer.shapes)
    return chosen
