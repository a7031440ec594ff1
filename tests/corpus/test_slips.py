"""Mistakes of one edit, of kinds that netspec was not written for: one finding, in the right line, with a proved fix."""

from __future__ import annotations

import random

import pytest

from .figures import LISTS, bases, outcome, sample


@pytest.mark.slow
@pytest.mark.parametrize("name", LISTS)
def test_figures_hold(name: str) -> None:
    rng = random.Random(11)
    corpus = [slip for base in bases(20, 11) for slip in LISTS[name](base, rng)]
    results = [result for slip in sample(corpus, 3, 11) if (result := outcome(slip)) is not None]
    n = len(results)
    assert n > 100
    missed = {
        "several findings": [result.slip.id for result in results if not result.one],
        "another line": [result.slip.id for result in results if not result.on_line],
        "no fix": [result.slip.id for result in results if not result.offered],
        "a fix that does not make it valid": [result.slip.id for result in results if not result.proved],
    }
    print(missed)
    assert len(missed["several findings"]) <= 0.05 * n
    assert len(missed["another line"]) <= 0.02 * n
    assert len(missed["no fix"]) <= 0.08 * n
    assert len(missed["a fix that does not make it valid"]) <= 0.02 * n
