"""The networks that come with onnx, held against onnxruntime with random weights; and what a model may do besides."""

from __future__ import annotations

import json
import os
import random
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
    for content in (b"", b"PK\3\4 no model", random.Random(0).randbytes(300)):
        path.write_bytes(content)
        with pytest.raises(SpecError, match="NS292"):
            imported(str(path))


SMALL = {
    "a pad before a convolution": ("Pad x pads -> p; Conv p k -> y", None),
    "a constant plus a map": ("Conv x k -> c; Add b c -> y", None),
    "a constant times the images": ("Mul half x -> h; Conv h k -> y", None),
    "a number times a map": ("Conv x k -> c; Mul c half -> h; Conv h k -> y", "multiplied by a number"),
    "a number times the result": ("Conv x k -> c; Mul c half -> y", "multiplied by a number"),
    "a bias of what is also read without": ("Conv x k -> c; Add c b -> d; Relu c -> e; Add d e -> y", "something else"),
    "images read raw and rescaled": ("Mul x half -> h; Conv h k -> c; Conv x k -> d; Add c d -> y", "otherwise"),
    "a bias that is computed": ("GlobalAveragePool x -> g; Flatten g -> f; Conv x k f -> y", "NS292"),
    "padding that cuts": ("Pad x cut -> p; Conv p k -> y", "negative"),
    "padding of the result": ("Conv x k -> c; Pad c pads -> y", "around the result"),
    "a number for each column": ("Conv x k -> c; Add c row_of -> y", "constant map"),
    "constants that explode": ("Add tall wide -> t; Conv x k -> c; Add c t -> y", "NS292"),
    "channels of zeros behind": (
        "Conv x k -> c; Conv c more strides=[2,2] -> d; Slice dniheb back low none back -> behind; "
        "Slice c none most row two -> r; Slice r none most column two -> s; Pad s behind -> p; Add d p -> e; Conv e less -> y",
        None,
    ),
    "channels of zeros in front": (
        "Conv x k -> c; Conv c more -> d; Pad c front -> p; Add d p -> y",
        "NS290.*channels of zeros are added in front",
    ),
    "a part that is all": ("Slice x none most none one -> s; Conv s k -> y", None),
    "a part of the channels": (
        "Conv x k -> c; Slice c none one one one -> s; Conv s k -> y",
        "3 channels are cut off at 1",
    ),
    "a part of the batch": ("Conv x k -> c; Slice c none one none one -> y", "a batch is cut off"),
    "a softmax of rows": ("Conv x k -> c; Softmax c axis=3 -> y", "a softmax along the axis 3"),
    "a quotient of maps": ("Conv x k -> c; Sigmoid c -> s; Div c s -> y", "divided by another"),
}


@pytest.mark.parametrize("case", SMALL)
def test_a_small_model_is_the_same_or_refused(case: str, tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper, save

    program, refused = SMALL[case]
    draw = np.random.default_rng(2)
    arrays = {
        "k": draw.standard_normal((3, 3, 1, 1)),
        "b": draw.standard_normal((3, 1, 1)),
        "row_of": draw.standard_normal(3),
        "half": np.asarray(0.5),
        "tall": np.zeros((60_000, 1)),
        "wide": np.zeros((1, 60_000)),
        "pads": np.asarray([0, 0, 1, 1, 0, 0, 1, 1]),
        "cut": np.asarray([0, 0, 1, -1, 0, 0, 1, 0]),
        "dniheb": np.asarray([0, 0, 3, 0, 0, 0, 0, 0]),
        "back": np.asarray([-1]),
        "low": np.asarray([-(2**63) + 1]),
        "row": np.asarray([2]),
        "column": np.asarray([3]),
        "two": np.asarray([2]),
        "front": np.asarray([0, 1, 0, 0, 0, 2, 0, 0]),
        "none": np.zeros(1),
        "one": np.ones(1),
        "most": np.asarray([2**63 - 1]),
        "more": draw.standard_normal((6, 3, 1, 1)),
        "less": draw.standard_normal((3, 6, 1, 1)),
        "head": draw.standard_normal((3, 4)),
    }
    floats = ("k", "b", "row_of", "half", "tall", "wide", "more", "less", "head")
    if refused is None:
        program = program.replace("-> y", "-> z") + "; GlobalAveragePool z -> g; Flatten g -> f; MatMul f head -> y"
    nodes = []
    for line in program.split("; "):
        (kind, *reads), result = line.split(" -> ")[0].split(), line.split(" -> ")[1]
        given = {one.partition("=")[0]: json.loads(one.partition("=")[2]) for one in reads if "=" in one}
        nodes.append(helper.make_node(kind, [one for one in reads if "=" not in one], [result], **given))
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "net",
        [value("x", TensorProto.FLOAT, [1, 3, 4, 3])],
        [value("y", TensorProto.FLOAT, None)],
        [
            numpy_helper.from_array(array.astype(np.float32 if name in floats else np.int64), name)
            for name, array in arrays.items()
            if any(name in node.input for node in nodes)
        ],
    )
    path = tmp_path / "net.onnx"
    save(helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]), path)
    if refused is not None:
        with pytest.raises(SpecError, match=refused):
            imported(str(path))
        return
    image = draw.standard_normal((1, 3, 4, 3)).astype(np.float32)
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (expected,) = session.run(None, {"x": image})
    found = imported(str(path), arrays=True)
    mean, deviation = (
        found.arrays.get(f"state/input/{name}", usual) for name, usual in (("mean", 0), ("deviation", 1))
    )
    logits = applied(found, (image.transpose(0, 2, 3, 1) - mean) / deviation)
    assert np.abs(logits.ravel() - expected.ravel()).max() <= 1e-5 * np.abs(expected).max()


def test_groups_of_opset_18_and_averages_of_one_side(tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper, save

    draw, value, node = np.random.default_rng(4), helper.make_tensor_value_info, helper.make_node
    arrays = {
        "k": draw.standard_normal((4, 3, 1, 1)),
        "s": draw.random(2),
        "b": draw.random(2),
        "h": draw.random((4, 2)),
    }
    nodes = [
        node("Conv", ["x", "k"], ["c"]),
        node("GroupNormalization", ["c", "s", "b"], ["n"], num_groups=2),
        node("AveragePool", ["n"], ["p"], kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 1, 1], count_include_pad=1),
        node("GlobalAveragePool", ["p"], ["g"]),
        node("Flatten", ["g"], ["f"]),
        node("MatMul", ["f", "h"], ["l"]),
        node("Sigmoid", ["l"], ["y"]),
    ]
    held = [numpy_helper.from_array(array.astype(np.float32), name) for name, array in arrays.items()]
    size = [1, 3, "height", "width"]
    graph = helper.make_graph(
        nodes, "net", [value("x", TensorProto.FLOAT, size)], [value("y", TensorProto.FLOAT, None)], held
    )
    path = tmp_path / "net.onnx"
    save(helper.make_model(graph, ir_version=9, opset_imports=[helper.make_opsetid("", 18)]), path)
    with pytest.raises(SpecError, match="--input 224x224x3"):
        imported(str(path))
    found = imported(str(path), arrays=True, input=(8, 6, 3))
    spec = found.plan.spec
    assert (spec.data.value.labels, spec.train.value.loss.type) == ("several", "binary_cross_entropy")
    image = draw.standard_normal((1, 3, 8, 6)).astype(np.float32)
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (expected,) = session.run(None, {"x": image})
    logits = applied(found, image.transpose(0, 2, 3, 1))
    assert np.abs(1 / (1 + np.exp(-logits)) - expected).max() <= 1e-6


OWN = """\
netspec: 1
name: own
input: {height: 8, width: 8, channels: 3}
data: {source: npz, labels: several}
train: {epochs: 3, optimizer: {type: sgd, learning_rate: 0.1}}
defaults: {conv: {kernel: 3, padding: 1, norm: {type: group, groups: 4}}}
blocks:
  - conv: {filters: 8, dropout: 0.1}
    pool: {type: average, window: 3, stride: 2, padding: same, count_padding: true}
  - conv: {filters: 8, norm: layer, gate: {units: 4, activation: silu}}
    shortcut: {type: add, drop: 0.2}
  - conv: [{filters: 16, stride: 2}, {filters: 16, norm: instance}]
    shortcut: {type: add, projection: slice}
  - conv: {filters: 16, stride: 2, norm: {type: batch, scale: false, momentum: 0.8}}
    shortcut: {type: add, projection: pool}
fc: [{units: 8, dropout: 0.5, norm: {type: group, groups: 2}}, 3]
"""


def test_what_netspec_exported_gives_its_spec_back(tmp_path: Path) -> None:
    import jax
    import numpy as np

    import netspec
    from netspec.export.onnx.model import Form, write
    from netspec.lowering.network import Network

    plan = netspec.check(text=OWN).plan
    assert plan is not None
    draw = np.random.default_rng(5)
    variables = jax.tree.map(
        lambda one: draw.random(one.shape, np.float32) + 0.5, jax.eval_shape(Network(plan, {}).init)
    )
    path = tmp_path / "own.onnx"
    path.write_bytes(write(plan, variables, Form(), {"spec": OWN}))
    found = imported(str(path), arrays=True)
    assert found.text == OWN
    assert found.arrays is not None
    for name, array in found.arrays.items():
        part, layer, own = name.split("/")
        np.testing.assert_allclose(array, variables[part][layer][own], rtol=1e-6)
    path.write_bytes(write(plan, variables, Form(), {"spec": OWN.replace("momentum: 0.8", "eps: 0.1")}))
    other = imported(str(path))
    assert "was not taken" in "".join(other.notes)
    assert other.plan.parameters == plan.parameters + 16  # a factor of 1 is a factor
