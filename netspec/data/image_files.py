"""Image files as rows of pixels: each is decoded when it is asked for, and held against what it was when they were listed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.data import remembered
from netspec.data.checks import Shape
from netspec.data.files import changed, facts
from netspec.data.free_memory import free_bytes
from netspec.data.images import DECODING_BYTES, decode, judge, quiet
from netspec.data.loading import SHARE
from netspec.data.problem import Problem, Refused
from netspec.data.streamed import MOST_WORKERS, Pixels

NO_FILE = (-1, -1)


class ImageFiles:
    """See `streamed.Rows`. A file costs the bytes of its name and 24 more: there may be millions."""

    dtype: np.dtype[Any] = np.dtype(np.uint8)
    at_once = 1

    def __init__(self, folder: Path, names: Sequence[str], shape: Shape, resize: bool) -> None:
        """The files `names`, by their paths from `folder`."""
        from PIL import Image, __version__

        Image.init()  # not by several threads at once
        quiet()
        self.image = shape
        free = free_bytes()
        self.threads = MOST_WORKERS if free is None else max(1, free // SHARE // DECODING_BYTES)
        self._folder, self._resize = folder, resize
        encoded = [os.fsencode(name) for name in names]
        self._names = b"".join(encoded)
        self._ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
        self._facts = np.array([_facts(folder / name) for name in names], np.int64).reshape(-1, 2)
        self.identity = remembered.key(
            os.fsencode(folder.absolute()), self._names, self._ends, self._facts, shape, resize, __version__
        )

    def __len__(self) -> int:
        return len(self._facts)

    def path(self, row: int) -> Path:
        """Where an image is."""
        return self._folder / os.fsdecode(self._names[self._ends[row] : self._ends[row + 1]])

    def read(self, rows: NDArray[np.intp], out: Pixels) -> None:
        """See `streamed.Rows`."""
        faults: list[Problem] = []
        for place, row in enumerate(rows.tolist()):
            path = self.path(row)
            found: tuple[Problem, ...] = ()
            try:
                out[place] = decode(path, self.image, self._resize)
            except Refused as refused:
                found = refused.problems
            if _facts(path) not in (NO_FILE, tuple(self._facts[row].tolist())):
                found = (changed(path),)
            faults += found
        if faults:
            raise Refused(*faults)

    def check(self, rows: NDArray[np.intp]) -> None:
        """See `streamed.Rows`: what the headers show."""
        faults: list[Problem] = []
        for row in rows.tolist():
            try:
                judge(self.path(row), self.image, self._resize)
            except Refused as refused:
                faults.extend(refused.problems)
        if faults:
            raise Refused(*faults)


def _facts(path: Path) -> tuple[int, int]:
    """`facts`, or `NO_FILE` where the file cannot be looked at."""
    try:
        return facts(path.stat())
    except OSError:
        return NO_FILE
