"""The idx format of MNIST: four files under their published names or what others make of them, with or without gzip.

An idx file is a magic number (two zero bytes, the type, the number of axes), the axes' sizes as big-endian
32-bit integers, and the values (Y. LeCun, C. Cortes, C. Burges, "The MNIST database"). Only unsigned bytes
are read: images (n, height, width) or (n, height, width, channels), labels (n,).
"""

from __future__ import annotations

import math
import struct
from contextlib import closing
from pathlib import Path

import numpy as np

from netspec.data.arrays import Declared, load_arrays
from netspec.data.checks import Shape
from netspec.data.dataset import Dataset
from netspec.data.files import (
    DAMAGE,
    DEFLATE_RATIO,
    FETCH_AGAIN,
    is_folder,
    is_gzip,
    names_in,
    nearest,
    open_inflated,
    reason,
    size_of,
    there,
)
from netspec.data.loading import MEMORY, Loading
from netspec.data.problem import Problem, Refused, problem

PARTS = (
    ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
)


def spellings(name: str) -> tuple[str, ...]:
    """What a published file may be called, in the order in which they are looked for.

    >>> spellings("t10k-labels-idx1-ubyte")[:3]
    ('t10k-labels-idx1-ubyte', 't10k-labels-idx1-ubyte.gz', 't10k-labels.idx1-ubyte')
    """
    plain = (name, name.replace("-idx", ".idx"))
    stems = (*plain, *(stem.replace("t10k", "test", 1) for stem in plain if stem.startswith("t10k")))
    return tuple(stem + end for stem in stems for end in ("", ".gz"))


NAMES = tuple(spelling for part in PARTS for name in part for spelling in spellings(name))

RAW = "raw"
"""The folder in which torchvision keeps the files of a set."""


def place_of(folder: Path, inner: tuple[str, ...] = ()) -> Path | None:
    """Where the files of a set are: the folder itself, its `raw`, or that of one of its folders `inner`; None: nowhere."""
    places = (folder, folder / RAW, *(folder / name / RAW for name in inner))
    return next((place for place in places if any(there(place / name) for name in NAMES)), None)


def load(
    folder: Path,
    input_shape: Shape,
    outputs: int | None,
    names: tuple[str, ...] | None = None,
    loading: Loading = MEMORY,
) -> Dataset:
    """The data set of the four files in `folder`; where a file is there twice, the one without `.gz` is read.

    A file may be called otherwise, see `spellings`, and lie in a folder of its own name.

    Raises:
        Refused: everything that is wrong with them.
    """
    parts: list[list[Declared]] = []
    problems: list[Problem] = []
    for part in PARTS:
        parts.append([])
        for name, axes in zip(part, ((3, 4), (1,)), strict=True):
            try:
                parts[-1].append(_header(_file(folder, name), axes))
            except Refused as refused:
                problems.extend(refused.problems)
    if problems:
        raise Refused(*problems)
    pairs = [(images, labels) for images, labels in parts]
    return load_arrays(folder, pairs, input_shape, outputs, names, loading=loading)


def _file(folder: Path, name: str) -> Path:
    """The published file `name` of `folder`, under any of its spellings."""
    named = [folder / spelling for spelling in spellings(name) if there(folder / spelling)]
    inside = [path / spelling for path in named if is_folder(path) for spelling in spellings(name)]
    files = [path for path in (*named, *inside) if there(path) and not is_folder(path)]
    if files or named:
        return (files or named)[0]
    raise Refused(
        problem("NS501", folder / name, "is missing, and so is the same with `.gz`", help=_renaming(folder, name))
    )


def _renaming(folder: Path, name: str) -> str | None:
    """What helps where a file is missing: the nearest name that is there."""
    near = nearest(name, set(names_in(folder)) - set(NAMES))
    return f"rename `{near}` to `{name}{'.gz' if near.endswith('.gz') else ''}`" if near else None


def _header(path: Path, axes: tuple[int, ...]) -> Declared:
    """What the file declares, held against its size before anything is allocated."""
    size = size_of(path)
    try:
        with closing(open_inflated(path)) as stream:
            head = stream.read(4)
            rank = head[3] if len(head) == 4 else 0
            sizes = stream.read(4 * rank)
    except DAMAGE as error:
        fact = f"is damaged or cut short ({reason(error)})"
        raise Refused(problem("NS503", path, fact, where="byte 0", help=FETCH_AGAIN)) from None
    if len(head) < 4:
        fact = f"holds {len(head)} bytes, too few for a header"
        raise Refused(problem("NS503", path, fact, where=f"byte {len(head)}", help=FETCH_AGAIN))
    if head[:3] != b"\0\0\x08" or rank not in axes:
        wanted = " or ".join(f"0x0000080{axis}" for axis in axes)
        fact = f"starts with 0x{head.hex()}, not with {wanted}: this is no idx file of unsigned bytes" + (
            f" with {' or '.join(map(str, axes))} axes" if head[:3] == b"\0\0\x08" else ""
        )
        page = f"{head!r} is text: a failed download often leaves a web page; fetch it again"
        help = page if head.decode("latin-1").isprintable() else FETCH_AGAIN
        raise Refused(problem("NS502", path, fact, where="byte 0", help=help))
    start = 4 + 4 * rank
    if len(sizes) < 4 * rank:
        fact = "ends within its header"
        raise Refused(problem("NS503", path, fact, where=f"byte {4 + len(sizes)}", help=FETCH_AGAIN))
    shape = struct.unpack(f">{rank}I", sizes)
    _hold_against(path, size, start, math.prod(shape))
    offset = None if is_gzip(path) else start
    return Declared(path, None, shape, np.dtype(np.uint8), start, lambda: open_inflated(path), offset=offset)


def _hold_against(path: Path, size: int, start: int, declared: int) -> None:
    """Refuses a header that promises other than `size` bytes can hold."""
    if is_gzip(path):
        if start + declared > size * DEFLATE_RATIO:
            fact = f"declares {declared:,} bytes, more than {size:,} bytes of gzip can inflate to"
            raise Refused(problem("NS504", path, fact, where="byte 4", help=FETCH_AGAIN))
    elif size - start != declared:
        short = size - start < declared
        fact = f"declares {declared:,} bytes of data and {'ends' if short else 'goes on'} after "
        fact += f"{min(size - start, declared):,}" if short else f"them, for {size - start - declared:,} more"
        raise Refused(problem("NS503", path, fact, where=f"byte {min(size, start + declared)}", help=FETCH_AGAIN))
