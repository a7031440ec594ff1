"""What training holds of a data set that is read while it trains."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.analysis.plan import Plan
from netspec.language.data import SOURCES
from netspec.language.kind import elements

BATCHES_AHEAD = 2
"""So many are being read while one is taken."""
STEPS_AHEAD = 2
"""So many steps are under way on the device, each with its images."""


@dataclass(frozen=True, slots=True)
class Streaming:
    """The examples of a data set that are in memory at a time."""

    batches: int
    """Each has the examples of a step: those that are being read, the one that is taken, those that the device has."""
    images: int
    bytes: int
    """Of their raw pixels, in the type that the source usually has."""


def streaming(plan: Plan) -> Streaming:
    """What a plan holds of its data where they are streamed."""
    data, batches = plan.spec.data.value, BATCHES_AHEAD + 1 + STEPS_AHEAD
    images = batches * plan.spec.train.value.examples_per_step
    item = 1 if SOURCES[data.source].dtype == "uint8" else 4
    return Streaming(batches, images, images * elements(plan.input) * item)
