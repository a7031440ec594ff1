"""What a command that computes does first: JAX is installed, as netspec wants it, and has a device."""

from __future__ import annotations

import os
import subprocess
import sys

from netspec import kernels
from netspec.cli import cache, messages
from netspec.diagnostics.diagnostic import placeless
from netspec.diagnostics.errors import DeviceError

FLAGS = "XLA_FLAGS"


def begin() -> None:
    """Before JAX is imported. Raises Uninstalled or DeviceError where it cannot compute here as it is asked to."""
    messages.require_training()
    from netspec.lowering import jax_environment

    if aside := jax_environment.set_aside(os.environ):
        words = ", ".join(f"`{name}`" for name in aside)
        messages.warn("NS623", f"{words} {'has' if len(aside) == 1 else 'have'} no effect on this command")
    asked = any(name.startswith("JAX_") or name == FLAGS for name in os.environ)
    kernels.chosen()
    cache.keep_programs()
    if os.environ.get(FLAGS):
        _flags()
    if asked:
        _device()


def _flags() -> None:
    """Tries XLA's flags in a process of their own: a wrong one ends the process, and no exception is raised."""
    alone = os.environ | {"JAX_PLATFORMS": "cpu"}
    tried = subprocess.run(
        [sys.executable, "-c", "import jax; jax.devices()"], env=alone, capture_output=True, text=True, errors="replace"
    )
    if tried.returncode:
        last = (tried.stderr.strip() or "XLA gives no reason").splitlines()[-1]
        raise _cannot(last.rpartition("] ")[2], f"correct or unset `{FLAGS}`")


def _device() -> None:
    """Lets JAX look for its devices: what its variables ask for may not be there."""
    try:
        import jax

        jax.devices()
    except (
        RuntimeError,
        ValueError,
        AssertionError,
    ) as error:  # AssertionError: the one platform asked for has no device
        asked = os.environ.get("JAX_PLATFORMS") or os.environ.get("JAX_PLATFORM_NAME")
        reason = str(error).partition("\n")[0] or f"there is no device of the platform `{asked}`"
        raise _cannot(reason, f"unset `JAX_PLATFORMS` (`{asked}`), or set it to `cpu`" if asked else None) from None


def _cannot(reason: str, help: str | None) -> DeviceError:
    return DeviceError([placeless("NS624", f"JAX cannot start: {reason}", help)], status=3)
