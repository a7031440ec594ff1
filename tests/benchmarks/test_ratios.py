"""The arithmetic of the comparison."""

from __future__ import annotations

import doctest
import math

import pytest

from benchmarks import ratios


def test_the_examples() -> None:
    assert doctest.testmod(ratios).attempted
    assert not doctest.testmod(ratios).failed


def test_a_slow_round_that_slows_both_changes_no_ratio() -> None:
    steady, disturbed = ratios.ratio([2.0] * 5, [1.0] * 5), ratios.ratio([2.0, 2, 20, 2, 2], [1.0, 1, 10, 1, 1])
    assert steady == disturbed == ratios.Ratio(2.0, 2.0, 2.0)


def test_the_middle_half_holds_the_median() -> None:
    found = ratios.ratio([1.0, 2.0, 3.0, 4.0, 50.0], [1.0] * 5)
    assert (found.low, found.median, found.high) == (2.0, 3.0, 4.0)


def test_a_single_round_has_no_spread() -> None:
    assert ratios.ratio([3.0], [2.0]) == ratios.Ratio(1.5, 1.5, 1.5)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_not_finite_is_infinitely_apart(bad: float) -> None:
    assert ratios.apart([1.0, bad], [1.0, 1.0]) == math.inf
