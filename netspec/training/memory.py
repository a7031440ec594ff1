"""Whether a run fits in the memory of its device, before anything is compiled."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax

from netspec.analysis.memory import TOLERANCE, training_bytes
from netspec.analysis.plan import Plan
from netspec.training.sources import Images
from netspec.training.step import batch_of

CGROUP = Path("/sys/fs/cgroup")


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

    The data are counted in: they stay on the device, whole on each. Raises Indivisible.
    """
    device = jax.devices()[0]
    available = available_bytes(device)
    if available is None:
        return None
    sharing = devices if device.platform == "cpu" else 1

    def needed(part: int) -> int:
        """Bytes where each device takes `part` examples of a batch."""
        return sharing * (training_bytes(plan, part, device.platform) + data_bytes(images))

    part = batch_of(plan.spec.train.value, len(images.train), devices).per_device
    if needed(part) <= available:
        return None
    fits, exceeds = 0, part
    while exceeds - fits > 1:
        middle = (fits + exceeds) // 2
        fits, exceeds = (middle, exceeds) if needed(middle) <= available else (fits, middle)
    certain = device.platform == "cpu" and needed(part) > available * (1 + TOLERANCE)
    return Shortage(needed(part), available, fits * devices, certain)


def data_bytes(images: Images) -> int:
    """The training part on the device: pixels, labels and the order of an epoch."""
    order = math.prod(images.train.labels.shape) * 4
    return images.train.images.nbytes + images.train.labels.nbytes + order


def available_bytes(device: Any) -> int | None:
    """What is free on the device; None where it does not say.

    For the CPU that is what the system can give without swapping, or what is left of the control group's limit.
    """
    if device.platform == "cpu":
        free = [size for size in (_system_bytes(), *_group_bytes(CGROUP)) if size is not None]
        return min(free, default=None)
    statistics = device.memory_stats() or {}
    if "bytes_limit" not in statistics:
        return None
    return int(statistics["bytes_limit"]) - int(statistics.get("bytes_in_use", 0))


def _system_bytes(path: Path = Path("/proc/meminfo")) -> int | None:
    """`MemAvailable` of Linux; None elsewhere."""
    try:
        lines = dict(line.split(":", 1) for line in path.read_text().splitlines())
        return int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, ValueError, KeyError, IndexError):
        return None


def _group_bytes(root: Path) -> list[int]:
    """What is left of this process's control group, by version 2 or 1 of the interface; empty without a limit.

    A container sees its own group at the root. What the group's files hold in the page cache is given back on demand.
    """
    names = (
        ("memory.max", "memory.current", "memory.stat", "inactive_file"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat", "total_inactive_file"),
    )
    left = []
    for limit, usage, statistics, cached in names:
        try:
            most, used = int((root / limit).read_text()), int((root / usage).read_text())
            counts = dict(line.split() for line in (root / statistics).read_text().splitlines())
        except (OSError, ValueError):  # not there, or `max`: no limit
            continue
        left.append(max(0, most - used + int(counts.get(cached, 0))))
    return left
