"""Where a training step has its examples from: arrays, and which of their rows are the step's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import jax
import numpy as np

from netspec.analysis.streaming import STEPS_AHEAD
from netspec.data import Split
from netspec.data.streamed import Meter

Given = tuple[tuple[jax.Array, jax.Array], jax.Array, np.int32]
"""Images (m, height, width, channels) and labels (m,) or (m, outputs) on the device, numbers of rows in them, int32, and which run of
these numbers is the step's."""
Place = Callable[[Any], Any]
"""Puts arrays on the devices."""

LAG = 8
"""How many steps the host runs ahead of what it has read: enough to never wait, few enough to bound the queue."""


def order(examples: int, seed: int, epoch: int) -> np.ndarray:
    """The order in which an epoch sees the examples: (examples,) int32, a function of seed and epoch alone.

    Raw Philox words, whose stream numpy guarantees across versions (NEP 19).
    """
    words = np.random.Philox(key=[seed, 1 + epoch]).random_raw(examples)
    return np.argsort(words, kind="stable").astype(np.int32)


def lag(split: Split) -> int:
    """How many steps, or batches, may be under way on the device: each has images of its own where they are streamed."""
    return STEPS_AHEAD if split.streamed else LAG


class Feed(Protocol):
    """The examples of each step, by the order of its epoch."""

    def steps(self, epoch: int, first: int, last: int) -> Iterator[Given]:
        """What the steps from `first` to before `last` of an epoch are given: all examples, of which each takes the rows that are
        its own, or the examples of a step. Raises Refused: a file cannot be read.
        """


class Resident:
    """All examples are on the device, and stay there."""

    def __init__(self, split: Split, seed: int, place: Place) -> None:
        self._examples, self._seed, self._place = len(split), seed, place
        self._data = place((split.images, split.labels))
        self._order: tuple[int, jax.Array] | None = None

    def steps(self, epoch: int, first: int, last: int) -> Iterator[Given]:
        """See `Feed`."""
        if self._order is None or self._order[0] != epoch:
            self._order = epoch, self._place(order(self._examples, self._seed, epoch))
        return ((self._data, self._order[1], np.int32(position)) for position in range(first, last))


class Arriving:
    """The examples of a step are read and brought to the device while the steps before run."""

    def __init__(self, split: Split, seed: int, size: int, place: Place, meter: Meter) -> None:
        """`size` examples a step; `meter` counts how long steps wait for them."""
        self._split, self._seed, self._size, self._place, self._meter = split, seed, size, place, meter
        self._rows = place(np.arange(size, dtype=np.int32))

    def steps(self, epoch: int, first: int, last: int) -> Iterator[Given]:
        """See `Feed`."""
        rows = order(len(self._split), self._seed, epoch)
        keys = (rows[position * self._size : (position + 1) * self._size] for position in range(first, last))
        for examples in self._split.ahead(keys, self._meter):
            placed = self._place(examples)
            del examples  # the device has them: while the next are read they are not held twice
            yield placed, self._rows, np.int32(0)


def feed(split: Split, seed: int, size: int, place: Place, meter: Meter) -> Feed:
    """The feed of a training part."""
    return Arriving(split, seed, size, place, meter) if split.streamed else Resident(split, seed, place)
