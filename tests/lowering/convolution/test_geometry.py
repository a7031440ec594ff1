"""Sizes of a convolution against what JAX makes of it."""

from __future__ import annotations

import jax
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.analysis.convolution import Geometry
from netspec.lowering.convolution import reference
from tests.lowering.convolution.geometries import geometries


@settings(derandomize=True, deadline=None, max_examples=30, database=None)
@given(g=st.sampled_from(["direct", "depthwise"]).flatmap(geometries))
def test_the_output_is_that_of_jax(g: Geometry) -> None:
    x, w = jax.ShapeDtypeStruct((2, *g.input), "float32"), jax.ShapeDtypeStruct(g.kernel_shape, "float32")
    assert jax.eval_shape(lambda x, w: reference.output(x, w, g), x, w).shape == (2, *g.output)


def test_equal_geometries_are_one_key() -> None:
    assert len({Geometry((4, 4, 1), (3, 3), 2), Geometry((4, 4, 1), (3, 3), 2)}) == 1
