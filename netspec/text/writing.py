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
from collections.abc import Iterator
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
    temporary = target.with_name(f".netspec-{secrets.token_hex(8)}.partial")
    with naming(path):
        try:
            _write_through(temporary, data)
            system.replace(temporary, target)
        except BaseException:
            with suppress(OSError):  # the error that led here says more, and `sweep` comes back
                system.unlink(temporary)
            raise
        _sync_folder(target.parent)


def write_all(file: int, data: bytes) -> None:
    """Write all of `data` to an open file. A write may take a part: Linux 2 GiB at most, a filling disk what is left."""
    rest = memoryview(data)
    while rest:
        rest = rest[system.write(file, rest) :]


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """An OSError of the block names `path`: that of a write or a flush knows its file by number alone."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename if isinstance(error.filename, str | os.PathLike) else str(path)
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
