"""The library of compiled kernels, and the instruction set that it runs on this machine."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.diagnostics.diagnostic import placeless
from netspec.diagnostics.errors import DeviceError

if TYPE_CHECKING:
    import ctypes

VERSION = 2
"""Grows with every change after which a kernel may give other bits, or take another time."""
VARIABLE = "NETSPEC_KERNELS"
PINS = ("off", "baseline", "avx2", "avx512")
FILE = Path(__file__).with_name("libnetspec.so")


@cache
def loaded() -> ctypes.CDLL | None:
    """The library; None where it was not built, or is not for this system."""
    import ctypes

    if not FILE.is_file():
        return None
    try:
        found = ctypes.CDLL(str(FILE))
    except OSError:  # built for another machine, or against a newer C++ library: as if it were not there
        return None
    found.netspec_choose.restype = ctypes.c_char_p
    found.netspec_choose.argtypes = [ctypes.c_char_p]
    return found


@cache
def chosen() -> str | None:
    """The instruction set that runs, chosen once: the best of this processor, or what `NETSPEC_KERNELS` pins.

    None where there are no kernels, or where the variable is `off`. Raises DeviceError where the pin cannot be.
    """
    pin = os.environ.get(VARIABLE) or None
    if pin is not None and pin not in PINS:
        raise _cannot(pin, f"it is one of {', '.join(f'`{name}`' for name in PINS)}")
    if pin == "off":
        return None
    if (found := loaded()) is None:
        if pin is not None:
            raise _cannot(pin, "this installation has no compiled kernels")
        return None
    name = found.netspec_choose(None if pin is None else pin.encode())
    if name is None:
        raise _cannot(str(pin), "this processor has no such instructions")
    return str(name.decode())


def identity() -> str | None:
    """Version and instruction set, for records and for what is kept between runs; None where none run.

    Results of one identity have the same bits, whatever the number of threads.
    """
    found = chosen()
    return None if found is None else f"{VERSION} {found}"


def _cannot(pin: str, why: str) -> DeviceError:
    return DeviceError(
        [placeless("NS624", f"`{VARIABLE}={pin}` cannot be: {why}", f"unset `{VARIABLE}`, or set it to `off`")],
        status=3,
    )
