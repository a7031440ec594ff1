"""How many bytes training needs."""

from __future__ import annotations

from netspec.analysis.plan import FLOAT32_BYTES, PRECISION_BYTES, Plan
from netspec.language.kind import elements


def saved_elements(plan: Plan) -> int:
    """How many numbers of one example the forward pass keeps for the backward pass."""
    return elements(plan.input) + sum(layer.settings.saved(layer.output) for layer in plan.layers)


def training_bytes(plan: Plan, batch_size: int) -> int:
    """Weights, gradients, optimizer state and saved activations of one training step at this batch size."""
    train = plan.spec.train.value
    arrays = plan.parameters * (2 + train.optimizer.slots)
    statistics = sum(elements(shape) for layer in plan.layers for shape in layer.statistics.values())
    activations = saved_elements(plan) * batch_size * PRECISION_BYTES[train.precision]
    return (arrays + statistics) * FLOAT32_BYTES + activations
