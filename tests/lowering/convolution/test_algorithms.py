"""Every algorithm against the reference, over random geometries, in all three directions."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.analysis.convolution import Geometry
from netspec.lowering.convolution import ALGORITHMS, reference
from tests.lowering.convolution.geometries import arrays, by_windows, geometries, here

OTHERS = [name for name in ALGORITHMS if name != "direct"]


def assert_agree(name: str, g: Geometry) -> None:
    x, w, dy = arrays(g)
    for function, a, b in (("output", x, w), ("input_gradient", dy, w), ("weight_gradient", x, dy)):
        expected = jax.jit(getattr(reference, function), static_argnums=2)(a, b, g)
        if name == "windows":
            expected = by_windows(expected, g) if function == "output" else expected
            a, b = (by_windows(array, g) if array is dy else array for array in (a, b))
        found = jax.jit(getattr(ALGORITHMS[name], function), static_argnums=2)(a, b, g)
        assert found.shape == expected.shape
        assert found.dtype == expected.dtype
        near = 1e-5 * (float(jnp.abs(expected).max()) or 1.0)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=near, err_msg=f"{name} {function} {g}")


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("name", OTHERS)
@settings(derandomize=True, deadline=None, max_examples=2, database=None)
@given(data=st.data())
def test_agrees_with_the_reference(name: str, data: st.DataObject) -> None:
    here(name)
    assert_agree(name, data.draw(geometries(name)))


@pytest.mark.slow
@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("name", OTHERS)
@settings(derandomize=True, deadline=None, max_examples=25, database=None)
@given(data=st.data())
def test_agrees_with_the_reference_over_many_geometries(name: str, data: st.DataObject) -> None:
    here(name)
    assert_agree(name, data.draw(geometries(name)))


@pytest.mark.parametrize(
    ("name", "g"),
    [
        ("pointwise", Geometry((4, 4, 2), (1, 1), 3, padding=((1, 1), (1, 1)))),
        ("pointwise", Geometry((4, 4, 2), (1, 2), 3)),
        ("flat", Geometry((4, 4, 2), (4, 3), 3)),
        ("patches", Geometry((4, 4, 2), (3, 3), 2, groups=2)),
        ("banded", Geometry((4, 4, 2), (3, 3), 2, groups=2)),
        ("depthwise", Geometry((4, 4, 4), (3, 3), 4, groups=2)),
        ("grouped", Geometry((4, 4, 4), (3, 3), 4)),
        ("phases", Geometry((4, 4, 4), (3, 3), 4)),
        ("windows", Geometry((4, 4, 4), (3, 3), 4)),
        ("windows", Geometry((6, 6, 4), (3, 3), 4, groups=2, windows=(2, 2))),
        ("phases", Geometry((9, 9, 4), (3, 3), 4, (2, 2), dilation=(2, 2))),
    ],
)
def test_says_what_it_does_not_cover(name: str, g: Geometry) -> None:
    assert not ALGORITHMS[name].supports(g, "output")


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("name", list(ALGORITHMS))
def test_the_worked_example_of_the_textbook(name: str) -> None:
    """Image and filter whose map is [[4, 3, 4], [2, 4, 3], [2, 3, 4]], and [[4, 4], [2, 4]] with stride 2."""
    image = [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]]
    x = jnp.asarray(image, jnp.float32).reshape(1, 5, 5, 1)
    w = jnp.asarray([[1, 0, 1], [0, 1, 0], [1, 0, 1]], jnp.float32).reshape(3, 3, 1, 1)
    maps = {1: [[4, 3, 4], [2, 4, 3], [2, 3, 4]], 2: [[4, 4], [2, 4]]}
    for stride, expected in maps.items():
        g = Geometry((5, 5, 1), (3, 3), 1, (stride, stride))
        if ALGORITHMS[name].supports(g, "output"):
            np.testing.assert_allclose(ALGORITHMS[name].output(x, w, g)[0, :, :, 0], expected)
