"""What a worker asks of each framework."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from netspec.analysis.plan import Plan, PlannedLayer
from netspec.language.steps import AROUND

Weights = Mapping[str, Mapping[str, np.ndarray]]
"""{layer: {"kernel", "bias", "scale", "shift"}}, float32, in netspec's layouts; empty: the framework draws its own."""


class Unsupported(Exception):
    """The framework has no layer or optimizer that computes this."""


class Peer(Protocol):
    """One network in one framework, ready to run; time is taken around its methods."""

    parameters: int
    """How many numbers are trained."""

    def __init__(
        self, plan: Plan, variant: str, weights: Weights, images: np.ndarray, labels: np.ndarray, training: bool
    ) -> None:
        """Builds the network with these weights and gives it the batch: normalized float32 images, int32 labels.

        `training` says which of the two functions will be called. Raises Unsupported.
        """

    def train(self, steps: int) -> list[float]:
        """Steps on the batch, one after the other without waiting; waits for the last. The losses before each."""
        ...

    def infer(self, steps: int) -> np.ndarray:
        """Logits of the batch, computed `steps` times; waits for the last, (batch, classes)."""
        ...

    def epoch(self, images: np.ndarray, labels: np.ndarray, steps: int | None = None) -> float:
        """One epoch over normalized data in memory, shuffled, or only `steps` of it; the mean loss."""
        ...


def shortest(function: Callable[[], object]) -> float:
    """Seconds of the quickest of ten calls; the first, which may compile, is not taken."""
    function()
    times = []
    for _ in range(10):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def refuse(what: str, framework: str) -> Any:
    """Raises Unsupported."""
    raise Unsupported(f"{framework} has no {what}")


def refuse_other_steps(layer: PlannedLayer, framework: str) -> None:
    """Raises Unsupported where a layer does more than a comparison says that knows batch norm, activations of one number and
    dropout of units, in this order behind the layer's own sum, join or pooling.
    """
    settings: Any = layer.settings
    steps = getattr(settings, "steps", (layer.kind,))
    usual = (layer.kind, *(step for step in AROUND if step in steps))
    if steps != usual or layer.layer.led_by is not None or (layer.kind == "pool" and len(steps) > 1):
        refuse(f"layer `{layer.kind}` with steps in this order", framework)
    norm = getattr(settings, "norm", None)
    if norm is not None and norm.type != "none" and not (norm.type == "batch" and norm.scale and norm.shift):
        refuse(f"norm `{norm.type}` with these keys", framework)
    if "dropout" in steps and settings.dropout.type != "unit":
        refuse("spatial dropout", framework)
    if getattr(settings, "count_padding", False) or getattr(settings, "drop", 0):
        refuse("padding that is averaged, or stochastic depth", framework)
    if "activation" in steps and settings.activation.type == "prelu":
        refuse("trained slopes", framework)
