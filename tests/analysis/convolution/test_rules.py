"""The choice of algorithm."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.analysis.convolution import Choice, Geometry, choose
from netspec.lowering.convolution import ALGORITHMS
from tests.lowering.convolution.geometries import geometries


@pytest.mark.parametrize("platform", ["gpu", "tpu"])
def test_accelerators_keep_their_own_convolutions(platform: str) -> None:
    assert choose(Geometry((28, 28, 1), (5, 5), 6), 128, platform, first=True) is None


@settings(derandomize=True, deadline=None, max_examples=200, database=None)
@given(data=st.data())
def test_what_is_chosen_fits(data: st.DataObject) -> None:
    g = data.draw(geometries(data.draw(st.sampled_from(list(ALGORITHMS)))))
    choice = choose(g, data.draw(st.sampled_from([1, 128, 4096])), "cpu", data.draw(st.booleans()))
    assert choice is not None
    for direction, name in asdict(choice).items():
        assert ALGORITHMS[name].supports(g, direction), (direction, name, g)


@pytest.mark.parametrize(
    ("g", "expected"),
    [
        (Geometry((28, 28, 1), (5, 5), 6, padding=((2, 2), (2, 2))), Choice("banded", "banded", "banded")),
        (Geometry((14, 14, 6), (5, 5), 16), Choice("banded", "banded", "banded")),
        (Geometry((14, 14, 6), (5, 5), 16, windows=(2, 2)), Choice("windows", "windows", "windows")),
        (Geometry((12, 12, 6), (3, 3), 32, windows=(2, 2)), Choice("banded", "banded", "banded")),
        (Geometry((32, 32, 32), (3, 3), 32, padding=((1, 1), (1, 1)), windows=(2, 2)), Choice()),
        (Geometry((32, 32, 32), (3, 3), 32, padding=((1, 1), (1, 1))), Choice()),
        (Geometry((32, 32, 32), (5, 5), 32, (2, 2), ((2, 2), (2, 2))), Choice(input_gradient="phases")),
        (Geometry((16, 16, 64), (3, 3), 64, groups=64), Choice("depthwise", "depthwise", "depthwise")),
        (Geometry((16, 16, 64), (3, 3), 64, groups=2), Choice("grouped", "grouped", "grouped")),
        (Geometry((16, 16, 64), (1, 1), 64, (2, 2)), Choice("pointwise", "pointwise", "pointwise")),
        (Geometry((4, 4, 64), (4, 4), 10), Choice("flat", "flat", "flat")),
    ],
)
def test_layers_that_were_measured(g: Geometry, expected: Choice) -> None:
    assert choose(g, 128, "cpu", first=False) == expected


def test_large_batches_outgrow_the_patches() -> None:
    g = Geometry((28, 28, 8), (5, 5), 16, padding=((2, 2), (2, 2)))
    assert choose(g, 16, "cpu", first=False) == Choice(input_gradient="banded")
    assert choose(g, 1024, "cpu", first=False) == Choice()


def test_the_first_layer_s_input_gradient_is_quick_to_trace() -> None:
    g = Geometry((28, 28, 1), (5, 5), 6)
    assert choose(g, 128, "cpu", first=True) == Choice("banded", "direct", "banded")
