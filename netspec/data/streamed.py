"""Images that stay in their files: what looks like an array reads the rows that are asked for, by a pool of threads."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from netspec.analysis.streaming import BATCHES_AHEAD
from netspec.data.problem import Problem, Refused
from netspec.diagnostics.diagnostic import placeless
from netspec.diagnostics.errors import DeviceError

VARIABLE = "NETSPEC_WORKERS"
MOST_WORKERS = 1024
PIECE = 64
"""At most so many images are read by a thread before it looks whether anybody still waits for them."""

Pixels = NDArray[np.uint8] | NDArray[np.float32]
Key = slice | NDArray[Any]
"""What rows of an array are asked for by."""


class Rows(Protocol):
    """Images in files, by their number. The methods are called by several threads at once."""

    @property
    def image(self) -> tuple[int, int, int]:
        """(height, width, channels) of each."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """uint8 or float32."""

    @property
    def identity(self) -> str:
        """Another one where another image may be read: by the names, sizes and times of the files, and by what is made of them."""

    def __len__(self) -> int: ...

    def read(self, rows: NDArray[np.intp], out: Pixels) -> None:
        """Fills `out` (len(rows), height, width, channels). Raises Refused: everything that is wrong, by the file's name."""

    def check(self, rows: NDArray[np.intp]) -> None:
        """Raises Refused: what is wrong with the files, as far as it shows before the pixels are decoded."""


def cores() -> int:
    """The cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return (len(affinity(0)) if affinity else os.cpu_count()) or 1


def workers() -> int:
    """How many threads read: `$NETSPEC_WORKERS`, else one a core. Raises DeviceError where that is no number of threads."""
    chosen = os.environ.get(VARIABLE)
    if not chosen:
        return cores()
    if not chosen.isascii() or not chosen.isdigit() or not 0 < int(chosen) <= MOST_WORKERS:
        message = f"`{VARIABLE}={chosen}` is no number of threads from 1 to {MOST_WORKERS}"
        raise DeviceError([placeless("NS624", message, f"unset `{VARIABLE}`: there is one thread a core then")])
    return int(chosen)


@lru_cache
def _pool(count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count, "netspec-read")


@dataclass
class Meter:
    """Where the time of reading went."""

    waited: float = 0.0
    """Seconds that who asked has waited."""
    read: float = 0.0
    """Seconds that the threads have read and decoded, all together."""

    def reset(self) -> None:
        """Counts from here on."""
        self.waited = self.read = 0.0


@dataclass
class _Batch:
    """Images that are being read."""

    pixels: Pixels
    pieces: list[Future[tuple[float, tuple[Problem, ...]]]] = field(default_factory=list)

    def result(self, meter: Meter | None = None, faults: list[Problem] | None = None) -> Pixels:
        """The images, when they are there. What is wrong is added to `faults`; without these, Refused is raised."""
        began = time.monotonic()
        try:
            done = [piece.result() for piece in self.pieces]
        finally:  # an interrupt: nobody waits for the others
            self.cancel()
        if meter is not None:
            meter.waited += time.monotonic() - began
            meter.read += sum(seconds for seconds, _ in done)
        found = [problem for _, problems in done for problem in problems]
        if found and faults is None:
            raise Refused(*found)
        if faults is not None:
            faults += found
        return self.pixels

    def cancel(self) -> None:
        """What has not begun never will."""
        for piece in self.pieces:
            piece.cancel()


def _read(rows: Rows, index: NDArray[np.intp], out: Pixels | None) -> tuple[float, tuple[Problem, ...]]:
    """Reads a piece, or checks it where nothing is to be filled: how long that took, and what is wrong."""
    began = time.monotonic()
    found: tuple[Problem, ...] = ()
    try:
        if out is None:
            rows.check(index)
        else:
            rows.read(index, out)
    except Refused as refused:
        found = refused.problems
    return time.monotonic() - began, found


@dataclass(frozen=True, eq=False)
class Streamed:
    """Images (n, height, width, channels) that are read when they are asked for, as an array is indexed along its first axis."""

    rows: Rows
    index: NDArray[np.intp]
    """(n,): the numbers of the images in `rows`."""

    @classmethod
    def all(cls, rows: Rows) -> Streamed:
        """All images of the files."""
        return cls(rows, np.arange(len(rows)))

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(n, height, width, channels)."""
        return (len(self.index), *self.rows.image)

    @property
    def dtype(self) -> np.dtype[Any]:
        """uint8 or float32."""
        return self.rows.dtype

    @property
    def nbytes(self) -> int:
        """The bytes that all of them would take."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, key: Any) -> Any:
        """The pixels of some rows, or of one. Raises Refused."""
        if isinstance(key, int | np.integer):
            return self[np.array([key])][0]
        return self._begin(key).result()

    def take(self, index: NDArray[np.intp]) -> Streamed:
        """The images at `index`, in that order; nothing is read."""
        return replace(self, index=self.index[index])

    def whole(self, faults: list[Problem]) -> Pixels:
        """All of them in memory; what is wrong is added to `faults`, and leaves its row unset."""
        return self._begin(slice(None)).result(faults=faults)

    def check(self) -> list[Problem]:
        """What is wrong with the files, as far as it shows before the pixels are decoded."""
        done = list(_pool(workers()).map(lambda piece: _read(self.rows, piece, None), self._pieces(self.index)))
        return [problem for _, problems in done for problem in problems]

    def ahead(
        self, keys: Iterable[Key], meter: Meter | None = None, faults: list[Problem] | None = None
    ) -> Iterator[Pixels]:
        """The pixels of `keys`, one after the other; while one is looked at the next `BATCHES_AHEAD` are being read.

        Raises Refused, unless what is wrong is to be added to `faults`.
        """
        reading: deque[_Batch] = deque()
        try:
            for key in keys:
                reading.append(self._begin(key))
                if len(reading) > BATCHES_AHEAD:
                    yield reading.popleft().result(meter, faults)
            while reading:
                yield reading.popleft().result(meter, faults)
        finally:
            for batch in reading:
                batch.cancel()

    def _begin(self, key: Key) -> _Batch:
        index, count = self.index[key], workers()
        batch = _Batch(np.zeros((len(index), *self.rows.image), self.dtype))
        start = 0
        for piece in self._pieces(index):
            out = batch.pixels[start : start + len(piece)]
            batch.pieces.append(_pool(count).submit(_read, self.rows, piece, out))
            start += len(piece)
        return batch

    @staticmethod
    def _pieces(index: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
        """The parts of a batch that one thread reads at a time."""
        size = max(1, min(PIECE, -(-len(index) // workers())))
        return (index[start : start + size] for start in range(0, len(index), size))
