"""One run, one process: a second one that wants to write into a run directory is refused.

The lock is the kernel's, by filelock: it ends with the process that holds it, even by kill -9, so there is no stale lock
to clean up. Who holds it stands in a file of its own: filelock may empty the one that it locks.
"""

from __future__ import annotations

import errno
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from netspec.storage.writing import write_atomic

NAME, HOLDER = ".lock", ".holder"


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
    folder.stat()  # filelock would make it
    lock, holder = FileLock(folder / NAME), folder / HOLDER
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise InUse(folder, *_said(holder)) from None
    except NotImplementedError as error:
        raise OSError(errno.ENOTSUP, str(error), str(folder)) from None
    try:
        write_atomic(holder, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode())
        yield
    finally:
        with suppress(OSError):
            holder.unlink()
        lock.release()


def _said(holder: Path) -> tuple[int | None, str | None]:
    """Who holds the lock, as it wrote: for the message only."""
    try:
        owner = json.loads(holder.read_bytes())
        return owner["pid"], owner["host"]
    except (OSError, ValueError, TypeError, KeyError):  # between its lock and its writing, or nobody's of netspec
        return None, None
