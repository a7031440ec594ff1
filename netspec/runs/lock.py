"""One run, one process: a second one that wants to write into a run directory is refused.

The lock is the kernel's (`flock`): it ends with the process that holds it, even by kill -9, so there is no
stale lock to clean up. The file stays where it is: removing it would let two processes lock two files of one
name. POSIX only.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = ".lock"


class InUse(Exception):
    """Another process holds the run directory; its message names it, where it has said who it is."""

    def __init__(self, folder: Path, pid: int | None, host: str | None) -> None:
        who = f"process {pid} on {host}" if pid else "another process"
        super().__init__(f"{folder} is in use by {who}")


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold `folder`, which exists, for as long as the block runs.

    Raises InUse, without waiting; OSError where the folder cannot be written or its file system has no locks.
    """
    file = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUse(folder, *_holder(file)) from None
        os.ftruncate(file, 0)
        os.pwrite(file, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode(), 0)
        yield
    finally:
        os.close(file)


def _holder(file: int) -> tuple[int | None, str | None]:
    """Who holds the lock, as it wrote: for the message only."""
    try:
        owner = json.loads(os.pread(file, 4096, 0))
    except ValueError:  # read between its lock and its writing
        return None, None
    return owner["pid"], owner["host"]
