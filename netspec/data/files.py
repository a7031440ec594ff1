"""Files that may be anything: opened only if regular, read only as far as they declare."""

from __future__ import annotations

import gzip
import os
import shlex
import stat
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, cast
from unicodedata import normalize
from zipfile import BadZipFile

from netspec.data.free_memory import free_bytes
from netspec.data.problem import Problem, Refused, problem
from netspec.language.spelling import likest

CHUNK_BYTES = 1 << 20
"""At most this much is inflated at a time. A multiple of every item's size."""

DEFLATE_RATIO = 1032
"""No deflate stream expands further (zlib's technical details: 258 bytes from 2 bits)."""

DAMAGE = (OSError, EOFError, zlib.error, BadZipFile, RuntimeError, NotImplementedError, ValueError)
"""What gzip, zipfile and zlib raise on bytes they cannot follow (a truncated gzip: EOFError)."""

FETCH_AGAIN = "fetch the file again and compare its checksum with the published one"


def there(path: Path) -> bool:
    """Whether the path leads to something; what may not be looked at is not there (`Path.exists` raises)."""
    try:
        path.stat()
    except (OSError, ValueError):
        return False
    return True


def is_folder(path: Path) -> bool:
    """Whether the path leads to a folder; False too where it may not be looked at."""
    return there(path) and path.is_dir()


def at_home(path: Path) -> Path:
    """The path with the home folder for a leading `~`; as it is where that is nobody's."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def names_in(folder: Path) -> list[str]:
    """The names in a folder in their order; none where it may not be looked into."""
    try:
        return sorted(path.name for path in folder.iterdir())
    except OSError:
        return []


def nearest(name: str, others: Iterable[str]) -> str | None:
    """The one of `others` that `name` was meant to be: equal but for case and form of Unicode, else the most alike; None: no one.

    >>> nearest("Dog", ("cat", "dog")), nearest("dogs", ("cat", "dog")), nearest("emu", ("cat", "dog"))
    ('dog', 'dog', None)
    """
    known = tuple(others)
    same = next((other for other in known if letters(other) == letters(name)), None)
    return same or likest(name, known, 0.75)


def letters(name: str) -> str:
    """A name without case, forms of Unicode and outer spaces.

    >>> letters("Cafe\u0301 ") == letters("caf\xe9")
    True
    """
    return normalize("NFC", name).casefold().strip()


def size_of(path: Path, replace: str = FETCH_AGAIN) -> int:
    """The size of the file at `path` in bytes, more than 0; `replace` helps where it is empty.

    Raises:
        Refused: NS501 it is not there or cannot be read; NS502 it is no regular file (a pipe would block);
            NS503 it is empty, which is what an interrupted download leaves.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise Refused(problem("NS501", path, reason(error))) from None
    if not stat.S_ISREG(status.st_mode):
        raise Refused(problem("NS502", path, "is not a regular file"))
    if not os.access(path, os.R_OK):
        raise Refused(problem("NS501", path, "may not be read", help=f"chmod u+r {shlex.quote(str(path))}"))
    if status.st_size == 0:
        raise Refused(problem("NS503", path, "is empty", where="byte 0", help=replace))
    return status.st_size


def facts(found: os.stat_result) -> tuple[int, int]:
    """What shows that a file has not changed: its size in bytes, and the time of its last change in ns."""
    return found.st_size, found.st_mtime_ns


def changed(path: Path) -> Problem:
    """NS519: a file is another one than when the data set was listed."""
    help = "put the file back, or train anew: netspec reads a changed data set as another one"
    return problem("NS519", path, "has changed since the data set was looked at", help=help)


def reason(error: BaseException) -> str:
    """What the system or a library said, in one line."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split()) or type(error).__name__


def fits(path: Path, size: int, where: str | None = None, help: str = "use fewer or smaller images") -> None:
    """Refuses with NS504 what would take more than half of the memory that is free, before any of it is allocated."""
    free = free_bytes()
    if free is not None and size > free // 2:
        fact = f"declares {size:,} bytes of examples, more than half of the {free:,} that are free"
        raise Refused(problem("NS504", path, fact, where=where, help=help))


def is_gzip(path: Path) -> bool:
    """Whether the content is gzip, whatever the name says: browsers inflate a download and keep its `.gz`."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def open_inflated(path: Path) -> BinaryIO:
    """The content, inflated on the way if it is gzip."""
    return cast("BinaryIO", gzip.open(path, "rb")) if is_gzip(path) else path.open("rb")


def exactly(stream: BinaryIO, size: int, path: Path, start: int, array: str) -> Iterator[memoryview]:
    """The next `size` bytes, in chunks, and the certainty that the stream ends after them.

    A checksum is compared when the stream ends, so the last thing done is to read one byte more. `start` is
    how many bytes were read before, `array` is which array of the file this is.

    Raises:
        Refused: NS503 with the (inflated) byte at which the data end, go on or are damaged.
    """
    done, chunk, prefix = 0, memoryview(bytearray(min(size, CHUNK_BYTES))), f"{array}, " if array else ""

    def damaged(fact: str) -> Refused:
        return Refused(problem("NS503", path, fact, where=f"{prefix}byte {start + done}", help=FETCH_AGAIN))

    try:
        while done < size:
            part = chunk[: min(len(chunk), size - done)]
            filled = 0
            while filled < len(part):
                got = stream.readinto(part[filled:])  # type: ignore[attr-defined]
                if not got:
                    raise damaged(f"ends {size - done:,} bytes short of the {size:,} it declares")
                filled, done = filled + got, done + got
            yield part
        more = stream.read(1)
    except DAMAGE as error:
        raise damaged(f"is damaged or cut short ({reason(error)})") from None
    if more:
        raise damaged(f"goes on after the {size:,} bytes it declares")
