"""What a worker asks of each framework."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from netspec.analysis.plan import Plan

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
