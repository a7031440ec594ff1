"""numpy archives with the arrays x_train, y_train, x_test and y_test, as Keras publishes its data sets.

The archive is read as what it is, a zip of .npy files: a header's shape has to agree with `input` and with the
size in the archive's directory, and inflation stops there.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, BinaryIO, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import numpy as np

from netspec.data import npy
from netspec.data.arrays import Declared, load_arrays
from netspec.data.checks import Shape
from netspec.data.dataset import Dataset
from netspec.data.files import DAMAGE, DEFLATE_RATIO, FETCH_AGAIN, reason, size_of
from netspec.data.labels import names_problem, shape_problem
from netspec.data.loading import MEMORY, Loading
from netspec.data.problem import Problem, Refused, problem

ARRAYS = (("x_train", "y_train"), ("x_test", "y_test"))

LABELS = tuple(labels for _, labels in ARRAYS)

TEXT_LABELS = (
    "number the classes: `classes, y = numpy.unique(numpy.concatenate([y_train, y_test]), return_inverse=True)`, "
    "then save `y[:len(y_train)]` and `y[len(y_train):]`"
)
"""Both parts at once: a class that only one of them has would shift the numbers of the other."""

END_BYTES = 22
LARGEST_DIRECTORY = 1 << 20


NAMES = "classes"
"""The array that names the labels, where it is there."""


def load(
    path: Path,
    input_shape: Shape,
    outputs: int | None,
    names: tuple[str, ...] | None = None,
    labelled: str = "class",
    loading: Loading = MEMORY,
) -> Dataset:
    """The data set in the archive at `path`; `names` are those of a published one, `labelled` is `data.labels`.

    Raises:
        Refused: everything that is wrong with it.
    """
    entries = _entries(path)
    parts: list[list[Declared]] = []
    problems: list[Problem] = []
    for part in ARRAYS:
        parts.append([])
        for name in part:
            try:
                parts[-1].append(_header(path, entries, name))
            except Refused as refused:
                problems.extend(refused.problems)
    own: tuple[str, ...] | None = None
    try:
        own = None if names else _names(path, entries, outputs)
    except Refused as refused:
        if labelled != "class":  # that a network has other outputs than there are labels is told before their names
            wrong = (shape_problem(each[1].shape, labelled, outputs, path, each[1].array) for each in parts if each[1:])
            problems += [one for one in wrong if one is not None]
        problems.extend(refused.problems)
    if problems:
        raise Refused(*problems)
    pairs = [(images, labels) for images, labels in parts]
    return load_arrays(path, pairs, input_shape, outputs, names, labelled, own, loading)


def _names(path: Path, entries: list[ZipInfo], outputs: int | None) -> tuple[str, ...] | None:
    """What the array `classes` calls the labels; None where there is none. It is text: a plain array of `str`."""
    if not any(entry.filename == f"{NAMES}.npy" for entry in entries):
        return None
    entry, where = _entry(path, entries, NAMES), f"array `{NAMES}`"
    try:
        texts = npy.texts(lambda: _open(path, entry), path, where, entry.file_size)
    except DAMAGE as error:
        fact = f"is damaged or cut short ({reason(error)})"
        raise Refused(problem("NS503", path, fact, where=where, help=FETCH_AGAIN)) from None
    if (wrong := names_problem(texts, outputs, path, where)) is not None:
        raise Refused(wrong)
    return texts


def pixel_type(path: Path) -> np.dtype[Any]:
    """The type that the training images of an archive are kept in: uint8 or float32. Raises Refused."""
    return np.dtype(_header(path, _entries(path), ARRAYS[0][0]).stored)


def _entries(path: Path) -> list[ZipInfo]:
    """The directory of the archive."""
    _directory_fits(path, size_of(path))
    try:
        with ZipFile(path) as archive:
            return archive.infolist()
    except DAMAGE as error:
        if _is_zip(path):
            fact = f"is damaged or cut short ({reason(error)})"
            raise Refused(problem("NS503", path, fact, where="directory", help=FETCH_AGAIN)) from None
        help = "save the four arrays with `numpy.savez`"
        raise Refused(problem("NS502", path, "is no npz archive", where="byte 0", help=help)) from None


def _directory_fits(path: Path, size: int) -> None:
    """Refuses with NS504 an archive whose directory is large: each entry would cost a thousand bytes of memory.

    The size stands in the record at the end, which a comment of 65,535 bytes at most may follow; a larger one than 32
    bits can say is larger than is read here.
    """
    with path.open("rb") as file:
        file.seek(-min(size, END_BYTES + 0xFFFF), os.SEEK_END)
        end = file.read()
    at = end.rfind(b"PK\5\6")
    directory = int.from_bytes(end[at + 12 : at + 16], "little") if at >= 0 else 0
    if directory > LARGEST_DIRECTORY:
        fact = f"has a directory of {directory:,} bytes; that of four arrays has about 250"
        raise Refused(problem("NS504", path, fact, where="directory", help="keep the four arrays only"))


def _is_zip(path: Path) -> bool:
    """Whether the file begins as an archive."""
    with path.open("rb") as file:
        return file.read(2) == b"PK"


def _entry(path: Path, entries: list[ZipInfo], name: str) -> ZipInfo:
    """The one entry of the archive that holds the array `name`."""
    held = [entry for entry in entries if entry.filename == f"{name}.npy"]
    where = f"array `{name}`"
    if not held:
        there = ", ".join(f"`{entry.filename.removesuffix('.npy')}`" for entry in entries[:8]) or "nothing"
        help = "name the arrays `x_train`, `y_train`, `x_test`, `y_test`"
        raise Refused(problem("NS505", path, f"is missing; the file holds {there}", where=where, help=help))
    if len(held) > 1:
        raise Refused(problem("NS503", path, f"is there {len(held)} times", where=where, help=FETCH_AGAIN))
    if held[0].compress_type not in (ZIP_STORED, ZIP_DEFLATED) or held[0].flag_bits & 1:
        fact = "is encrypted or packed by a method that numpy does not write"
        raise Refused(problem("NS502", path, fact, where=where, help="save it with `numpy.savez_compressed`"))
    if held[0].file_size > max(held[0].compress_size, 1) * DEFLATE_RATIO:
        fact = f"declares {held[0].file_size:,} bytes, more than {held[0].compress_size:,} can inflate to"
        raise Refused(problem("NS504", path, fact, where=where, help=FETCH_AGAIN))
    return held[0]


def _open(path: Path, entry: ZipInfo) -> BinaryIO:
    """The inflated content of one entry, which closes the archive with itself."""
    archive = ZipFile(path)
    try:
        stream = archive.open(entry)
    finally:
        archive.close()  # the open entry keeps the file until it is closed too
    return cast("BinaryIO", stream)


def _of_numbers(name: str, kind: str) -> str:
    """How an array of that kind becomes one of numbers: images of one size that stand in an array of objects, too."""
    if name in LABELS:
        return TEXT_LABELS
    return npy.PLAIN + (f": `numpy.stack({name})`" if kind == npy.OBJECTS else "")


def _header(path: Path, entries: list[ZipInfo], name: str) -> Declared:
    """What the array's header declares, held against the directory of the archive."""
    entry, where = _entry(path, entries, name), f"array `{name}`"
    try:
        stream = _open(path, entry)
    except DAMAGE as error:
        fact = f"is damaged or cut short ({reason(error)})"
        raise Refused(problem("NS503", path, fact, where=f"{where}, byte 0", help=FETCH_AGAIN)) from None
    with stream:
        array = npy.header(stream, path, where, "save it with `numpy.savez`", lambda kind: _of_numbers(name, kind))
    if array.start + array.size != entry.file_size:
        fact = f"declares {array.size:,} bytes of data, the archive has {max(entry.file_size - array.start, 0):,}"
        raise Refused(problem("NS503", path, fact, where=where, help=FETCH_AGAIN))
    offset = _offset(path, entry)
    return Declared(
        path,
        where,
        array.shape,
        array.dtype,
        array.start,
        lambda: _open(path, entry),
        array.fortran,
        None if offset is None else offset + array.start,
    )


LOCAL_HEADER = 30
"""Bytes before the name of an entry, which the archive repeats where its content begins (APPNOTE 4.3.7)."""


def _offset(path: Path, entry: ZipInfo) -> int | None:
    """The byte of the archive at which the content of an entry begins; None where it is packed."""
    if entry.compress_type != ZIP_STORED:
        return None
    with path.open("rb") as file:
        file.seek(entry.header_offset)
        head = file.read(LOCAL_HEADER)
    name, extra = (int.from_bytes(head[at : at + 2], "little") for at in (26, 28))
    return entry.header_offset + LOCAL_HEADER + name + extra
