"""The header of a `.npy` array, by numpy's reader, within bounds: only of numbers, and nothing is allocated by what it claims."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tokenize import TokenError
from typing import Any, BinaryIO

import numpy as np
from numpy.lib.format import read_array_header_1_0, read_array_header_2_0

from netspec.data.files import DAMAGE, FETCH_AGAIN, reason
from netspec.data.problem import Refused, problem

MAGIC = b"\x93NUMPY"
ARCHIVE = b"PK"
"""How an npz begins, and any other zip."""

PLAIN = "save a plain array of numbers"
OBJECTS = "Python objects inside"

LONGEST_AXIS = 10**80
"""No file has so many rows: such a number is no size, and not to be shown."""

LONGEST_HEADER = 10_000
"""As in numpy. An array of numbers needs about 100 bytes."""

MOST_AXES = 64
"""As in numpy."""

_READERS = {1: read_array_header_1_0, 2: read_array_header_2_0, 3: read_array_header_2_0}
"""By version; 3 differs from 2 in the names of fields alone, which an array of numbers has not."""


@dataclass(frozen=True)
class Header:
    """What an array is said to be."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    start: int
    """The byte of the stream at which the values begin."""
    fortran: bool

    @property
    def size(self) -> int:
        """How many bytes the values take."""
        return math.prod(self.shape) * self.dtype.itemsize


def header(
    stream: BinaryIO, path: Path, array: str | None, save: str, numbers: Callable[[str], str] = lambda kind: PLAIN
) -> Header:
    """The header at the beginning of a stream; `array` says which array of the file, `save` what would write it.

    `numbers` says how an array of another kind becomes one of numbers.

    Raises:
        Refused: NS502 no array, NS503 damaged or cut short, NS505 not of plain numbers.
    """
    found = _declared(stream, path, array, save)
    if found is None or found.dtype.kind not in "biuf" or found.dtype.itemsize > 8:
        kind = f"type `{found.dtype.str}`" if found else "a header that does not describe a plain array"
        if found and found.dtype.kind == "O":
            kind = OBJECTS
        fact = f"has {kind}; only numbers are read"
        raise Refused(problem("NS505", path, fact, where=array, help=numbers(kind)))
    return found


def _declared(stream: BinaryIO, path: Path, array: str | None, save: str) -> Header | None:
    """What a header says, whatever the type; None where it describes no plain array."""
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
    parsed = _parsed(head[6], text)
    if parsed is None:
        return None
    shape, fortran, dtype = parsed
    return Header(shape, dtype, 8 + length_bytes + length, fortran)


MOST_TEXTS = 1 << 16
LONGEST_TEXT = 1000
"""Bounds on an array of names."""


def texts(opened: Callable[[], BinaryIO], path: Path, array: str, size: int) -> tuple[str, ...]:
    """The texts of a one-dimensional array of `str` in a stream of `size` bytes, which `opened` opens.

    Raises:
        Refused: NS553 it is another array; NS502, NS503 as `header`.
    """
    with opened() as stream:
        found = _declared(stream, path, array, "save it with `numpy.savez`")
    help = "save them as `numpy.array(['cat', 'dog'])`"
    if found is None or found.dtype.kind != "U" or len(found.shape) != 1:
        kind = "a header that does not describe a plain array" if found is None else f"type `{found.dtype.str}`"
        fact = f"has {kind}" if found is None or found.dtype.kind != "U" else f"has {len(found.shape)} axes"
        raise Refused(problem("NS553", path, f"{fact}; names are one row of text", where=array, help=help))
    if found.shape[0] > MOST_TEXTS or found.dtype.itemsize > 4 * LONGEST_TEXT:
        raise Refused(problem("NS553", path, "has more or longer names than any report holds", where=array, help=help))
    if found.start + found.size != size:
        fact = f"declares {found.size:,} bytes of data, the archive has {max(size - found.start, 0):,}"
        raise Refused(problem("NS503", path, fact, where=array, help=FETCH_AGAIN))
    if found.dtype.itemsize == 0:
        return ("",) * found.shape[0]
    with opened() as stream:
        stream.read(found.start)
        content = stream.read(found.size)
    coding = "utf-32-be" if found.dtype.str[0] == ">" else "utf-32-le"
    cells = (content[at : at + found.dtype.itemsize] for at in range(0, found.size, found.dtype.itemsize))
    try:
        return tuple(cell.decode(coding).rstrip("\0") for cell in cells)
    except UnicodeDecodeError:
        raise Refused(problem("NS553", path, "holds no text", where=array, help=help)) from None


def _parsed(version: int, text: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any]] | None:
    """What numpy reads in the text of a header: shape, order, type; None where it describes no array."""
    size = len(text).to_bytes(2 if version == 1 else 4, "little")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a header of Python 2
            shape, fortran, dtype = _READERS[version](BytesIO(size + text), max_header_size=LONGEST_HEADER)
    # `ast.literal_eval` and the tokenizer raise what their parsing met.
    except (ValueError, SyntaxError, TypeError, TokenError, OverflowError, MemoryError, RecursionError):
        return None
    if len(shape) > MOST_AXES or any(type(axis) is not int or not 0 <= axis < LONGEST_AXIS for axis in shape):
        return None
    return shape, fortran, dtype
