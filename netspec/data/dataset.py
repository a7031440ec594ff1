"""What every data source becomes: two parts of labelled images, and what is computed of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from netspec.data import remembered
from netspec.data.problem import Problem
from netspec.data.streamed import Key, Meter, Pixels, Streamed

Say = Callable[[str, int, int], None]
"""Is told what is read, and how many images of how many."""

CHUNK_PIXELS = 1 << 20
"""Pixels that are widened to float64 at a time: 8 MiB."""


@dataclass(frozen=True)
class Split:
    """One part of a data set: row i of `images` is labelled by row i of `labels`."""

    images: Pixels | Streamed
    """Raw pixel values, uint8 or float32, (n, height, width, channels): in memory, or read when they are asked for."""
    labels: NDArray[np.int32] | NDArray[np.float32]
    """Of one class an image (n,) int32, each in 0 … classes - 1; else (n, outputs): int32 0 and 1, or float32 numbers."""
    white: float | None = None
    """The largest value a pixel can take, where the source says so; see `scale`."""

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self, index: Key) -> Split:
        """The examples at `index`, a slice or (m,), in that order."""
        images = self.images.take(index) if isinstance(self.images, Streamed) else self.images[index]
        return replace(self, images=images, labels=self.labels[index])

    @property
    def streamed(self) -> bool:
        """Whether the images stay in their files."""
        return isinstance(self.images, Streamed)

    def ahead(self, keys: Iterable[Key], meter: Meter | None = None) -> Iterator[tuple[Pixels, NDArray[Any]]]:
        """Images (m, height, width, channels) and labels (m,) or (m, outputs) of `keys`, one after the other; of a streamed part,
        the next are read meanwhile. Raises Refused.
        """
        if isinstance(self.images, Streamed):
            known = list(keys)
            labels = (self.labels[key] for key in known)
            return map(_pair, self.images.ahead(known, meter), labels)  # `zip` would hold what it gave last
        return ((self.images[key], self.labels[key]) for key in keys)


def _pair(images: Pixels, labels: NDArray[Any]) -> tuple[Pixels, NDArray[Any]]:
    return images, labels


@dataclass(frozen=True)
class Dataset:
    """A data set that passed every check."""

    train: Split
    test: Split
    classes: tuple[str, ...]
    """The names of the classes, by label; of several labels or of numbers, theirs."""
    fingerprint: str
    """SHA-256 over both parts and the names, in hexadecimal: another content, another fingerprint."""
    warnings: tuple[Problem, ...] = ()
    largest: float = 0.0
    """The largest pixel of the training part."""


def hold_out(split: Split, share: float, seed: int) -> tuple[Split, Split]:
    """Takes a share of `split` out: (the rest, what was held out), both in the order of `split`.

    round(n · share) examples go; where each has one class, divided among the classes by largest remainder, and a class
    keeps at least one.
    The same split, share and seed give the same parts on every machine and numpy version: the order is that
    of raw Philox words, whose stream numpy guarantees, unlike that of `Generator.permutation` (NEP 19).

    Raises:
        ValueError: `share` is not in 0 ≤ share < 1.
    """
    if not 0 <= share < 1:
        raise ValueError(f"share must be in 0 <= share < 1. Received: {share}")
    groups: NDArray[Any] = split.labels if split.labels.ndim == 1 else np.zeros(len(split), np.int32)
    counts = np.bincount(groups)
    words = np.random.Philox(key=seed).random_raw(len(split))
    held = np.zeros(len(split), dtype=bool)
    for label, count in enumerate(_apportion(counts, share)):
        members = np.flatnonzero(groups == label)
        held[members[np.argsort(words[members], kind="stable")[:count]]] = True
    return split.rows(np.flatnonzero(~held)), split.rows(np.flatnonzero(held))


def _apportion(counts: NDArray[np.intp], share: float) -> NDArray[np.intp]:
    """How many of each class are held out: Hamilton's method of largest remainders, ties to the lower label.

    >>> _apportion(np.array([10, 10, 1]), 0.25).tolist()
    [3, 2, 0]
    """
    most: NDArray[np.intp] = np.maximum(counts - 1, 0)
    quota = np.asarray(counts * share, dtype=np.float64)
    seats: NDArray[np.intp] = np.minimum(np.floor(quota).astype(np.intp), most)
    left = round(int(counts.sum()) * share) - int(seats.sum())
    for label in np.argsort(seats - quota, kind="stable"):
        if left > 0 and seats[label] < most[label]:
            seats[label] += 1
            left -= 1
    return seats


def scale(split: Split, warnings: list[Problem] | None = None) -> float:
    """What `normalize: unit` divides by: the source's white, 255 for bytes, else the largest magnitude; see `statistics`."""
    if split.white is not None:
        return float(split.white)
    if split.images.dtype == np.uint8:
        return 255.0

    def largest() -> list[float]:
        return [max((float(np.abs(chunk).max()) for chunk in chunks(split.images)), default=1.0)]

    return _kept(split, "largest", largest, 1, warnings)[0] or 1.0


def statistics(
    split: Split,
    normalize: Literal["standard", "unit", "none"],
    say: Say | None = None,
    warnings: list[Problem] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and deviation a channel, each (channels,), so that normalized = (raw - mean) / deviation.

    `split` is the training part without what was held out: nothing of the others may leak. `standard` takes
    the population mean and deviation, in float64, merged over chunks (Chan, Golub, LeVeque 1983), so that
    memory is bounded; a channel that never changes gets deviation 1 and is thereby only centred. `unit` is
    0 and `scale`, `none` is 0 and 1. Of a streamed part they are kept: what cannot be is added to `warnings`.

    Raises:
        Refused: a file of a streamed part cannot be read.
    """
    channels = split.images.shape[-1]
    if normalize != "standard":
        return np.zeros(channels), np.full(channels, scale(split, warnings) if normalize == "unit" else 1.0)
    mean, spread = _moments(split, say, warnings)
    return mean, np.where(spread > 0, spread, 1.0)


def deviation(split: Split) -> float:
    """The population deviation of all pixels of a part, whatever their channel. Raises Refused, as `statistics`."""
    mean, spread = _moments(split)
    return float(np.sqrt((spread**2 + (mean - mean.mean()) ** 2).mean()))


def _kept(
    split: Split, what: str, make: Callable[[], list[float]], count: int, warnings: list[Problem] | None = None
) -> list[float]:
    """`count` numbers that `make` finds by looking at every pixel of a part; of a streamed one, as they were kept."""
    if not isinstance(split.images, Streamed):
        return make()

    def sound(found: Any) -> bool:
        return len(found) == count and all(isinstance(number, float) for number in found)

    known = remembered.key(what, split.images.rows.identity, split.images.index, split.white)
    found: list[float] = remembered.kept(known, make, sound, warnings)
    return found


def _moments(
    split: Split, say: Say | None = None, warnings: list[Problem] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The population mean and deviation of each channel, both (channels,)."""
    channels = split.images.shape[-1]
    found = _kept(split, "moments", lambda: np.concatenate(_channels(split, say)).tolist(), 2 * channels, warnings)
    return np.asarray(found[:channels]), np.asarray(found[channels:])


def _channels(split: Split, say: Say | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    channels = split.images.shape[-1]
    count = 0
    mean: NDArray[np.float64] = np.zeros(channels)
    squares: NDArray[np.float64] = np.zeros(channels)
    for chunk in chunks(split.images, say=say and partial(say, "statistics of the training images")):
        # (channels, pixels), contiguous: numpy sums along the last axis pairwise, and five times as quickly.
        wide: NDArray[np.float64] = np.ascontiguousarray(chunk.reshape(-1, channels).T, dtype=np.float64)
        more, mean_here = wide.shape[1], np.asarray(wide.mean(axis=1), np.float64)
        wide -= mean_here[:, None]
        squares += (wide * wide).sum(axis=1) + (mean_here - mean) ** 2 * (count * more / (count + more))
        mean += (mean_here - mean) * (more / (count + more))
        count += more
    return mean, np.sqrt(squares / max(count, 1))


def chunks(
    images: Pixels | Streamed, faults: list[Problem] | None = None, say: Callable[[int, int], None] | None = None
) -> Iterator[Pixels]:
    """`images` in runs of whole rows of about `CHUNK_PIXELS`; what cannot be read is added to `faults`, or raises Refused.

    `say` is told how many of how many were looked at, where they are streamed: else it takes no time.
    """
    rows, count = max(1, CHUNK_PIXELS // max(1, int(np.prod(images.shape[1:])))), len(images)
    keys = [slice(start, start + rows) for start in range(0, count, rows)]
    read = images.ahead(keys, faults=faults) if isinstance(images, Streamed) else (images[key] for key in keys)
    for key, chunk in zip(keys, read, strict=True):
        yield chunk
        if say is not None and isinstance(images, Streamed):
            say(min(key.stop, count), count)
