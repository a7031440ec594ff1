"""The standard streams of a process that was started without one, or whose errors nobody can be told."""

from __future__ import annotations

import io
import os
import sys
from typing import Any

MODES = (os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)
"""How 0, 1 and 2 are held where they were closed: to read and to write results fails, messages go nowhere."""


class Unheard(io.FileIO):
    """Standard error: what cannot be written is lost, and the exit status stays that of what was to be told."""

    def write(self, data: Any, /) -> int:
        """As FileIO does; a disk that is full and a reader that has gone take everything."""
        try:
            written = super().write(data)
        except OSError:
            written = None
        return len(data) if written is None else written


def hold() -> None:
    """Gives each of the descriptors 0, 1 and 2 a stream, and standard error one that never fails.

    What is closed (`>&-`) would go to the next file that is opened: results, or what XLA writes to 2, would end up in a
    checkpoint. Python itself has None for it. What is held is handed on to the program that replaces this one.
    """
    for number, mode in enumerate(MODES):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, mode), True)  # the lowest number that is free: this one
    if sys.stdout is None:
        sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), "utf-8", write_through=True)
    encoding = "utf-8" if sys.stderr is None else sys.stderr.encoding
    raw = io.BufferedWriter(Unheard(2, "w", closefd=False))
    sys.stderr = io.TextIOWrapper(raw, encoding, "backslashreplace", line_buffering=True)
