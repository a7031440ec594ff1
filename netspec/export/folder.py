"""A folder that a crash at any moment leaves either old or new, never mixed and never missing."""

from __future__ import annotations

import ctypes
import errno
import glob
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from netspec.training import files

AT_FDCWD, RENAME_EXCHANGE = -100, 2  # Linux: fcntl.h, renameat2(2)


def replace(folder: Path, content: Mapping[str, bytes]) -> None:
    """Makes `content` all that `folder` holds; raises OSError, and then it holds what it held.

    Everything is written beside it first. What writers that were killed have left there is removed at the end.
    """
    beside = folder.with_name(f".{folder.name}-{secrets.token_hex(4)}.partial")
    try:
        for parent in (*reversed(beside.parents), beside):
            files.make_folder(parent)
        for name, data in content.items():
            files.write_atomic(beside / name, data)
        if folder.exists():
            exchange(beside, folder)
        else:
            beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    for orphan in folder.parent.glob(f".{glob.escape(folder.name)}-*.partial"):
        shutil.rmtree(orphan, ignore_errors=True)


def exchange(one: Path, other: Path) -> None:
    """Gives two folders each other's name in one step; two renames would leave a moment without either.

    Raises OSError where the system or the file system has no such step.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "renameat2"):
        raise OSError(errno.ENOTSUP, "this system cannot replace a folder in one step: remove it first", str(other))
    if libc.renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE):
        reason = os.strerror(ctypes.get_errno())
        raise OSError(ctypes.get_errno(), f"it cannot be replaced in one step ({reason}): remove it first", str(other))
