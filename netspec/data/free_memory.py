"""How much memory the system has to give: for a data set as for a training step."""

from __future__ import annotations

import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
MEMINFO = Path("/proc/meminfo")


def free_bytes(meminfo: Path = MEMINFO, group: Path = CGROUP) -> int | None:
    """What can be had without swapping, and within the limit of the control group; None where the system does not say."""
    known = (_system_bytes(meminfo), *_group_bytes(group))
    return min((size for size in known if size is not None), default=None)


def _system_bytes(path: Path) -> int | None:
    """`MemAvailable` of Linux; elsewhere all there is, where the system says so."""
    try:
        lines = dict(line.split(":", 1) for line in path.read_text().splitlines())
        return int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, ValueError, KeyError, IndexError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
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
