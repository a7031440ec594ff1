"""Random geometries, and arrays that fit them."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import assume
from hypothesis import strategies as st

from netspec.analysis.convolution import Geometry
from netspec.analysis.convolution.patches import windows_tile
from netspec.lowering import foreign
from netspec.lowering.convolution import ALGORITHMS


def here(name: str) -> None:
    """Skips a test of the compiled kernels where there are none."""
    if name == "compiled" and foreign.instructions() is None:
        pytest.skip("there are no compiled kernels")


@st.composite
def geometries(draw: st.DrawFn, name: str) -> Geometry:
    """A geometry that the algorithm supports."""

    def pair(low: int, high: int) -> tuple[int, int]:
        return draw(st.integers(low, high)), draw(st.integers(low, high))

    kernel = (1, 1) if name == "pointwise" else pair(1, 4)
    grouped = name in ("depthwise", "grouped") or (name == "compiled" and draw(st.booleans()))
    groups = draw(st.sampled_from([2, 3, 4])) if grouped else 1
    size = kernel if name == "flat" else pair(1, 11)
    bare = name in ("flat", "pointwise")
    g = Geometry(
        input=(*size, groups * (1 if name == "depthwise" else draw(st.integers(1, 12)))),
        kernel=kernel,
        filters=groups * draw(st.integers(1, 9)),
        stride=pair(1, 3),
        padding=((0, 0), (0, 0)) if bare else (pair(0, 3), pair(0, 3)),
        dilation=(1, 1) if name in ("flat", "phases") else pair(1, 2),
        groups=groups,
    )
    assume(min(g.output) >= 1)
    # XLA's own weight gradient, which is the reference, fails a check of its compiler for groups with both, and ends the process
    assume(name != "compiled" or g.groups == 1 or (1, 1) in (g.stride, g.dilation))
    if name == "windows":
        rows, columns = (draw(st.sampled_from([n for n in range(1, 5) if size % n == 0])) for size in g.output[:2])
        g = replace(g, windows=(rows, columns))
    assume(ALGORITHMS[name].supports(g, "output"))
    return g


def by_windows(y: jax.Array, g: Geometry) -> jax.Array:
    """A map (batch, *g.output) with its numbers in the order of the algorithm `windows`, in the same shape."""
    (rows, columns, filters), (high, wide), tile = g.output, g.windows, windows_tile(g.output, g.windows)
    cells = y.reshape(-1, rows // high, high, columns // (wide * tile), tile, wide, filters)
    return cells.transpose(0, 1, 3, 2, 5, 4, 6).reshape(y.shape)


def arrays(g: Geometry, dtype: str = "float32", batch: int = 3) -> tuple[jax.Array, jax.Array, jax.Array]:
    """x, w and dy."""
    rng = np.random.default_rng(0)
    shapes = (batch, *g.input), g.kernel_shape, (batch, *g.output)
    x, w, dy = (jnp.asarray(rng.standard_normal(shape), dtype) for shape in shapes)
    return x, w, dy
