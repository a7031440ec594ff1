"""From a name on the command line to a Source: bounded reading and strict decoding."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from netspec.text.source import START, Fault, Source, Span

LIMIT_BYTES = 2**20

STDIN = "<stdin>"

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file whose content could not be had. (One that was read and is bad text is a Source with faults.)"""

    name: str
    reason: str
    """One line: the system's own words, or what the file is instead of a regular one."""


def read_source(name: str, stdin: BinaryIO | None = None) -> Source | Unreadable:
    """The text of the file `name`; of `stdin` (default: the process's own) where the name is `-`.

    Never more than 1 MiB and one byte is read, and nothing but a regular file is: neither a FIFO nor an
    endless stream can hang it. Bytes that are no text give a Source whose `faults` say so.
    """
    try:
        if name == "-":
            return decode(_read_stdin(stdin), STDIN)
        return decode(_read_regular(name), name, Path(name))
    except OSError as error:
        return Unreadable(STDIN if name == "-" else name, error.strerror or str(error))


def _read_stdin(stdin: BinaryIO | None) -> bytes:
    if stdin is None:
        stdin = getattr(sys.stdin, "buffer", None)
    if stdin is None or stdin.closed:
        raise OSError("standard input is closed")
    return stdin.read(LIMIT_BYTES + 1)


def _read_regular(name: str) -> bytes:
    # Without O_NONBLOCK, opening a FIFO waits for its writer; neither flag exists on every platform.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(name, flags)
    except ValueError as error:  # a NUL, or what the file system's encoding lacks
        raise OSError("the name holds a character that no file name can have") from error
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise OSError(_kind(mode))
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(LIMIT_BYTES + 1)
    finally:
        os.close(descriptor)


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "it is a directory"
    if stat.S_ISFIFO(mode):
        return "it is a pipe; give `-` to read standard input"
    return "it is a device, not a regular file"


def decode(data: bytes, name: str, path: Path | None = None) -> Source:
    """The text that `data` holds: at most 1 MiB of UTF-8, with or without a byte order mark."""
    if len(data) > LIMIT_BYTES:
        message = "the spec is larger than 1 MiB"
        text = data[:LIMIT_BYTES].decode(_other_encoding(data) or "utf-8", "replace").removeprefix("\ufeff")
        return _wrong(name, text, path, "NS002", message, help="write repeated layers with `repeat`")
    if encoding := _other_encoding(data):
        text = data.decode(encoding, "replace").removeprefix("\ufeff")
        message = f"the text is {encoding.upper()[:6]}, not UTF-8"
        return _wrong(name, text, path, "NS003", message, help="save the file as UTF-8")
    marked = data.startswith(_BOM)
    data = data.removeprefix(_BOM)
    try:
        return Source(name, data.decode(), path, marked=marked)
    except UnicodeDecodeError as error:
        text = data.decode(errors="replace")
        start = len(data[: error.start].decode())
        message = f"the byte `0x{data[error.start]:02X}` is not UTF-8"
        place = Source(name, text).span(start, start + 1)
        return _wrong(name, text, path, "NS003", message, place, help="save the file as UTF-8")


def encode(source: Source) -> bytes:
    """The bytes of a text as `decode` found them: its byte order mark, if it had one, and UTF-8."""
    return _BOM * source.marked + source.text.encode()


def _wrong(
    name: str, text: str, path: Path | None, code: str, message: str, span: Span = START, *, help: str
) -> Source:
    return Source(name, text, path, (Fault(code, message, span, help=help),))


def _other_encoding(data: bytes) -> str | None:
    """UTF-32 or UTF-16, by its byte order mark or by where the NULs of two ASCII characters stand."""
    for encoding, mark in _MARKS:
        if data.startswith(mark):
            return encoding
    nulls = tuple(byte == 0 for byte in data[:4])
    return _NULLS.get(nulls)


_MARKS = (
    ("utf-32-le", b"\xff\xfe\0\0"),  # before UTF-16, whose mark is its start
    ("utf-32-be", b"\0\0\xfe\xff"),
    ("utf-16-le", b"\xff\xfe"),
    ("utf-16-be", b"\xfe\xff"),
)

_NULLS: dict[tuple[bool, ...], str] = {
    (False, True, True, True): "utf-32-le",
    (True, True, True, False): "utf-32-be",
    (False, True, False, True): "utf-16-le",
    (True, False, True, False): "utf-16-be",
}
