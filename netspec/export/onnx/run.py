"""A trained network as an ONNX model that says what it takes and gives."""

from __future__ import annotations

import json

import jax

from netspec.export.onnx.model import Form, write
from netspec.export.told import told
from netspec.training.trained import TrainedNetwork


def of_run(network: TrainedNetwork, form: Form) -> bytes:
    """The model's bytes: float32, whatever the training's precision. Raises Unsupported."""
    variables = jax.device_get(network.variables)
    says = told(network, variables, layout=form.layout, inside=not form.normalized, logits=form.logits)
    facts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in says.items()}
    return write(network.plan, variables, form, facts | {"spec": network.plan.spec.source.text})
