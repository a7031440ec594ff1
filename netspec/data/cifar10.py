"""CIFAR-10 as published: the binary version, or the Python version, whose pickles are read by `pickled`.

Both versions hold rows of 3,072 bytes: the red, the green and the blue plane of 32 by 32 pixels
(A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009, and the page of the data set).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from netspec.data.checks import Shape, assemble, label_problems, shape_problems
from netspec.data.dataset import Dataset, Split
from netspec.data.files import FETCH_AGAIN, size_of, there
from netspec.data.pickled import Array, walk
from netspec.data.problem import Problem, Refused, problem

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
FOLDERS = ("cifar-10-batches-bin", "cifar-10-batches-py")
IMAGE: Shape = (32, 32, 3)
PIXELS = 3072
LARGEST_BYTES = 1 << 26
"""A published file has 31 MB; a file of another size class is something else."""

BATCHES = tuple(f"data_batch_{number}" for number in range(1, 6))
Examples = tuple[NDArray[np.uint8], NDArray[np.int64]]


def load(folder: Path, input_shape: Shape) -> Dataset:
    """The data set in `folder`, or in the published folder inside it.

    Raises:
        Refused: everything that is wrong with the files.
    """
    problems = shape_problems(IMAGE, input_shape, folder)
    batches = _batches(folder)
    parts: list[list[Examples]] = []
    for paths in (batches[:-1], batches[-1:]):
        parts.append([])
        for path in paths:
            try:
                parts[-1].append(_rows(path))
            except Refused as refused:
                problems.extend(refused.problems)
    if problems:
        raise Refused(*problems)
    train, test = (_split(rows) for rows in parts)
    return assemble(train, test, CLASSES, folder)


def holds(folder: Path) -> bool:
    """Whether the folder has, or contains the folder that has, a version of the data set."""
    return any(there(place / f"{BATCHES[0]}{end}") for place in _places(folder) for end in ("", ".bin"))


def _places(folder: Path) -> tuple[Path, ...]:
    return (folder, *(folder / name for name in FOLDERS))


def _batches(folder: Path) -> list[Path]:
    """The six files; the binary version where both are there."""
    for end in (".bin", ""):
        for place in _places(folder):
            if there(place / f"{BATCHES[0]}{end}") or there(place / f"test_batch{end}"):
                return [place / f"{name}{end}" for name in (*BATCHES, "test_batch")]
    fact, help = f"has neither `{BATCHES[0]}.bin` nor `{BATCHES[0]}`", "unpack the published archive there"
    raise Refused(problem("NS501", folder, fact, help=help))


def _rows(path: Path) -> Examples:
    """Pixels (n, 3072) and labels (n,) of one file."""
    size = size_of(path)
    if size > LARGEST_BYTES:
        raise Refused(problem("NS504", path, f"has {size:,} bytes; a published file has 31 million"))
    pixels, labels = _binary(path, size) if path.suffix == ".bin" else _pickled(path)
    problems: list[Problem] = label_problems(labels, len(CLASSES), path, published=True)
    if len(labels) != len(pixels):
        fact = f"{len(labels):,} labels for {len(pixels):,} images"
        problems.append(problem("NS506", path, fact, where="labels"))
    elif not len(labels):
        problems.append(problem("NS510", path, "has no examples"))
    if problems:
        raise Refused(*problems)
    return pixels, labels


def _split(batches: list[Examples]) -> Split:
    """One part in the order of its files, (n, 32, 32, 3)."""
    planes = np.concatenate([pixels for pixels, _ in batches]).reshape(-1, 3, 32, 32)
    labels = np.concatenate([labels for _, labels in batches]).astype(np.int32)
    return Split(np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels)


def _binary(path: Path, size: int) -> Examples:
    """A file of the binary version: a label byte before each row."""
    if size % (PIXELS + 1):
        whole = size // (PIXELS + 1)
        fact = f"ends within row {whole}: {size:,} bytes are no multiple of {PIXELS + 1:,}"
        raise Refused(problem("NS503", path, fact, where=f"byte {size}, row {whole}", help=FETCH_AGAIN))
    rows = np.fromfile(path, dtype=np.uint8).reshape(-1, PIXELS + 1)
    return rows[:, 1:], rows[:, 0].astype(np.int64)


def _pickled(path: Path) -> Examples:
    """A file of the Python version: a dictionary with `data` and `labels`."""
    held = walk(path)
    if not isinstance(held, dict) or not {"data", "labels"} <= held.keys():
        fact = "holds no dictionary with `data` and `labels`"
        raise Refused(problem("NS505", path, fact, help="CIFAR-100 is another data set"))
    labels, data = held["labels"], held["data"]
    if not isinstance(labels, list):
        raise Refused(problem("NS505", path, "is no list", where="labels"))
    for row, label in enumerate(labels):
        if type(label) is not int:
            raise Refused(problem("NS505", path, "is no integer", where=f"labels, row {row}"))
    if not isinstance(data, Array) or data.shape[1:] != (PIXELS,) or data.type not in ("u1", "|u1", "uint8"):
        raise Refused(problem("NS505", path, f"is no array of bytes (n, {PIXELS:,})", where="data"))
    if len(data.content) != data.shape[0] * PIXELS:
        fact = f"declares {data.shape[0] * PIXELS:,} bytes and has {len(data.content):,}"
        raise Refused(problem("NS503", path, fact, where="data", help=FETCH_AGAIN))
    pixels = np.frombuffer(data.content, np.uint8)
    rows = pixels.reshape(PIXELS, -1).T if data.fortran else pixels.reshape(-1, PIXELS)
    bounded = [max(-1, min(label, 1 << 31)) for label in labels]  # a pickle's integers have any length
    return rows, np.array(bounded, np.int64)
