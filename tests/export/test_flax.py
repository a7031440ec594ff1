"""Flax's modules as code: what they compute, where Flax is installed, and what is refused."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

from netspec.export.flax import code
from netspec.export.weights import laid_out
from tests.export.test_keras import HEAD, SAID, refused

OWN = (
    "input: [9, 8, 4]\nblocks: [{conv: {filters: 4, kernel: 2, stride: 2, dilation: 2, activation: tanh}, "
    "pool: {type: average, window: 3, stride: 2, padding: 1}}]\nfc: [3]\n"
)
REFUSED = {
    "local response norm": "{conv: {filters: 4, kernel: 1, norm: local_response}}",
    "`prelu` with a slope a channel": "{conv: {filters: 4, kernel: 1, activation: prelu}}",
}


@pytest.mark.slow
@pytest.mark.parametrize("text", [*(text.replace("prelu", "softplus") for text in SAID), OWN], ids=range(len(SAID) + 1))
def test_modules_compute_what_the_network_does(text: str) -> None:
    """With copied weights, each by its path."""
    nnx = pytest.importorskip("flax.nnx")
    pytest.importorskip("torch", reason="the reference is PyTorch, which is installed on Python 3.11 only")
    from tests.export.options import agree, drawn, wanted

    net, held, images = drawn(HEAD + text)
    names: dict[str, Any] = {}
    exec(code.module(net.plan), names)
    model = nnx.eval_shape(lambda: names[code.class_of(net.plan)](nnx.Rngs(0)))
    model.eval()
    arrays = laid_out(code.arrays(net.plan), held)
    state = dict(nnx.to_flat_state(nnx.state(model, nnx.Any(nnx.Param, nnx.BatchStat))))
    assert {"/".join(path) for path in state} == arrays.keys()
    for path, variable in state.items():
        assert variable.shape == arrays["/".join(path)].shape
        variable.set_value(arrays["/".join(path)])
    nnx.update(model, nnx.from_flat_state(state))
    own = held["state"]["input"]
    found = jax.jit(lambda x: model(x))(((images - own["mean"]) / own["deviation"]).astype(np.float32))
    agree(np.asarray(found), wanted(net, held, images), text)


@pytest.mark.parametrize("what", REFUSED)
def test_what_flax_has_not_is_refused_at_its_layer(what: str) -> None:
    error = refused(code.module, REFUSED[what])
    assert error.what == what
    assert error.layer == "block1.conv1"


def test_no_layer_hides_what_a_module_has() -> None:
    nnx = pytest.importorskip("flax.nnx")
    assert {name for name in dir(nnx.Module) if not name.startswith("_")} <= {*code.TAKEN}
