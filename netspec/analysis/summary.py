"""What `netspec summary` says, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from netspec.analysis.plan import Plan, grammar
from netspec.language.kind import elements


def as_json(plan: Plan) -> dict[str, Any]:
    """The summary as other programs read it."""
    layers = [
        {
            "name": layer.name,
            "kind": layer.kind,
            "input": list(layer.input),
            "output": list(layer.output),
            "parameters": layer.parameters,
            "macs": layer.macs,
            "activation_bytes": layer.activation_bytes,
            "receptive_field": list(layer.receptive_field),
            "arithmetic": layer.arithmetic,
            "fc_parameters": layer.fc_parameters,
            "line": layer.layer.span.line,
        }
        for layer in plan.layers
    ]
    return {
        "version": 1,
        "name": plan.name,
        "grammar": grammar(plan.spec),
        "input": list(plan.input),
        "layers": layers,
        "parameters": plan.parameters,
        "macs": plan.macs,
        "weight_bytes": plan.weight_bytes,
        "training_bytes": plan.training_bytes,
        "receptive_field": list(plan.receptive_field),
    }


@dataclass(frozen=True, slots=True)
class Savings:
    """What the three ideas of a convolutional network are worth in parameters, each on top of the one before."""

    fully_connected: int
    """Every conv layer as a fully connected one with the same input and output: (inputs + 1) * outputs."""
    local: int
    """Local connection: each output cell has its own weights, but only for its window."""
    shared: int
    """Weight sharing: one filter for the whole image. That is what the conv layers have."""
    undiminished: int
    """The first fc layer, had no layer made the maps smaller than the image."""
    downsampled: int
    """The first fc layer as it is."""


def savings(plan: Plan) -> Savings:
    """The three savings, added up over the conv layers (kernel and bias; batch norm is left out of all three)."""
    full = local = shared = 0
    for layer in plan.layers:
        if layer.kind != "conv":
            continue
        weights = elements(layer.shapes["kernel"]) // layer.output[2]
        bias = int("bias" in layer.shapes)
        full += (elements(layer.input) + bias) * elements(layer.output)
        local += (weights + bias) * elements(layer.output)
        shared += (weights + bias) * layer.output[2]
    first = next((layer for layer in plan.layers if layer.kind == "fc"), None)
    maps = [layer for layer in plan.layers if layer.layer.block is not None]
    if first is None or not maps:
        return Savings(full, local, shared, 0, 0)
    units, depth = first.output[0], maps[-1].output[2]
    bias = units * int("bias" in first.shapes)
    whole = plan.input[0] * plan.input[1] * depth * units + bias
    return Savings(full, local, shared, whole, elements(maps[-1].output) * units + bias)
