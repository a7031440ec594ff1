"""What this machine is, as far as speed depends on it. JAX is imported by `machine` alone."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from typing import Any

from netspec import kernels
from netspec.runs.processor import facts, name
from netspec.runs.record import environment


@cache
def machine() -> dict[str, Any]:
    """The platform, the device's name, cores, the versions of what compiles, and of the compiled kernels."""
    import jax

    here = environment()
    versions = here["versions"]
    device = jax.devices()[0]
    cpu = device.platform == "cpu"
    return {
        "platform": device.platform,
        "device": here["processor"] if cpu else device.device_kind,
        "cores": here["cores"],
        "netspec": versions.get("netspec-compiler"),
        "jax": versions.get("jax"),
        "jaxlib": versions.get("jaxlib"),
        "kernels": kernels.identity() if cpu else None,
    }


@cache
def processor() -> str:
    """A name for the processor and its instructions, 12 digits: code made for one may not run on another."""
    flags = facts().get("flags") or facts().get("Features") or platform.processor()
    return hashlib.sha256(repr((platform.machine(), name(), flags)).encode()).hexdigest()[:12]
