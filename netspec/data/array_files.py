"""Arrays in files as rows of pixels: each is read from its place when it is asked for.

Not through a memory map: what is cut short ends with an error, and no page counts as the process's memory.
"""

from __future__ import annotations

import math
import os
from contextlib import closing
from io import FileIO
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from netspec.data import remembered
from netspec.data.files import CHUNK_BYTES, changed, exactly, facts, reason
from netspec.data.problem import Problem, Refused, problem
from netspec.data.streamed import MOST_WORKERS, Pixels, Streamed

if TYPE_CHECKING:
    from netspec.data.arrays import Declared


class ArrayFile:
    """See `streamed.Rows`."""

    threads = MOST_WORKERS

    def __init__(self, declared: Declared) -> None:
        """The images of an array whose values lie in its file as they are (`Declared.offset`)."""
        assert declared.offset is not None
        self.image, self.dtype = declared.image, np.dtype(declared.stored)
        self._declared, self._offset = declared, declared.offset
        self._row_bytes = math.prod(self.image) * declared.dtype.itemsize
        self.at_once = max(1, CHUNK_BYTES // self._row_bytes)
        self._facts = _facts(declared.path.stat())
        place = os.fsencode(declared.path.absolute())
        self.identity = remembered.key(place, self._facts, declared.offset, declared.shape, declared.dtype.str)

    def __len__(self) -> int:
        return self._declared.shape[0]

    def read(self, rows: NDArray[np.intp], out: Pixels) -> None:
        """See `streamed.Rows`; rows that follow each other are read at once."""
        path = self._declared.path
        raw = np.empty((len(rows), self._row_bytes), np.uint8)
        starts = [0, *(1 + np.flatnonzero(np.diff(rows) != 1)).tolist(), len(rows)]
        try:
            with path.open("rb", buffering=0) as file:
                for start, end in pairwise(starts):
                    if start < end and not self._fill(file, int(rows[start]), raw[start:end]):
                        raise Refused(changed(path))
                if _facts(os.fstat(file.fileno())) != self._facts:
                    raise Refused(changed(path))
        except OSError as error:
            raise Refused(problem("NS501", path, reason(error))) from None
        with np.errstate(over="ignore"):
            out[:] = raw.reshape(-1).view(self._declared.dtype).reshape(out.shape)

    def _fill(self, file: FileIO, row: int, into: NDArray[np.uint8]) -> bool:
        """Reads the rows from `row` on; whether there were as many."""
        file.seek(self._offset + row * self._row_bytes)
        view = into.reshape(-1).data
        while view:
            got = file.readinto(view)
            if not got:
                return False
            view = view[got:]
        return True

    def check(self, rows: NDArray[np.intp]) -> None:
        """See `streamed.Rows`: what can be wrong with an array is found by `streamed` below."""


def _facts(found: os.stat_result) -> tuple[int, ...]:
    """What shows that a file is the one that it was: that it has not changed, and which file of which device it is."""
    return (*facts(found), found.st_ino, found.st_dev)


def streamed(declared: Declared) -> Streamed:
    """The images of an array, read when they are asked for; once, all of it is looked through: for its checksum, and for
    what is not finite.

    Raises:
        Refused: NS503 damaged, NS509 not finite.
    """
    rows = ArrayFile(declared)
    remembered.kept(remembered.key("sound", rows.identity), lambda: _sound(declared), lambda found: found is True)
    return Streamed.all(rows)


def _sound(declared: Declared) -> bool:
    numbers, done, bad = math.prod(declared.image), 0, set[int]()
    size = math.prod(declared.shape) * declared.dtype.itemsize
    with closing(declared.open()) as stream, np.errstate(over="ignore"):
        stream.read(declared.start)
        for chunk in exactly(stream, size, declared.path, start=declared.start, array=declared.array or ""):
            part = np.frombuffer(chunk, dtype=declared.dtype)
            if declared.stored is np.float32:
                bad.update(((done + np.flatnonzero(~np.isfinite(part.astype(np.float32)))) // numbers).tolist())
            done += len(part)
    if problems := not_finite(declared, sorted(bad)):
        raise Refused(*problems)
    return True


def not_finite(declared: Declared, bad: list[int]) -> list[Problem]:
    """NS509 for the rows in which a pixel is NaN or infinite, or too large for float32: one poisons every weight."""
    if not bad:
        return []
    where = f"{declared.array}, row {bad[0]}" if declared.array else f"row {bad[0]}"
    fact = f"has a pixel that is not finite in float32; {len(bad):,} of {declared.shape[0]:,} images have one"
    return [problem("NS509", declared.path, fact, where=where, help="replace or drop these images")]


def unstreamable(declared: Declared) -> Problem | None:
    """NS518 where rows of an array cannot be read one by one."""
    if declared.fortran:
        fact, help = "lies column by column", "save `numpy.ascontiguousarray(x)`"
    elif declared.offset is None:
        fact, help = "is packed", "unpack the file, or save it with `numpy.savez` instead of `numpy.savez_compressed`"
    else:
        return None
    fact = f"{fact}, so that no image can be read without all before it"
    return problem("NS518", declared.path, fact, where=declared.array, help=help)
