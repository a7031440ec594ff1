"""What `netspec summary` says, as data."""

from __future__ import annotations

from typing import Any

from netspec.analysis.plan import Plan, grammar


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
