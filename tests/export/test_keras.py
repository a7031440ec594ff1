"""Keras's functional models as code: what they compute, where Keras is installed, and what is refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

from netspec.analysis.plan import Plan
from netspec.export.keras import code, program
from netspec.export.unsupported import Unsupported
from netspec.export.weights import laid_out
from netspec.importing.imported import imported
from netspec.storage.tree import to_host, unflatten
from tests.lowering.networks import network, plan

HEAD = "netspec: 1\nname: t\n"
SHORTCUT = (
    "input: [9, 8, 3]\nblocks: [{conv: {filters: 4, kernel: 3, padding: 1, norm: batch}}, {repeat: 2, conv: [{filters: 6, kernel: 3, "
    "padding: 1, norm: batch}, {filters: 6, kernel: 1, norm: batch, gate: {units: 2, activation: silu}}], "
    "shortcut: {type: add, drop: 0.2}}, {conv: [{filters: 6, kernel: 1, stride: 2}, {filters: 8, kernel: 1, activation: none}], shortcut: add, activation: relu}, "
    "{pool: {type: average, window: all}}]\nfc: [{units: 5, dropout: 0.5}, 3]\n"
)
"""With a convolution and a projection that Keras counts by where they are met."""
SAID = (
    "input: [9, 8, 4]\nblocks: [{conv: {filters: 4, kernel: 4, padding: same}}, "
    "{conv: {filters: 6, kernel: 3, padding: [0, 2], stride: [2, 1], groups: 2, activation: relu6}, pool: {window: 3, stride: 2, padding: 1}}]\n"
    "fc: [{units: 6, norm: layer, activation: {type: elu, alpha: 0.5}}, 3]\n",
    "input: [9, 8, 4]\nblocks: [{conv: {filters: 8, kernel: 3, groups: depthwise, dilation: 2, activation: gelu, norm: {type: batch, scale: false}}, "
    "pool: {type: average, window: 3, stride: 2, padding: 1, count_padding: true}}, {pool: {type: average, window: all}}]\n",
    "input: [9, 8, 4]\nblocks: [{conv: [{filters: 6, kernel: 3, padding: 1, stride: 2, norm: batch, order: [norm, activation, conv]}, "
    "{filters: 6, kernel: 1, norm: {type: group, groups: 2}, gate: {reduction: 2, activation: prelu, gate: hard_sigmoid}}], "
    "shortcut: {type: add, drop: 0.2}, activation: prelu}]\nfc: [3]\n",
    "input: [9, 8, 4]\nblocks: [{conv: {filters: 6, kernel: 3, padding: 1, stride: 2, activation: mish}, shortcut: {type: add, projection: slice}}, "
    "{conv: {filters: 8, kernel: 3, padding: same, stride: 2, activation: hard_swish}, shortcut: {type: add, projection: pool}, norm: instance}]\n"
    "fc: [{units: 6, norm: {type: batch, eps: 0.1}, activation: prelu, order: [norm, activation, fc]}, 3]\n",
    "input: [6, 6, 2]\nblocks: [{branches: [{conv: {filters: 4, kernel: 1, activation: leaky_relu}}, "
    "{conv: {filters: 3, kernel: 3, padding: 1, activation: selu}}, []], join: concat, pool: {window: 2}}]\nfc: [5]\n",
    SHORTCUT,
)
REFUSED = {
    "local response norm": "{conv: {filters: 4, kernel: 1, norm: local_response}}",
    "stride and dilation together": "{conv: {filters: 4, kernel: 2, stride: 2, dilation: 2}}",
    "pooling with this padding, which is not `same`": "{conv: {filters: 4, kernel: 1, activation: tanh}, pool: {window: 3, padding: 1}}",
}


def in_order(plan: Plan, arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
    """The arrays of the layers: an import may divide them otherwise into blocks."""
    named = (
        (part, layer.name, name)
        for layer in plan.layers
        for part, shapes in (("params", layer.shapes), ("state", layer.statistics))
        for name in shapes
    )
    return [arrays["/".join(name)] for name in named]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Keras, on numpy 2
@pytest.mark.parametrize("text", SAID, ids=range(len(SAID)))
def test_models_compute_what_the_network_does(text: str, tmp_path: Path) -> None:
    """As code with copied weights, each by its path, and as a saved model; PyTorch beneath, which compiles nothing."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    pytest.importorskip("torch", reason="the reference is PyTorch, which is installed on Python 3.11 only")
    pytest.importorskip("h5py")
    from netspec.export.keras import archive
    from tests.export.options import agree, drawn, wanted

    net, held, images = drawn(HEAD + text)
    names: dict[str, Any] = {}
    exec(code.module(net.plan), names)
    model = names[code.function_of(net.plan)]()
    arrays = laid_out(program.arrays(net.plan), held)
    variables = {variable.path: variable for variable in model.variables if "seed" not in variable.path}
    assert variables.keys() == arrays.keys()
    for path, array in arrays.items():
        variables[path].assign(array)
    own = held["state"]["input"]
    found = model(((images - own["mean"]) / own["deviation"]).astype(np.float32), training=False)
    truth = wanted(net, held, images)
    agree(keras.ops.convert_to_numpy(found), truth, text)
    saved = tmp_path / "saved.keras"
    saved.write_bytes(archive.write(net.plan, held, {}, normalized=False, logits=True))
    found = keras.models.load_model(saved)(images, training=False)
    agree(keras.ops.convert_to_numpy(found), truth, text)


@pytest.mark.parametrize("text", [SAID[0], SAID[1], SAID[4], SHORTCUT], ids=range(4))
def test_a_saved_model_comes_in_again(text: str, tmp_path: Path) -> None:
    """The same network, number for number, and from then on the same text; the same network is the same bytes."""
    pytest.importorskip("h5py")
    pytest.importorskip("torch", reason="the arrays are drawn beside the reference, which is PyTorch")
    from netspec.export.keras import archive
    from tests.export.options import drawn

    net, held, _ = drawn(HEAD + text)
    path, saved = tmp_path / "net.keras", archive.write(net.plan, held, {}, normalized=False, logits=False)
    path.write_bytes(saved)
    found = imported(str(path), arrays=True)
    assert found.arrays is not None
    for name in ("mean", "deviation"):
        np.testing.assert_allclose(found.arrays[f"state/input/{name}"], held["state"]["input"][name], rtol=1e-6)
    pairs = zip(in_order(found.plan, found.arrays), in_order(net.plan, to_host(held)), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)
    again = unflatten(jax.eval_shape(network(found.text).init), found.arrays)
    path.write_bytes(archive.write(found.plan, again, {}, normalized=False, logits=False))
    assert imported(str(path)).text == found.text
    assert archive.write(net.plan, held, {}, normalized=False, logits=False) == saved


def refused(module: Callable[[Plan], str], block: str) -> Unsupported:
    """What is raised for a network with this block."""
    spec = plan(f"{HEAD}input: [9, 8, 4]\nblocks: [{block}]\nfc: [3]\n")
    with pytest.raises(Unsupported) as raised:
        module(spec)
    return raised.value


@pytest.mark.parametrize("what", REFUSED)
def test_what_keras_has_not_is_refused_at_its_layer(what: str) -> None:
    error = refused(code.module, REFUSED[what])
    assert error.what == what
    assert error.layer in ("block1.conv1", "block1.pool")
