"""Whether anybody else was computing while times were taken; known on Linux alone."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

STAT = Path("/proc/stat")


class Elsewhere:
    """Processor time of everything but this process and some others, from its making on."""

    def __init__(self, ours: Iterable[int]) -> None:
        """`ours` are the numbers of the processes that are measured."""
        self._ours = [*ours, os.getpid()]
        self._start, self._taken = time.monotonic(), self._elsewhere()

    def cores(self) -> float | None:
        """How many cores others kept busy, on average; None where it cannot be known."""
        taken = self._elsewhere()
        if taken is None or self._taken is None:
            return None
        return (taken - self._taken) / (time.monotonic() - self._start)

    def _elsewhere(self) -> float | None:
        """Seconds."""
        if not STAT.exists():
            return None
        user, nice, system, _, _, *interrupts = map(int, STAT.read_text().splitlines()[0].split()[1:8])
        ticks = user + nice + system + sum(interrupts)
        for process in self._ours:
            fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
            ticks -= int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")
