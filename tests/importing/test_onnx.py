"""The networks that come with onnx, held against onnxruntime with random weights; and what a model may do besides."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from netspec.diagnostics.errors import SpecError
from netspec.importing.imported import imported
from netspec.storage.tree import unflatten

pytest.importorskip("onnx")
LONG = os.environ.get("NETSPEC_LONG") == "1"
NETWORKS = {
    "squeezenet": (1235496, 38),
    "inception_v2": (11194984, 93),
    "bvlc_alexnet": (60965224, 11),
    "densenet121": (7978856, 184),
    "inception_v1": (6998552, 81),
    "resnet50": (25557032, 72),
    "vgg19": (143667240, 24),
    "zfnet512": (87250536, 11),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_comes_in(name: str) -> None:
    from tests.importing.light import FOLDER

    found = imported(str(FOLDER / f"light_{name}.onnx"))
    assert (found.plan.parameters, len(found.plan.layers)) == NETWORKS[name]


@pytest.mark.slow
@pytest.mark.parametrize("name", list(NETWORKS) if LONG else list(NETWORKS)[:1])
def test_logits_are_those_of_onnxruntime(name: str, tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    import numpy as np

    from tests.importing.light import with_weights

    path = tmp_path / "net.onnx"
    with_weights(name, path)
    found = imported(str(path), arrays=True)
    image = np.random.default_rng(1).standard_normal((1, 3, 224, 224)).astype(np.float32)
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (expected,) = session.run(None, {session.get_inputs()[0].name: image})
    logits = applied(found, image.transpose(0, 2, 3, 1))
    assert np.abs(logits.ravel() - expected.ravel()).max() <= 1e-5 * np.abs(expected).max()
    assert len(np.unique(expected)) > 500


def applied(found: Any, images: Any) -> Any:
    """What the imported network gives, with its imported weights."""
    import jax
    import numpy as np

    from netspec.lowering.network import Network

    network = Network(found.plan, {})
    like = jax.eval_shape(network.init)
    arrays = {name: np.asarray(array, np.float32) for name, array in found.arrays.items()}
    ones = {f"state/input/{name}": leaf for name, leaf in like["state"]["input"].items()}
    for name, leaf in ones.items():
        arrays.setdefault(name, np.full(leaf.shape, float(name.endswith("deviation")), leaf.dtype))
    return np.asarray(network.apply(unflatten(like, arrays), images))


def test_a_channel_shuffle_is_refused_by_name() -> None:
    from tests.importing.light import FOLDER

    with pytest.raises(SpecError, match=r"NS290.*axes are exchanged as \[0, 2, 1, 3, 4\]"):
        imported(str(FOLDER / "light_shufflenet.onnx"))


def test_a_file_that_is_no_model_is_said_to_be_that(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    for content in (b"", b"PK\3\4 no model", os.urandom(300)):
        path.write_bytes(content)
        with pytest.raises(SpecError, match="NS292"):
            imported(str(path))
