"""A trained network as an ONNX model that says what it takes and gives."""

from __future__ import annotations

import json
from typing import Any

import jax

from netspec.analysis.heads import of_plan
from netspec.export.meaning import LOGITS, meaning
from netspec.export.onnx.model import Form, write
from netspec.export.preprocessing import FIRST, LAST, preprocessing
from netspec.training.trained import TrainedNetwork


def of_run(network: TrainedNetwork, form: Form) -> bytes:
    """The model's bytes: float32, whatever the training's precision. Raises Unsupported."""
    variables = jax.device_get(network.variables)
    return write(network.plan, variables, form, _facts(network, variables, form))


def _facts(network: TrainedNetwork, variables: Any, form: Form) -> dict[str, str]:
    """The model's metadata; all but name and spec are JSON."""
    plan, head = network.plan, of_plan(network.plan)
    says: dict[str, Any] = meaning(head, plan.output[0])
    if form.logits:
        says["output"]["meaning"] = LOGITS[head.name]
    layout = LAST if form.layout == "nhwc" else FIRST
    prepared = preprocessing(plan, network.pixels, variables, layout=layout, inside=not form.normalized)
    told = {"classes": network.classes, **says, "preprocessing": prepared}
    return {
        "name": plan.name,
        **{key: json.dumps(value) for key, value in told.items()},
        "spec": plan.spec.source.text,
    }
