"""Pooling: every algorithm against the reference and PyTorch, ties and transformations included."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jax import export

from netspec.analysis.convolution import Geometry
from netspec.analysis.pooling import Kind, Window, choose
from netspec.language.fields import Pair
from netspec.lowering.pooling import ALGORITHMS, pool
from tests.lowering.convolution.geometries import by_windows

CHOICES = [name for name in ALGORITHMS if name != "reduce_window"]
KINDS: tuple[Kind, ...] = ("max", "average")


@st.composite
def windows(draw: st.DrawFn) -> tuple[Pair, Window]:
    """A map's height and width, and a window that fits."""

    def pair(low: int, high: int) -> Pair:
        return draw(st.integers(low, high)), draw(st.integers(low, high))

    size, window = pair(1, 9), pair(1, 4)
    padding = tuple((draw(st.integers(0, w - 1)), draw(st.integers(0, w - 1))) for w in window)
    spec = Window(window, pair(1, 4), (padding[0], padding[1]))
    assume(min(spec.output(*size)) >= 1)
    return size, spec


def with_ties(shape: tuple[int, ...], dtype: str = "float32") -> jax.Array:
    """Small integers: most windows have several maxima."""
    return jnp.asarray(np.random.default_rng(0).integers(-2, 2, shape), dtype)


def value_and_gradient(x: jax.Array, window: Window, kind: Kind, choice: str | None) -> tuple[jax.Array, jax.Array]:
    def function(x: jax.Array) -> jax.Array:
        return pool(x, window, kind, choice)

    shape = jax.eval_shape(function, x).shape
    dy = jnp.asarray(np.random.default_rng(1).standard_normal(shape), x.dtype)

    @jax.jit
    def both(x: jax.Array, dy: jax.Array) -> tuple[jax.Array, jax.Array]:
        y, pull = jax.vjp(function, x)
        return y, pull(dy)[0]

    return both(x, dy)


def assert_agree(size: Pair, window: Window) -> None:
    x = with_ties((2, *size, 3))
    for kind in KINDS:
        expected = value_and_gradient(x, window, kind, None)
        for choice in CHOICES:
            found = value_and_gradient(x, window, kind, choice)
            for f, e in zip(found, expected, strict=True):
                np.testing.assert_allclose(f, e, rtol=1e-5, atol=1e-5, err_msg=f"{kind} {size} {window}")


@settings(derandomize=True, deadline=None, max_examples=4, database=None)
@given(case=windows())
def test_agrees_with_the_reference(case: tuple[Pair, Window]) -> None:
    assert_agree(*case)


@pytest.mark.slow
@settings(derandomize=True, deadline=None, max_examples=25, database=None)
@given(case=windows())
def test_agrees_with_the_reference_over_many_windows(case: tuple[Pair, Window]) -> None:
    assert_agree(*case)


@pytest.mark.parametrize("choice", [None, *CHOICES])
@pytest.mark.parametrize(
    ("size", "window"),
    [
        ((6, 6), Window((2, 2), (2, 2))),
        ((7, 9), Window((3, 3), (2, 2), ((1, 1), (1, 1)))),
        ((7, 6), Window((3, 2), (1, 2))),
        ((5, 4), Window((5, 4), (1, 1))),
    ],
)
def test_values_and_tied_gradients_are_those_of_pytorch(size: Pair, window: Window, choice: str | None) -> None:
    torch = pytest.importorskip("torch")
    x = with_ties((2, *size, 3))
    padding = tuple(before for before, _ in window.padding)
    for kind in KINDS:
        y, dx = value_and_gradient(x, window, kind, choice)
        t = torch.tensor(np.transpose(x, (0, 3, 1, 2)), requires_grad=True)
        if kind == "max":
            ty = torch.nn.functional.max_pool2d(t, window.size, window.stride, padding)
        else:
            ty = torch.nn.functional.avg_pool2d(t, window.size, window.stride, padding, count_include_pad=False)
        dy = np.random.default_rng(1).standard_normal(y.shape).astype(np.float32)
        ty.backward(torch.tensor(np.transpose(dy, (0, 3, 1, 2))))
        np.testing.assert_allclose(y, np.transpose(ty.detach().numpy(), (0, 2, 3, 1)), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(dx, np.transpose(t.grad.numpy(), (0, 2, 3, 1)), rtol=1e-5, atol=1e-6)


@settings(derandomize=True, deadline=None, max_examples=10, database=None)
@given(data=st.data())
def test_windows_of_a_map_that_lies_by_windows(data: st.DataObject) -> None:
    """The same maxima, and the same gradients of ties, in the order in which the convolution made the map."""
    small = st.integers(1, 4)
    high, wide, rows, columns, filters = (data.draw(small) for _ in range(5))
    g = Geometry((rows * high, columns * wide, 1), (1, 1), filters, windows=(high, wide))
    window = Window(g.windows, g.windows)
    x = with_ties((2, *g.output))
    y, dx = value_and_gradient(x, window, "max", None)
    found, d_found = value_and_gradient(by_windows(x, g), window, "max", "windows")
    np.testing.assert_array_equal(found, y)
    np.testing.assert_array_equal(d_found, by_windows(dx, g))


@pytest.mark.parametrize("kind", KINDS)
def test_works_inside_transformations_with_rank_promotion_raised(kind: Kind) -> None:
    x = with_ties((2, 6, 6, 3))

    def loss(x: jax.Array, choice: str | None) -> jax.Array:
        y = pool(x, Window((3, 3), (2, 2), ((1, 1), (0, 1))), kind, choice)
        return (pool(y, Window(y.shape[1:3], (1, 1)), kind, choice) ** 2).sum()

    with jax.numpy_rank_promotion("raise"):
        expected = jax.grad(loss)(x, None)
        np.testing.assert_allclose(jax.grad(loss)(x, "shifts"), expected, rtol=1e-5)
        each = jax.vmap(jax.grad(lambda one: loss(one[None], "shifts")))(x)
        np.testing.assert_allclose(each, expected, rtol=1e-5)
        saved = jax.grad(jax.checkpoint(lambda x: loss(x, "shifts")))(x)
        np.testing.assert_allclose(saved, expected, rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_exports_for_every_platform_with_a_symbolic_batch(kind: Kind) -> None:
    def gradient(x: jax.Array) -> jax.Array:
        def loss(x: jax.Array) -> jax.Array:
            y = pool(x, Window((2, 2), (2, 2)), kind, "shifts")
            return (pool(y, Window((3, 3), (1, 1)), kind, "shifts") ** 2).sum()

        return jax.grad(loss)(x)

    (batch,) = export.symbolic_shape("batch")
    like = jax.ShapeDtypeStruct((batch, 6, 6, 3), jnp.float32)
    artefact = export.export(jax.jit(gradient), platforms=("cpu", "cuda", "tpu"))(like)
    x = with_ties((5, 6, 6, 3))
    np.testing.assert_allclose(artefact.call(x), gradient(x), rtol=1e-6)


@pytest.mark.parametrize("choice", [None, *CHOICES])
def test_bfloat16_averages_add_up_in_float32(choice: str | None) -> None:
    x = jnp.ones((1, 4, 4, 1), "bfloat16").at[0, 0, 0].set(256.0)
    y = pool(x, Window((3, 3), (1, 1)), "average", choice)
    assert y.dtype == x.dtype
    assert y[0, 0, 0, 0] == jnp.bfloat16((256 + 8) / 9)


def test_accelerators_keep_their_own_pooling() -> None:
    assert choose((2, 2), "gpu") is choose((2, 2), "tpu") is None
    assert choose((2, 2), "cpu") == "shifts"
    assert choose((9, 9), "cpu") is None
