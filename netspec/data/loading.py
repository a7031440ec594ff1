"""Whether a data set is read as a whole or while it is used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from netspec.data.dataset import Say
from netspec.data.free_memory import free_bytes

SHARE = 4
"""A data set larger than this part of what is free is streamed, where nobody says otherwise."""


LEFT_OUT = "leave `loading` out: they are read while they are used then"
"""What helps where images that can be streamed are more than memory holds."""


@dataclass(frozen=True)
class Loading:
    """What `data.loading` asks for, and what there is."""

    how: Literal["memory", "stream", "auto"] = "memory"
    room: int | None = None
    """Bytes that are free on the device, where that has a memory of its own."""
    say: Say | None = None

    def streams(self, size: int) -> bool:
        """Whether pixels of `size` bytes in all are to be streamed."""
        if self.how != "auto":
            return self.how == "stream"
        free = [each for each in (free_bytes(), self.room) if each is not None]
        return bool(free) and size > min(free) // SHARE


MEMORY = Loading()
