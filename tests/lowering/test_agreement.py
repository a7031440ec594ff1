"""The facts of a kind and its lowering say the same, and the notes' example comes out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import netspec
from netspec.analysis.stages import stages
from netspec.language.plain import plain
from netspec.language.steps import Dropout
from netspec.lowering.around import dropout
from netspec.lowering.planner import choices, from_names
from tests.lowering.grammar import specs
from tests.lowering.networks import network, variables

SPECS = Path(__file__).parent.parent.parent / "specs"


@settings(max_examples=25, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(specs())
def test_lowered_shapes_are_the_shape_rule(text: str) -> None:
    for chosen in (False, True):
        net = network(text, chosen=chosen)
        start = net.init(0)
        images = jax.ShapeDtypeStruct((3, *net.plan.input), np.float32)
        outputs = jax.eval_shape(net.activations, start, images)
        assert {name: output.shape[1:] for name, output in outputs.items()} == {
            layer.name: layer.output for layer in net.plan.layers
        }
        assert jax.eval_shape(net.apply, start, images).shape[1:] == net.plan.output


@settings(max_examples=200, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(specs())
def test_chosen_algorithms_can_be_written_down_and_read_again(text: str) -> None:
    plan = network(text).plan
    for platform in ("cpu", "gpu"):
        chosen = choices(plan, 8, platform)
        assert from_names(plan, json.loads(json.dumps(plain(chosen)))) == chosen


@settings(max_examples=25, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(specs())
def test_initial_leaves_are_the_declared_parameters(text: str) -> None:
    net = network(text)
    start = net.init(0)
    shapes = {layer: {name: leaf.shape for name, leaf in own.items()} for layer, own in start["params"].items()}
    assert shapes == {layer.name: layer.shapes for layer in net.plan.layers if layer.shapes}
    assert sum(leaf.size for leaf in jax.tree.leaves(start["params"])) == net.plan.parameters
    state = {layer: {name: leaf.shape for name, leaf in own.items()} for layer, own in start["state"].items()}
    del state["input"]
    assert state == {layer.name: layer.statistics for layer in net.plan.layers if layer.statistics}


def test_a_network_shows_in_a_line() -> None:
    net = network("netspec: 1\nname: t\ninput: [4, 4, 2]\nfc: [3]\n")
    assert repr(net) == f"<{type(net).__name__} of <Plan t: 4x4x2 -> 3, 99 parameters>>"


def test_batch_norm_moves_its_statistics_by_a_tenth() -> None:
    text = "netspec: 1\nname: t\ninput: [4, 4, 2]\nblocks:\n  - conv: {filters: 3, kernel: 1, norm: batch}\n"
    net = network(text)
    start = variables(net)
    images = np.random.default_rng(0).normal(size=(5, 4, 4, 2)).astype(np.float32)
    _, moved = net.forward(start, images, training=True)
    sums = np.einsum(
        "bhwc,cf->bhwf", images.astype(np.float64), np.asarray(start["params"]["block1.conv1"]["kernel"])[0, 0]
    )
    old, new = start["state"]["block1.conv1"], moved["state"]["block1.conv1"]
    np.testing.assert_allclose(new["mean"], 0.9 * old["mean"] + 0.1 * sums.mean((0, 1, 2)), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(new["variance"], 0.9 * old["variance"] + 0.1 * sums.var((0, 1, 2)), rtol=1e-5)


def test_dropout_scales_what_it_keeps() -> None:
    text = "netspec: 1\nname: t\ninput: [1, 1, 4]\nfc: [{units: 4000, dropout: 0.3, activation: none}, 1]\n"
    net = network(text)
    start = net.init(0)
    images = np.ones((4, 1, 1, 4), np.float32)
    dropped = np.asarray(dropout(jnp.ones((4, 4000)), Dropout(rate=0.3), jax.random.key(1)))
    assert set(np.unique(dropped).tolist()) == {0.0, np.float32(1 / 0.7).item()}
    assert abs((dropped == 0).mean() - 0.3) < 0.02
    first, _ = net.forward(start, images, training=True, key=jax.random.key(0))
    again, _ = net.forward(start, images, training=True, key=jax.random.key(0))
    other, _ = net.forward(start, images, training=True, key=jax.random.key(1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    np.testing.assert_array_equal(net.forward(start, images)[0], net.apply(start, images))


def test_spatial_dropout_switches_off_whole_maps() -> None:
    dropped = np.asarray(dropout(jnp.ones((50, 3, 2, 40)), Dropout(rate=0.3, type="spatial"), jax.random.key(1)))
    maps = dropped.reshape(50, 6, 40)
    np.testing.assert_array_equal(maps, np.broadcast_to(maps[:, :1], maps.shape))
    assert set(np.unique(maps).tolist()) == {0.0, np.float32(1 / 0.7).item()}
    assert abs((maps[:, 0] == 0).mean() - 0.3) < 0.04


def test_stochastic_depth_drops_what_the_layers_of_a_block_give() -> None:
    """In training, image by image, more often from repetition to repetition; never in inference."""
    text = (
        "netspec: 1\nname: t\ninput: [2, 2, 1]\nblocks:\n  - repeat: 3\n    conv: {filters: 1, kernel: 1, activation: none}\n"
        "    shortcut: {type: add, drop: [0, 0.4]}\n"
    )
    net = network(text)
    start = variables(net)
    images = jnp.ones((2000, 2, 2, 1))
    outputs: dict[str, Any] = {}
    net.forward(start, images, training=True, key=jax.random.key(0), outputs=outputs)
    for block, rate in ((1, 0.0), (2, 0.2), (3, 0.4)):
        given, joined = outputs[f"block{block}.conv1"], outputs[f"block{block}.add"]
        read = images if block == 1 else outputs[f"block{block - 1}.add"]
        np.testing.assert_array_equal((joined == read).all((1, 2, 3)), (joined == read).any((1, 2, 3)))
        stays = np.asarray((joined != read)[:, 0, 0, 0])
        assert abs(stays.mean() - (1 - rate)) < 0.04
        np.testing.assert_allclose(joined[stays], (read + given / (1 - rate))[stays], rtol=1e-6)
    np.testing.assert_array_equal(net.forward(start, images)[0], net.apply(start, images))


IMAGE = """
1 1 1 0 0
0 1 1 1 0
0 0 1 1 1
0 0 1 1 0
0 1 1 0 0
"""
FILTER = "1 0 1\n0 1 0\n1 0 1"


@pytest.mark.parametrize(("stride", "wanted"), [(1, [[4, 3, 4], [2, 4, 3], [2, 3, 4]]), (2, [[4, 4], [2, 4]])])
def test_the_worked_example(stride: int, wanted: list[list[int]]) -> None:
    net = netspec.compile(SPECS / "notes" / f"convolution-stride{stride}.yaml")
    image, window = (np.array([row.split() for row in text.split("\n") if row], np.float32) for text in (IMAGE, FILTER))
    variables = net.init(seed=0)
    variables["params"]["block1.conv1"] = {"kernel": window[:, :, None, None], "bias": np.zeros(1, np.float32)}
    found = np.asarray(net.apply(variables, image[None, :, :, None]))
    np.testing.assert_array_equal(found[0, :, :, 0] if found.ndim == 4 else found, wanted)


def test_pooling_first_is_the_same_function_in_value_and_gradient() -> None:
    text = "netspec: 1\nname: t\ninput: [9, 8, 2]\nblocks:\n  - {conv: {filters: 3, kernel: 2, activation: %s}, pool: {window: 3, stride: 2, padding: 1}}\n"
    for activation, early in (("relu", True), ("tanh", True), ("elu", True), ("gelu", False), ("silu", False)):
        net = network(text % activation)
        assert [stage.within is not None for stage in stages(net.plan)] == ([True] if early else [False, False])
        start = variables(net)
        images = np.random.default_rng(0).normal(size=(3, 9, 8, 2)).astype(np.float32)
        weights = np.random.default_rng(1).normal(size=(3, *net.plan.output)).astype(np.float32)

        def first_pooled(variables: Any, images: jax.Array, net: Any = net, weights: Any = weights) -> jax.Array:
            return jnp.sum(net.apply(variables, images) * weights)

        def last_pooled(variables: Any, images: jax.Array, net: Any = net, weights: Any = weights) -> jax.Array:
            return jnp.sum(net.activations(variables, images)["block1.pool"] * weights)

        found, wanted = (jax.jit(jax.grad(function, (0, 1)))(start, images) for function in (first_pooled, last_pooled))
        np.testing.assert_allclose(
            net.apply(start, images), net.activations(start, images)["block1.pool"], rtol=1e-6, atol=1e-6
        )
        for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("block", "together"),
    [
        ("{conv: {filters: 4, kernel: 3}, pool: {window: 2}}", True),
        ("{conv: {filters: 4, kernel: 3}, pool: {window: 2, norm: batch}}", False),
        ("{conv: {filters: 4, kernel: 3}, pool: {window: 2, activation: relu, order: [activation, pool]}}", False),
        ("{conv: {filters: 4, kernel: 3, order: [activation, conv]}, pool: {window: 2}}", True),
        ("{conv: {filters: 4, kernel: 3, gate: {units: 1}}, pool: {window: 2}}", False),
        ("{conv: {filters: 4, kernel: 3, padding: 1}, shortcut: add, pool: {window: 2}}", False),
    ],
)
def test_pooling_runs_within_a_convolution_that_it_alone_reads(block: str, together: bool) -> None:
    net = network(f"netspec: 1\nname: t\ninput: [8, 8, 4]\nblocks: [{block}]\n")
    assert any(stage.within is not None for stage in stages(net.plan)) == together


def test_bfloat16_gives_finite_gradients_everywhere() -> None:
    """Also where the images are 0: of powers, roots and trained slopes."""
    text = (
        "netspec: 1\nname: t\ninput: {height: 6, width: 6, channels: 4, norm: local_response}\nblocks:\n"
        "  - {conv: {filters: 4, kernel: 3, padding: 1, norm: layer, activation: prelu, gate: {units: 2}}, shortcut: add, norm: instance}\n"
        "  - {conv: {filters: 6, kernel: 3, stride: 2, padding: 1, norm: batch}, shortcut: {type: add, projection: pool}, norm: {type: group, groups: 2}}\n"
        "fc: [3]\ndata: {source: npz, path: t.npz}\ntrain: {precision: bfloat16}\n"
    )
    net = network(text, chosen=True)
    start = net.init(0)
    images = jnp.zeros((2, 6, 6, 4)).at[0].set(1)

    def total(params: Any) -> jax.Array:
        return net.forward({"params": params, "state": start["state"]}, images, training=True)[0].sum()

    gradients = jax.tree.leaves(jax.jit(jax.grad(total))(start["params"]))
    assert all(np.isfinite(np.asarray(gradient, np.float32)).all() for gradient in gradients)
    assert any(np.asarray(gradient, np.float32).any() for gradient in gradients)
