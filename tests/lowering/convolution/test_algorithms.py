"""Every algorithm against the reference, over random geometries, in all three directions."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from netspec.lowering.convolution import ALGORITHMS, Geometry, reference

OTHERS = [name for name in ALGORITHMS if name != "direct"]


@st.composite
def geometries(draw: st.DrawFn, name: str) -> Geometry:
    def pair(low: int, high: int) -> tuple[int, int]:
        return draw(st.integers(low, high)), draw(st.integers(low, high))

    kernel = (1, 1) if name == "pointwise" else pair(1, 4)
    size = kernel if name == "flat" else pair(1, 11)
    groups = draw(st.sampled_from([2, 3, 4])) if name in ("depthwise", "grouped") else 1
    channels = groups * (1 if name == "depthwise" else draw(st.integers(1, 12)))
    plain = name in ("flat", "pointwise")
    g = Geometry(
        input=(*size, channels),
        kernel=kernel,
        filters=groups * draw(st.integers(1, 9)),
        stride=pair(1, 3),
        padding=((0, 0), (0, 0)) if plain else (pair(0, 3), pair(0, 3)),
        dilation=(1, 1) if name in ("flat", "phases") else pair(1, 2),
        groups=groups,
    )
    assume(min(g.output) >= 1)
    assume(ALGORITHMS[name].supports(g, "output"))
    return g


def arrays(g: Geometry, dtype: str = "float32", batch: int = 3) -> tuple[jax.Array, jax.Array, jax.Array]:
    """x, w and dy."""
    rng = np.random.default_rng(0)
    shapes = (batch, *g.input), g.kernel_shape, (batch, *g.output)
    x, w, dy = (jnp.asarray(rng.standard_normal(shape), dtype) for shape in shapes)
    return x, w, dy


def assert_agree(name: str, g: Geometry) -> None:
    x, w, dy = arrays(g)
    candidate = ALGORITHMS[name]
    for function, a, b in (("output", x, w), ("input_gradient", dy, w), ("weight_gradient", x, dy)):
        expected = getattr(reference, function)(a, b, g)
        found = getattr(candidate, function)(a, b, g)
        assert found.shape == expected.shape
        assert found.dtype == expected.dtype
        scale = float(jnp.abs(expected).max()) or 1.0
        np.testing.assert_allclose(
            found, expected, rtol=1e-5, atol=1e-5 * scale, err_msg=f"{name} {function} {g}"
        )


@pytest.mark.parametrize("name", OTHERS)
@settings(derandomize=True, deadline=None, max_examples=4, database=None)
@given(data=st.data())
def test_agrees_with_the_reference(name: str, data: st.DataObject) -> None:
    assert_agree(name, data.draw(geometries(name)))


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
@settings(derandomize=True, deadline=None, max_examples=60, database=None)
@given(data=st.data())
def test_agrees_with_the_reference_over_many_geometries(name: str, data: st.DataObject) -> None:
    assert_agree(name, data.draw(geometries(name)))
