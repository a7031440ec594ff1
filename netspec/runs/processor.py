"""What the system says of the processor; imports none of the packages."""

from __future__ import annotations

import platform
from functools import cache
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")


@cache
def facts() -> dict[str, str]:
    """The lines of the first processor in /proc/cpuinfo, by name; empty elsewhere than on Linux."""
    try:
        lines = CPUINFO.read_text("utf-8", "replace").split("\n\n")[0].splitlines()
    except OSError:
        return {}
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}


def name() -> str:
    """The processor's model, or its architecture where the system names no model: XLA compiles for the instructions it has."""
    return facts().get("model name") or platform.machine()
