"""Networks that run by the compiled kernels: the same functions, chosen, recorded and refused like every algorithm."""

from __future__ import annotations

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from netspec.analysis.convolution import Geometry
from netspec.kernels import library
from netspec.language.plain import plain
from netspec.lowering import foreign
from netspec.lowering.columns import standardize as by_products
from netspec.lowering.convolution import compiled, reference
from netspec.lowering.planner import Unfit, choices, from_names, uses_kernels
from netspec.lowering.standardizing import standardize
from netspec.training.step import TrainableNetwork
from tests.lowering.networks import plan

SPEC = """\
netspec: 1
name: small
input: [6, 6, 3]
blocks:
  - conv: {filters: 16, kernel: 3, padding: same, norm: batch}
  - conv: {filters: 16, kernel: 3, stride: 2, padding: same, norm: batch, order: [norm, activation, conv]}
  - conv: {filters: 16, kernel: 3, groups: 16, padding: same, norm: batch, activation: none}
fc: [10]
train: {batch_size: 4, epochs: 2}
data: {source: images, path: x}
"""

pytestmark = pytest.mark.usefixtures("kernels")


@pytest.fixture(autouse=True)
def _there(kernels: None) -> None:
    if foreign.instructions() is None:
        pytest.skip("there are no compiled kernels")


@pytest.mark.parametrize("frozen", ["", "from: x, freeze: block1.*, "])
def test_a_step_moves_all_parameters_as_without_kernels(frozen: str) -> None:
    """A frozen layer's norm goes by its own statistics, which no kernel does, and its activation is not left out."""
    planned = plan(SPEC.replace("train: {", f"train: {{{frozen}"))
    chosen = choices(planned, 4, "cpu", kernels="avx2")
    assert uses_kernels(chosen)
    assert {name for name, choice in chosen.items() if choice == "compiled"} == {
        *([] if frozen else ["block1.conv1/norm"]),
        "block2.conv1/norm",
        "block3.conv1/norm",
    }
    rng = np.random.default_rng(0)
    images, labels = rng.standard_normal((4, 6, 6, 3), np.float32), np.arange(4, dtype=np.int32)
    states = []
    for those in (chosen, {}):
        network = TrainableNetwork(planned, those, 1)
        state = network.init_training(0)
        for _ in range(2):
            state, metrics = network.train_step(state, images, labels)
        states.append(jax.tree.map(np.asarray, (state["variables"], metrics["loss"])))
    for found, expected in zip(*map(jax.tree.leaves, states), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("relu", [False, True])
def test_batch_norm_in_jax_s_transformations(relu: bool) -> None:
    rng = np.random.default_rng(0)
    x, scale, shift, weight = (
        jnp.asarray(rng.standard_normal(shape), jnp.float32) for shape in ((3, 5, 4, 6), 6, 6, (3, 5, 4, 6))
    )

    def loss(x: jax.Array, scale: jax.Array, shift: jax.Array) -> jax.Array:
        return (standardize(x, scale, shift, 1e-3, relu)[0] * weight).sum()

    def expected(x: jax.Array, scale: jax.Array, shift: jax.Array) -> jax.Array:
        y = by_products(x, scale, shift, 1e-3)[0]
        return ((jax.nn.relu(y) if relu else y) * weight).sum()

    given = x, scale, shift
    gradient = jax.grad(expected, (0, 1, 2))(*given)
    for found in (
        jax.grad(loss, (0, 1, 2))(*given),
        jax.grad(jax.checkpoint(loss), (0, 1, 2))(*given),
        jax.tree.map(lambda a: a[1], jax.vmap(jax.grad(loss, (0, 1, 2)))(*(jnp.stack([a + 1, a]) for a in given))),
    ):
        for own, other in zip(found, gradient, strict=True):
            np.testing.assert_allclose(own, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("groups", [1, 3])
def test_what_is_not_finite_is_passed_on_as_by_xla(groups: int) -> None:
    g = Geometry((5, 6, 3), (3, 3), 6 // (2 if groups > 1 else 1), padding=((1, 1), (1, 1)), groups=groups)
    x = jnp.ones((2, *g.input)).at[0, 2, 3, 1].set(jnp.nan).at[1, 4, 5, 2].set(jnp.inf)
    w, dy = jnp.ones(g.kernel_shape), jnp.ones((2, *g.output)).at[1, 0, 0, 0].set(-jnp.inf)
    for direction, pair in {"output": (x, w), "input_gradient": (dy, w), "weight_gradient": (x, dy)}.items():
        found, expected = (getattr(module, direction)(*pair, g) for module in (compiled, reference))
        np.testing.assert_array_equal(np.isfinite(found), np.isfinite(expected), err_msg=direction)
    y = standardize(x, jnp.ones(3), jnp.zeros(3), 1e-3, True)[0]
    assert np.isnan(y[..., 1:]).all()
    assert np.isfinite(y[..., 0]).all()


def test_what_is_written_down_is_taken_where_the_kernels_are_and_refused_where_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planned = plan(SPEC)
    chosen = choices(planned, 4, "cpu", kernels="avx2")
    assert from_names(planned, plain(chosen)) == chosen
    monkeypatch.setenv("NETSPEC_KERNELS", "off")
    library.chosen.cache_clear()
    with pytest.raises(
        Unfit, match=re.escape("`block1.conv1/norm` computes its output by compiled kernels, which are not there")
    ):
        from_names(planned, {"block1.conv1/norm": "compiled"})
    library.chosen.cache_clear()


def test_nothing_that_leaves_this_installation_runs_by_them() -> None:
    """`netspec compile` asks for choices without naming kernels, for CPU alone too."""
    assert not uses_kernels(choices(plan(SPEC), 4, "cpu"))
