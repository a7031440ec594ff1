"""The header of a `.npy` array: matched against one pattern, never evaluated.

numpy's own reader evaluates it as Python, allocates whatever it claims, and advises on unpickling what it cannot read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from netspec.data.files import DAMAGE, FETCH_AGAIN, reason
from netspec.data.problem import Refused, problem

MAGIC = b"\x93NUMPY"
ARCHIVE = b"PK"
"""How an npz begins, and any other zip."""

PLAIN = "save a plain array of numbers"
OBJECTS = "Python objects inside"

LONGEST_HEADER = 10_000
"""As in numpy. An array of numbers needs about 100 bytes."""

_HEADER = re.compile(
    r"\{\s*'descr':\s*'(?P<type>[^']{0,60})',\s*'fortran_order':\s*(?P<fortran>True|False),"
    r"\s*'shape':\s*\(\s*(?P<shape>(?:\d{1,80}\s*,\s*){0,63}(?:\d{1,80})?)\s*\),?\s*\}\s*"
)
_NUMBERS = re.compile(r"[<>|=]?(b1|[iu][1248]|f[248])")


@dataclass(frozen=True)
class Header:
    """What an array is said to be."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    start: int
    """Bytes before the data."""
    fortran: bool

    @property
    def size(self) -> int:
        """The bytes of the data."""
        return math.prod(self.shape) * self.dtype.itemsize


def header(
    stream: BinaryIO, path: Path, array: str | None, save: str, numbers: Callable[[str], str] = lambda kind: PLAIN
) -> Header:
    """The header at the beginning of a stream; `array` says which array of the file, `save` what would write it.

    `numbers` says how an array of another kind becomes one of numbers.

    Raises:
        Refused: NS502 no array, NS503 damaged or cut short, NS505 not of plain numbers.
    """
    begin = f"{array}, byte 0" if array else "byte 0"
    try:
        head = stream.read(12)
        length_bytes = 2 if head[6:7] == b"\1" else 4
        length = int.from_bytes(head[8 : 8 + length_bytes], "little")
        text = (head[8 + length_bytes :] + stream.read(min(length, LONGEST_HEADER)))[:length]
    except DAMAGE as error:
        fact = f"is damaged or cut short ({reason(error)})"
        raise Refused(problem("NS503", path, fact, where=begin, help=FETCH_AGAIN)) from None
    known = head.startswith(MAGIC) and head[6:7] in (b"\1", b"\2", b"\3")
    if not known or length > LONGEST_HEADER:
        fact = f"has a header of {length:,} bytes" if known else "is no numpy array"
        if head.startswith(ARCHIVE):
            fact = "is an archive of arrays (npz), not one array"
        raise Refused(problem("NS502", path, fact, where=begin, help=save))
    if len(text) < length:
        fact = f"ends within its header of {length:,} bytes"
        raise Refused(problem("NS503", path, fact, where=begin, help=FETCH_AGAIN))
    match = _HEADER.fullmatch(text.decode("latin-1"))
    if match is None or not _NUMBERS.fullmatch(match["type"]):
        kind = f"type `{match['type']}`" if match else "a header that does not describe a plain array"
        if match and match["type"].lstrip("|<>=") == "O":
            kind = OBJECTS
        fact = f"has {kind}; only numbers are read"
        raise Refused(problem("NS505", path, fact, where=array, help=numbers(kind)))
    shape = tuple(int(axis) for axis in match["shape"].split(",") if axis.strip())
    return Header(shape, np.dtype(match["type"]), 8 + length_bytes + length, match["fortran"] == "True")
