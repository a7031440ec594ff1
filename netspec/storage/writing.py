"""Files that a crash at any moment leaves either old or new, never torn.

A file is written under a temporary name in its own folder, flushed to the disk, and renamed over its target;
then the folder is flushed, or the rename itself may be lost with the power. Kill, full disk and power cut
leave a temporary behind at worst: `sweep` removes those.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

TEMPORARY = re.compile(r"\.netspec-[0-9a-f]{16}\.partial")


class System(Protocol):
    """The calls that change the disk. A test puts its own in place of `system` and fails any one of them."""

    def open(self, path: Path, flags: int, mode: int = ..., /) -> int: ...  # noqa: D102
    def mkdir(self, path: Path, /) -> None: ...  # noqa: D102
    def write(self, fd: int, data: memoryview, /) -> int: ...  # noqa: D102
    def fsync(self, fd: int, /) -> None: ...  # noqa: D102
    def close(self, fd: int, /) -> None: ...  # noqa: D102
    def replace(self, src: Path, dst: Path, /) -> None: ...  # noqa: D102
    def unlink(self, path: Path, /) -> None: ...  # noqa: D102


system: System = os


def write_atomic(path: Path, data: bytes) -> None:
    """Make `data` the content of `path`; raises OSError, and then `path` holds what it held or all of `data`.

    A symbolic link is followed, as other writers do. What exists and is no regular file (a device, a pipe) is
    refused: the rename would replace `/dev/null` for everybody.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    with naming(path):
        _replace(target, data)


class Changed(OSError):
    """A file does not hold any more what it held when it was read."""


def rewrite(path: Path, old: bytes, new: bytes) -> None:
    """Make `new` the content of a file that holds `old`; owner, mode, links and attributes stay.

    The file is replaced as by `write_atomic`. Where that would break a hard link or change the owner, or no file can be
    put beside it, it is written in place: then only a crash in the middle of the write leaves it torn.

    Raises Changed where the file holds anything else just before it is replaced, and OSError where it may not be
    written: read-only by its mode too, though root could. Then it holds what it held.
    """
    target = Path(os.path.realpath(path))
    with naming(path):
        file = system.open(target, os.O_RDWR | os.O_CLOEXEC)
        try:
            status = os.fstat(file)
            if not status.st_mode & 0o222:
                raise PermissionError(errno.EACCES, "the file is read-only", str(path))
            if status.st_nlink > 1 or not _replaced(target, old, new, status):
                _write_in_place(file, old, new)
        finally:
            system.close(file)


def _replaced(target: Path, old: bytes, new: bytes, status: os.stat_result) -> bool:
    """Replaces a file by one with its owner, mode and attributes; False, with nothing done, where none can be made."""

    def liken(temporary: Path) -> None:
        made = temporary.stat()
        if (made.st_uid, made.st_gid) != (status.st_uid, status.st_gid):
            os.chown(temporary, status.st_uid, status.st_gid)
        shutil.copystat(target, temporary)
        os.utime(temporary)  # its time is that of the change
        _require(old, target.read_bytes())

    try:
        _replace(target, new, liken)
    except PermissionError:
        return False
    return True


def _write_in_place(file: int, old: bytes, new: bytes) -> None:
    """Overwrites an open file; what was in it comes back where that fails, for which there is room."""
    with open(file, "rb", closefd=False) as content:
        _require(old, content.read())
    try:
        _overwrite(file, new)
    except BaseException:
        with suppress(OSError):
            _overwrite(file, old)
        raise


def _overwrite(file: int, data: bytes) -> None:
    os.lseek(file, 0, os.SEEK_SET)
    write_all(file, data)
    os.ftruncate(file, len(data))
    system.fsync(file)


def _require(old: bytes, found: bytes) -> None:
    if found != old:
        raise Changed(errno.EBUSY, "it was changed by another program in the meantime")


def write_all(file: int, data: bytes) -> None:
    """Write all of `data` to an open file. A write may take a part: Linux 2 GiB at most, a filling disk what is left."""
    rest = memoryview(data)
    while rest:
        rest = rest[system.write(file, rest) :]


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """An OSError of the block names `path`, where of its own it names a temporary or knows its file by number alone."""
    try:
        yield
    except OSError as error:
        if not isinstance(error.filename, str | os.PathLike) or TEMPORARY.fullmatch(Path(error.filename).name):
            error.filename = str(path)
        raise


def make_folder(folder: Path) -> bool:
    """Make `folder` where it is missing, in a parent that exists, so that it survives a power cut; says whether it did.

    Of several processes that make it at the same time one is told so.
    """
    if folder.is_dir():
        return False
    try:
        system.mkdir(folder)
    except FileExistsError:
        if not folder.is_dir():
            raise
        return False
    _sync_folder(folder.parent)
    return True


def sweep(folder: Path) -> list[Path]:
    """Remove the temporaries that killed writers left in `folder`; gives what was removed.

    The caller holds the run's lock and has no write into `folder` under way.
    """
    orphans = sorted(path for path in folder.iterdir() if TEMPORARY.fullmatch(path.name))
    for orphan in orphans:
        system.unlink(orphan)
    return orphans


def _replace(target: Path, data: bytes, ready: Callable[[Path], None] = lambda _: None) -> None:
    """Puts a file with the data, made ready, in the place of another."""
    temporary = target.with_name(f".netspec-{secrets.token_hex(8)}.partial")
    try:
        _write_through(temporary, data)
        ready(temporary)
        system.replace(temporary, target)
    except BaseException:
        with suppress(OSError):  # the error that led here says more, and `sweep` comes back
            system.unlink(temporary)
        raise
    _sync_folder(target.parent)


def _write_through(path: Path, data: bytes) -> None:
    """A new file with all of `data`, on the disk when this returns."""
    file = system.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        write_all(file, data)
        system.fsync(file)
    finally:
        system.close(file)


def _sync_folder(folder: Path) -> None:
    """Flush the folder's entries: without it a rename is not durable (fsync(2), notes)."""
    handle = system.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        system.fsync(handle)
    finally:
        system.close(handle)
