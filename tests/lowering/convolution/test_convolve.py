"""The joined convolution inside JAX's transformations, in bfloat16, and against PyTorch."""

from __future__ import annotations

from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import export

from netspec.analysis.convolution import Choice, Geometry
from netspec.lowering.convolution import ALGORITHMS, convolve
from tests.lowering.convolution.geometries import arrays, by_windows, here

CASES = {
    "direct": Geometry((7, 6, 3), (3, 2), 4, (2, 1), ((1, 0), (0, 1))),
    "pointwise": Geometry((5, 5, 3), (1, 1), 4, (2, 2)),
    "flat": Geometry((4, 3, 2), (4, 3), 5),
    "patches": Geometry((7, 6, 3), (3, 2), 4, (2, 1), ((1, 0), (0, 1))),
    "banded": Geometry((8, 8, 2), (3, 3), 4, (1, 1), ((1, 1), (1, 1))),
    "depthwise": Geometry((6, 6, 3), (3, 3), 6, (2, 2), ((1, 1), (1, 1)), groups=3),
    "grouped": Geometry((6, 6, 80), (3, 3), 20, (1, 1), ((1, 1), (1, 1)), groups=10),
    "phases": Geometry((7, 7, 3), (3, 3), 4, (2, 2), ((1, 1), (1, 1))),
    "windows": Geometry((8, 8, 2), (3, 3), 4, (1, 1), ((1, 1), (1, 1)), windows=(2, 2)),
    "compiled": Geometry((7, 6, 4), (3, 2), 6, (2, 1), ((1, 0), (0, 1)), (1, 2), groups=2),
}


@pytest.fixture(autouse=True)
def _ranks_never_promote() -> Iterator[None]:
    with jax.numpy_rank_promotion("raise"):
        yield


def loss(x: jax.Array, w: jax.Array, g: Geometry, choice: Choice | None) -> jax.Array:
    return (convolve(x, w, g, choice) ** 2).sum()


def close(found: tuple[jax.Array, ...], expected: tuple[jax.Array, ...], relative: float = 1e-5) -> None:
    for f, e in zip(found, expected, strict=True):
        assert f.dtype == e.dtype
        f, e = np.asarray(f, np.float64), np.asarray(e, np.float64)
        np.testing.assert_allclose(f, e, rtol=relative, atol=relative * np.abs(e).max())


def test_every_algorithm_has_a_case() -> None:
    assert set(CASES) == set(ALGORITHMS)


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("name", list(ALGORITHMS))
def test_grad_vmap_and_checkpoint_agree_with_the_reference(name: str) -> None:
    here(name)
    g, choice = CASES[name], Choice(name, name, name)
    x, w, _ = arrays(g)
    gradient = jax.jit(jax.grad(loss, argnums=(0, 1)), static_argnums=(2, 3))
    expected = gradient(x, w, g, None)
    close(gradient(x, w, g, choice), expected)

    saved = jax.jit(jax.grad(lambda x, w: jax.checkpoint(lambda x, w: loss(x, w, g, choice))(x, w), (0, 1)))
    close(saved(x, w), expected)

    each = jax.jit(jax.vmap(jax.grad(lambda one, w: loss(one[None], w, g, choice), argnums=(0, 1)), in_axes=(0, None)))
    dx, dws = each(x, w)
    close((dx, dws.sum(axis=0)), expected)


@pytest.mark.parametrize("name", [name for name in ALGORITHMS if name != "compiled"])  # which no export holds
def test_exports_for_every_platform_with_a_symbolic_batch(name: str) -> None:
    g, choice = CASES[name], Choice(name, name, name)
    x, w, _ = arrays(g, batch=5)
    (batch,) = export.symbolic_shape("batch")
    gradient = jax.jit(jax.grad(lambda x, w: loss(x, w, g, choice), argnums=(0, 1)))
    shapes = jax.ShapeDtypeStruct((batch, *g.input), x.dtype), jax.ShapeDtypeStruct(w.shape, w.dtype)
    artefact = export.export(gradient, platforms=("cpu", "cuda", "tpu"))(*shapes)
    close(tuple(artefact.call(x, w)), gradient(x, w))


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("name", list(ALGORITHMS))
def test_bfloat16_rounds_once(name: str) -> None:
    """The result in bfloat16 is the exact one to bfloat16's 8 bits: sums were not rounded on the way."""
    here(name)
    g = CASES[name]
    x, w, dy = arrays(g, "bfloat16")
    for function, a, b in (("output", x, w), ("input_gradient", dy, w), ("weight_gradient", x, dy)):
        run = jax.jit(getattr(ALGORITHMS[name], function), static_argnums=2)
        exact = run(a.astype(jnp.float32), b.astype(jnp.float32), g).astype(jnp.bfloat16)
        close((run(a, b, g),), (exact,), relative=2**-8)


def test_each_direction_has_its_own_algorithm() -> None:
    g = CASES["banded"]
    x, w, _ = arrays(g)
    gradient = jax.grad(loss, argnums=(0, 1))
    mixed = Choice("banded", "direct", "patches")
    close(gradient(x, w, g, mixed), gradient(x, w, g, None))


def test_an_input_gradient_that_nobody_uses_is_not_computed() -> None:
    """Under jit the program holds the output and the weight gradient: two convolutions, not three."""
    g = Geometry((8, 8, 3), (3, 3), 4)
    x, w, _ = arrays(g)

    def convolutions(argnums: tuple[int, ...]) -> int:
        gradient = jax.jit(jax.grad(lambda x, w: loss(x, w, g, Choice()), argnums=argnums))
        return str(gradient.lower(x, w).compiler_ir("hlo").as_hlo_text()).count(" convolution(")

    assert convolutions((0, 1)) == 3
    assert convolutions((1,)) == 2


def test_without_a_choice_it_is_differentiable_twice() -> None:
    g = CASES["direct"]
    x, w, _ = arrays(g)
    curvature = jax.jvp(jax.grad(lambda w: loss(x, w, g, None)), (w,), (w,))[1]
    close((curvature,), (jax.grad(lambda w: loss(x, w, g, None))(w),))


def test_an_algorithm_that_does_not_fit_is_refused() -> None:
    g = CASES["banded"]
    x, w, _ = arrays(g)
    with pytest.raises(ValueError, match="`flat` has no weight_gradient"):
        convolve(x, w, g, Choice(weight_gradient="flat"))


@pytest.mark.parametrize("name", [None, *ALGORITHMS])
def test_values_and_gradients_are_those_of_pytorch(name: str | None) -> None:
    torch = pytest.importorskip("torch")
    g = CASES[name or "grouped"]
    x, w, dy = arrays(g)
    y, pull = jax.vjp(lambda x, w: convolve(x, w, g, name and Choice(name, name, name)), x, w)

    tx = torch.tensor(np.transpose(x, (0, 3, 1, 2)), requires_grad=True)
    tw = torch.tensor(np.transpose(w, (3, 2, 0, 1)), requires_grad=True)
    (top, bottom), (left, right) = g.padding
    padded = torch.nn.functional.pad(tx, (left, right, top, bottom))
    ty = torch.nn.functional.conv2d(padded, tw, None, g.stride, 0, g.dilation, g.groups)
    ty.backward(torch.tensor(np.transpose(dy, (0, 3, 1, 2))))
    rows = (0, 2, 3, 1)
    expected_y = jnp.asarray(ty.detach().numpy().transpose(rows))
    if name == "windows":
        expected_y, dy = by_windows(expected_y, g), by_windows(dy, g)
    close((y,), (expected_y,))
    expected = tx.grad.numpy().transpose(rows), tw.grad.numpy().transpose((2, 3, 1, 0))
    close(pull(dy), tuple(jnp.asarray(e) for e in expected))
