"""Images that stay in their files: what looks like an array reads the rows that are asked for, by a pool of threads."""

from __future__ import annotations

import os
import signal
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
"""At most so many images of a batch are one thread's."""

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
    def threads(self) -> int:
        """So many may read at a time without taking more memory than there is."""

    @property
    def at_once(self) -> int:
        """At most so many are asked for by a call: so often a thread looks whether anybody still waits for them."""

    @property
    def identity(self) -> str:
        """Another one where another image may be read: by the names, sizes and times of the files, and by what is made of them."""

    def __len__(self) -> int: ...

    def read(self, rows: NDArray[np.intp], out: Pixels) -> None:
        """Fills `out` (n, height, width, channels) with the images of `rows` (n,).

        Raises Refused: everything that is wrong, by the file's name.
        """

    def check(self, rows: NDArray[np.intp]) -> None:
        """Looks at the images of `rows` (n,). Raises Refused: what is wrong with the files, as far as it shows before the pixels are decoded."""


def cores() -> int:
    """The cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return (len(affinity(0)) if affinity else os.cpu_count()) or 1


def workers(most: int = MOST_WORKERS) -> int:
    """How many threads read: `$NETSPEC_WORKERS`, else one a core up to `most`. Raises DeviceError where that is no number of threads."""
    chosen = os.environ.get(VARIABLE)
    if not chosen:
        return min(cores(), most)
    if not chosen.isascii() or not chosen.isdigit() or not 0 < int(chosen) <= MOST_WORKERS:
        message = f"`{VARIABLE}={chosen}` is no number of threads from 1 to {MOST_WORKERS}"
        raise DeviceError([placeless("NS624", message, f"unset `{VARIABLE}`: there is one thread a core then")])
    return int(chosen)


@lru_cache
def _pool(count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count, "netspec-read", _without_signals)


def _without_signals() -> None:
    """Leaves signals to the main thread: one taken here would leave that one asleep in its call."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))


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
    """Images that are being read, or checked where there are no `pixels` (n, height, width, channels) to be filled."""

    pixels: Pixels | None
    pieces: list[Future[tuple[float, list[Problem]]]] = field(default_factory=list)
    dropped: bool = False
    """Whether nobody waits for them any more: a thread reads no further image."""

    def begin(self, rows: Rows, index: NDArray[np.intp]) -> None:
        """Divides the images `index` (n,) of `rows` among the threads."""
        count = workers(rows.threads)
        size = max(1, min(PIECE, -(-len(index) // count)))
        for start in range(0, len(index), size):
            piece = slice(start, start + size)
            out = None if self.pixels is None else self.pixels[piece]
            self.pieces.append(_pool(count).submit(self._read, rows, index[piece], out))

    def _read(self, rows: Rows, index: NDArray[np.intp], out: Pixels | None) -> tuple[float, list[Problem]]:
        """Reads or checks a piece: how many seconds that took, and what is wrong."""
        began = time.monotonic()
        found: list[Problem] = []
        for start in range(0, len(index), rows.at_once):
            if self.dropped:
                break
            some = slice(start, start + rows.at_once)
            try:
                if out is None:
                    rows.check(index[some])
                else:
                    rows.read(index[some], out[some])
            except Refused as refused:
                found += refused.problems
        return time.monotonic() - began, found

    def result(self, meter: Meter | None, faults: list[Problem] | None) -> Pixels | None:
        """The images, when they are there. What is wrong is added to `faults`; without these, Refused is raised."""
        began = time.monotonic()
        done = [piece.result() for piece in self.pieces]
        if meter is not None:
            meter.waited += time.monotonic() - began
            meter.read += sum(seconds for seconds, _ in done)
        found = dict.fromkeys(problem for _, problems in done for problem in problems)  # a file of many pieces is one
        if found and faults is None:
            raise Refused(*found)
        if faults is not None:
            faults += found
        return self.pixels


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
        """The pixels of some rows (n, height, width, channels), or of one (height, width, channels). Raises Refused."""
        if isinstance(key, int | np.integer):
            return self[np.array([key])][0]
        return next(self.ahead([key]))

    def take(self, index: Key) -> Streamed:
        """The images at `index`, a slice or (m,), in that order; nothing is read."""
        return replace(self, index=self.index[index])

    def whole(self, faults: list[Problem]) -> Pixels:
        """All of them in memory, (n, height, width, channels); what is wrong is added to `faults`, and leaves its row unset."""
        pixels = np.zeros(self.shape, self.dtype)
        for _ in self._each(((self.index[run], pixels[run]) for run in self._runs()), None, faults):
            pass
        return pixels

    def check(self) -> list[Problem]:
        """What is wrong with the files, as far as it shows before the pixels are decoded."""
        faults: list[Problem] = []
        for _ in self._each(((self.index[run], None) for run in self._runs()), None, faults):
            pass
        return faults

    def ahead(
        self, keys: Iterable[Key], meter: Meter | None = None, faults: list[Problem] | None = None
    ) -> Iterator[Pixels]:
        """The pixels (n, height, width, channels) of `keys`, one after the other; while one is looked at the next
        `BATCHES_AHEAD` are being read.

        Raises Refused, unless what is wrong is to be added to `faults`.
        """
        wanted = (self.index[key] for key in keys)
        parts = ((index, np.zeros((len(index), *self.rows.image), self.dtype)) for index in wanted)
        return self._each(parts, meter, faults)  # type: ignore[return-value]

    def _runs(self) -> Iterator[slice]:
        """Runs of images that keep all threads busy: what is queued is bounded."""
        size = PIECE * workers(self.rows.threads)
        return (slice(start, start + size) for start in range(0, len(self), size))

    def _each(
        self, parts: Iterable[tuple[NDArray[np.intp], Pixels | None]], meter: Meter | None, faults: list[Problem] | None
    ) -> Iterator[Pixels | None]:
        """The batches of these numbers of `rows`, each with what it fills: read ahead, and dropped whatever ends this."""
        reading: deque[_Batch] = deque()

        def first() -> Pixels | None:
            pixels = reading[0].result(meter, faults)
            reading.popleft()
            return pixels

        try:
            for index, out in parts:
                reading.append(_Batch(out))
                reading[-1].begin(self.rows, index)
                if len(reading) > BATCHES_AHEAD:
                    yield first()
            while reading:
                yield first()
        finally:
            for batch in reading:
                batch.dropped = True
