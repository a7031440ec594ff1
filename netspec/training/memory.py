"""Whether a run fits in the memory of its device, before anything is compiled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax

from netspec.analysis.memory import TOLERANCE, training_bytes
from netspec.analysis.plan import Plan
from netspec.analysis.streaming import DEVICE, HOST
from netspec.data.free_memory import free_bytes
from netspec.data.splits import Images
from netspec.training.step import batch_of


@dataclass(frozen=True, slots=True)
class Shortage:
    """A run that is predicted to need more memory than there is."""

    needed: int
    """Bytes on each device, or on all together where they share the machine's memory."""
    available: int
    largest_batch: int
    """The largest batch size that is predicted to fit; 0 where none is."""
    certain: bool
    """Whether it is one even where the prediction is too high by all of `TOLERANCE`. Never on GPU and TPU: there the
    prediction was compared with nothing."""


def shortage(plan: Plan, images: Images, devices: int = 1) -> Shortage | None:
    """What is missing for training `plan` on `images`; None where it fits, or where the device does not say.

    The data are counted in: all of them stay on the device, whole on each; of streamed ones those of a few steps, and where
    the device has the machine's memory those that are being read. Raises Indivisible.
    """
    device = jax.devices()[0]
    available = available_bytes(device)
    if available is None:
        return None
    shared, train = device.platform == "cpu", plan.spec.train.value

    def needed(part: int) -> int:
        """Bytes where each device takes `part` examples of a batch."""
        placed, read = data_bytes(images), 0
        if images.train.streamed:
            step = part * devices * train.accumulate * example_bytes(images)
            placed, read = DEVICE * step, HOST * step
        own = training_bytes(plan, part, device.platform) + placed
        return devices * own + read if shared else own

    part = batch_of(train, len(images.train), devices).per_device
    if needed(part) <= available:
        return None
    fits, exceeds = 0, part
    while exceeds - fits > 1:
        middle = (fits + exceeds) // 2
        fits, exceeds = (middle, exceeds) if needed(middle) <= available else (fits, middle)
    certain = shared and needed(part) > available * (1 + TOLERANCE)
    return Shortage(needed(part), available, fits * devices, certain)


def example_bytes(images: Images) -> int:
    """What an example of the training part takes, its pixels in their own type."""
    return (images.train.images.nbytes + images.train.labels.nbytes) // len(images.train)


def data_bytes(images: Images) -> int:
    """The training part on the device: pixels, labels and the order of an epoch."""
    order = len(images.train) * 4
    return images.train.images.nbytes + images.train.labels.nbytes + order


def available_bytes(device: Any) -> int | None:
    """What is free on the device, for the CPU what the system gives; None where it does not say."""
    if device.platform == "cpu":
        return free_bytes()
    statistics = device.memory_stats() or {}
    if "bytes_limit" not in statistics:
        return None
    return int(statistics["bytes_limit"]) - int(statistics.get("bytes_in_use", 0))
