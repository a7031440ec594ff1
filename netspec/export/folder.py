"""A folder that a crash at any moment leaves either old or new, never mixed and never missing."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from netspec.storage import writing

AT_FDCWD, RENAME_EXCHANGE = -100, 2  # Linux: fcntl.h, renameat2(2)
UNLOCKABLE = (errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOTSUP)


def replace(folder: Path, content: Mapping[str, bytes], check: Callable[[], None] = lambda: None) -> None:
    """Makes `content` all that `folder` holds; raises OSError, and then it holds what it held.

    Everything is written beside it first; then `check` may raise, last before the folder is replaced. What writers that were killed have left there is removed at the end. Writers
    in one parent take turns; of two that replace the same folder, the last one's content stays.
    """
    beside = folder.with_name(f".{folder.name}-{secrets.token_hex(4)}.partial")
    for parent in reversed(beside.parents):
        with suppress(FileExistsError):  # by another writer, since it was looked for
            writing.make_folder(parent)
    with _turn(folder.parent) as alone:
        try:
            writing.make_folder(beside)
            for name, data in content.items():
                writing.write_atomic(beside / name, data)
            check()
            _put(beside, folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        own = re.compile(rf"\.{re.escape(folder.name)}-[0-9a-f]{{8}}\.partial")
        for orphan in folder.parent.iterdir() if alone else ():
            if own.fullmatch(orphan.name):
                shutil.rmtree(orphan, ignore_errors=True)


@contextmanager
def _turn(parent: Path) -> Iterator[bool]:
    """Waits for other writers in `parent`, and says whether there can be none now.

    The kernel's lock on the folder itself leaves no file and ends with its process. NFS has no lock on a folder: there
    writers run at once, which `_put` bears, and what killed ones have left stays.
    """
    handle = os.open(parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in UNLOCKABLE:
                raise
            yield False
        else:
            yield True
    finally:
        os.close(handle)


def _put(beside: Path, folder: Path) -> None:
    """Gives what was written the folder's name; another writer may have made one meanwhile."""
    if not folder.exists():
        try:
            beside.rename(folder)
            return
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
    exchange(beside, folder)


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
