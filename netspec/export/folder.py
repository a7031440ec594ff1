"""A folder that holds its old content or its new, never a mixture, whatever happens while it is replaced."""

from __future__ import annotations

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

NEW, OLD = ".partial", ".replaced"
TAKEN = (errno.ENOTEMPTY, errno.EEXIST)
UNLOCKABLE = (errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOTSUP)


def replace(folder: Path, content: Mapping[str, bytes], check: Callable[[], None] = lambda: None) -> None:
    """Makes `content` all that `folder` holds; raises OSError, and then it holds what it held.

    Everything is written beside it first; then `check` may raise, last before the folder is replaced. Writers in one parent
    take turns; of two that replace the same folder, the last one's content stays. What writers that were killed have left
    is removed at the end; one that was killed between the two renames has left the old content as `.NAME-….replaced`,
    which is then put back first.
    """
    beside = folder.with_name(f".{folder.name}-{secrets.token_hex(4)}{NEW}")
    for parent in reversed(beside.parents):
        with suppress(FileExistsError):  # by another writer, since it was looked for
            writing.make_folder(parent)
    with _turn(folder.parent) as alone:
        if alone:
            _restore(folder)
        try:
            writing.make_folder(beside)
            for name, data in content.items():
                writing.write_atomic(beside / name, data)
            check()
            _put(beside, folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        for orphan in _left(folder, NEW, OLD) if alone else ():
            shutil.rmtree(orphan, ignore_errors=True)


def _left(folder: Path, *endings: str) -> list[Path]:
    """What writers of `folder` that were killed have left, with one of these endings."""
    name = re.compile(rf"\.{re.escape(folder.name)}-[0-9a-f]{{8}}")
    return [path for path in folder.parent.iterdir() if path.suffix in endings and name.fullmatch(path.stem)]


def _restore(folder: Path) -> None:
    """Gives a folder that a killed writer had moved aside its name again."""
    if not folder.exists():
        for old in _left(folder, OLD)[:1]:
            writing.system.replace(old, folder)


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
    """Gives what was written the folder's name; the folder that bears it, maybe of another writer just now, is moved aside.

    A rename replaces no folder that holds something. So there is a moment in which neither is there.
    """
    old = beside.with_suffix(OLD)
    while True:
        with suppress(FileNotFoundError):
            writing.system.replace(folder, old)
        try:
            writing.system.replace(beside, folder)
        except OSError as error:
            if error.errno in TAKEN:
                shutil.rmtree(old, ignore_errors=True)
                continue
            with suppress(OSError):
                writing.system.replace(old, folder)
            raise
        shutil.rmtree(old, ignore_errors=True)
        return
