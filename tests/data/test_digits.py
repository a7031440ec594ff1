from __future__ import annotations

import numpy as np
import pytest

from netspec.data import Split, digits, hold_out, statistics
from netspec.data.problem import Refused


def test_the_digits_are_those_of_the_published_set():
    sklearn = pytest.importorskip("sklearn.datasets", reason="scikit-learn ships the original")
    original = sklearn.load_digits()
    whole = Split(original.images.astype(np.uint8)[..., None], original.target.astype(np.int32))
    found = digits.load((8, 8, 1))
    for part, wanted in zip((found.train, found.test), hold_out(whole, 360 / 1797, seed=0), strict=True):
        np.testing.assert_array_equal(part.images, wanted.images)
        np.testing.assert_array_equal(part.labels, wanted.labels)


def test_the_split_is_stratified_and_small():
    found = digits.load((8, 8, 1))
    assert (len(found.train), len(found.test)) == (1437, 360)
    share = np.bincount(found.test.labels) / (np.bincount(found.test.labels) + np.bincount(found.train.labels))
    assert np.abs(share - 360 / 1797).max() < 0.005
    assert found.train.images.max() == 16
    assert statistics(found.train, "unit")[1].tolist() == [16.0]
    assert digits.FILE.stat().st_size < 64_000


def test_digits_are_eight_by_eight():
    with pytest.raises(Refused, match="8×8×1"):
        digits.load((28, 28, 1))
