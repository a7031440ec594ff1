"""Ratios of times that were taken in turn."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True)
class Ratio:
    """How many times as fast: the median over rounds, and the middle half."""

    median: float
    low: float
    high: float


def ratio(others: Sequence[float], own: Sequence[float]) -> Ratio:
    """others[i] / own[i], each pair from one round, so that what slows a round down slows both.

    >>> ratio([2.0, 6.0, 12.0], [1.0, 2.0, 2.0])
    Ratio(median=3.0, low=2.5, high=4.5)
    """
    found = [other / mine for other, mine in zip(others, own, strict=True)]
    if len(found) == 1:
        return Ratio(found[0], found[0], found[0])
    low, middle, high = quantiles(found, n=4, method="inclusive")
    return Ratio(middle, low, high)


def best(variants: Mapping[str, Sequence[float]]) -> str:
    """The variant with the smallest median time.

    >>> best({"contiguous": [3.0, 3.0, 9.0], "channels last": [4.0, 2.0, 4.0]})
    'contiguous'
    """
    return min(variants, key=lambda name: median(variants[name]))


def geometric_mean(values: Sequence[float]) -> float:
    """The mean of ratios: that of r and 1/r is 1.

    >>> geometric_mean([4.0, 0.25])
    1.0
    """
    return math.exp(math.fsum(map(math.log, values)) / len(values))


def apart(found: Sequence[float], wanted: Sequence[float]) -> float:
    """The largest difference, relative to the largest wanted number; infinite where one is not finite.

    >>> apart([1.0, 2.5], [1.0, 2.0]), apart([float("nan")], [1.0])
    (0.25, inf)
    """
    scale = max(map(abs, wanted))
    worst = max(abs(f - w) for f, w in zip(found, wanted, strict=True)) / scale
    return worst if all(map(math.isfinite, (*found, *wanted))) else math.inf
