"""Keras's functional models as code: what they compute, where Keras is installed, and what is refused."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

from netspec.export.keras import code, program
from netspec.export.unsupported import Unsupported
from netspec.export.weights import laid_out
from tests.lowering.networks import plan

HEAD = "netspec: 1\nname: t\n"
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
)
REFUSED = {
    "local response norm": "{conv: {filters: 4, kernel: 1, norm: local_response}}",
    "stride and dilation together": "{conv: {filters: 4, kernel: 2, stride: 2, dilation: 2}}",
    "pooling with this padding, which is not `same`": "{conv: {filters: 4, kernel: 1, activation: tanh}, pool: {window: 3, padding: 1}}",
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Keras, on numpy 2
@pytest.mark.parametrize("text", SAID, ids=range(len(SAID)))
def test_models_compute_what_the_network_does(text: str) -> None:
    """With copied weights, each by its path; PyTorch beneath, which compiles nothing."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    pytest.importorskip("torch", reason="the reference is PyTorch, which is installed on Python 3.11 only")
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
    agree(keras.ops.convert_to_numpy(found), wanted(net, held, images), text)


@pytest.mark.parametrize("what", REFUSED)
def test_what_keras_has_not_is_refused_at_its_layer(what: str) -> None:
    spec = plan(f"{HEAD}input: [9, 8, 4]\nblocks: [{REFUSED[what]}]\nfc: [3]\n")
    with pytest.raises(Unsupported) as refused:
        code.module(spec)
    assert refused.value.what == what
    assert refused.value.layer in ("block1.conv1", "block1.pool")
