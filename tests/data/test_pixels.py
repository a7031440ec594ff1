"""Which numbers can hardly be pixels of what a network was trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.data.pixels import Trained
from netspec.data.problem import Refused


def trained_on(
    source: str, normalize: str, mean: list[float], deviation: list[float], shape: tuple[int, int, int] = (2, 2, 2)
) -> Trained:
    statistics = (np.array(mean, np.float32), np.array(deviation, np.float32))
    return Trained(shape, source, source != "npz", None if normalize == "none" else statistics)


BYTES = ("images", "standard", [120, 90], [70, 60])
ANY = ("npz", "standard", [0.5, 0.4], [0.3, 0.2])
WIDE = ("npz", "standard", [120, 90], [70, 60])
UNIT = ("npz", "unit", [0, 0], [1, 1])


@pytest.mark.parametrize(
    ("trained", "low", "high", "told"),
    [
        (BYTES, 0, 255, False),
        (BYTES, 0, 0, False),
        (BYTES, 0, 3, False),
        (BYTES, 0, 1, True),
        (BYTES, 1, 1, True),
        (BYTES, 0.1, 0.7, True),
        (BYTES, -1, 1, True),
        (BYTES, 0, 256, True),
        (ANY, 0, 1, False),
        (ANY, 0.2, 0.21, False),
        (ANY, -3, 9, False),
        (ANY, 0, 255, True),
        (WIDE, 0, 255, False),
        (WIDE, 0, 1, True),
        (UNIT, 0, 1.2, False),
        (UNIT, 0, 255, True),
        (("npz", "none", [0, 0], [1, 1]), 0, 255, False),
    ],
)
def test_another_scale_is_told(trained: tuple[Any, ...], low: float, high: float, told: bool) -> None:
    stack = np.linspace(low, high, 16, dtype=np.float32).reshape(2, 2, 2, 2)
    found = trained_on(*trained).other_scale(stack)
    assert (found is not None) is told, found


def test_an_image_in_rows_of_numbers(tmp_path: Path) -> None:
    """Channel by channel, as people write them down."""
    trained, path = trained_on(*ANY), tmp_path / "x.csv"
    path.write_text("# red\n1, 2,\n3, 4 ;\n\n# blue\n5 6\n7 -8.5\n")
    (image,) = trained.arrays(path)
    assert (image[..., 0].tolist(), image[..., 1].tolist()) == ([[1, 2], [3, 4]], [[5, 6], [7, -8.5]])
    for text, said in (
        ("1 2\n3 4\n", "2 times 2 rows of 2"),
        ("1 2\n3 x", "line 2"),
        ("1 2\n3 1_0", "`1_0`, which is no number"),
        ("1 2\n3,,4", "line 2.* no number before it"),
        ("1 2\n3 4\n5 6\n7 inf", "finite"),
        ("1 2\n3 4\n5 6\n7 1e300", "finite"),
    ):
        path.write_text(text)
        with pytest.raises(Refused, match=said):
            trained.arrays(path)
