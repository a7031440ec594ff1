"""What training holds of a data set that is read while it trains."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.analysis.plan import Plan
from netspec.language.data import SOURCES
from netspec.language.kind import elements

BATCHES_AHEAD = 2
"""So many are being read while one is taken."""
STEPS_AHEAD = 2
"""So many steps are under way on the device, each with its images, while those of another come."""
HOST, DEVICE = BATCHES_AHEAD + 1, STEPS_AHEAD + 1
"""The batches whose pixels are in memory at a time: those that are read and the one that is taken; those on the device."""

EVALUATED = 256
"""Images of a batch of an evaluation, where a batch of training has no more."""
EVALUATED_BYTES = 1 << 26
"""The pixels of such a batch take no more, where a batch of training takes no more."""


@dataclass(frozen=True, slots=True)
class Streaming:
    """The examples of a data set that are in memory at a time."""

    batches: int
    """Each has the examples of a step, or of a batch of an evaluation where those are more."""
    images: int
    bytes: int
    """Of their raw pixels, in the type that the source usually has."""


def streaming(plan: Plan) -> Streaming:
    """What a plan holds of its data where they are streamed."""
    train, batches = plan.spec.train.value, HOST + DEVICE
    item = 1 if SOURCES[plan.spec.data.value.source].dtype == "uint8" else 4
    image = elements(plan.input) * item
    images = batches * max(train.examples_per_step, evaluated(train.batch_size, image))
    return Streaming(batches, images, images * image)


def evaluated(batch_size: int, image_bytes: int) -> int:
    """Images of a batch of an evaluation, by the training's batch size and what the raw pixels of an image take."""
    return max(batch_size, min(EVALUATED, EVALUATED_BYTES // image_bytes))
