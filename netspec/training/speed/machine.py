"""What this machine is, as far as speed depends on it. JAX is imported by `machine` alone."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from pathlib import Path
from typing import Any

from netspec.training.record import environment

CPUINFO = Path("/proc/cpuinfo")


@cache
def machine() -> dict[str, Any]:
    """The platform, the device's name, cores, and the versions of what compiles."""
    import jax

    facts = environment()
    versions = facts["versions"]
    device = jax.devices()[0]
    cpu = device.platform == "cpu"
    return {
        "platform": device.platform,
        "device": _processor("model name") or platform.machine() if cpu else device.device_kind,
        "cores": facts["cores"],
        "netspec": versions.get("netspec-compiler"),
        "jax": versions.get("jax"),
        "jaxlib": versions.get("jaxlib"),
    }


@cache
def processor() -> str:
    """A name for the processor and its instructions, 12 digits: code made for one may not run on another."""
    flags = _processor("flags") or _processor("Features") or platform.processor()
    facts = (platform.machine(), _processor("model name"), flags)
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]


def _processor(name: str) -> str | None:
    """A line of the first processor in /proc/cpuinfo; None elsewhere than on Linux."""
    try:
        lines = CPUINFO.read_text("utf-8", "replace").split("\n\n")[0].splitlines()
    except OSError:
        return None
    found = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    return found.get(name)
