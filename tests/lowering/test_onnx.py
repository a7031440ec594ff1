"""netspec's numbers against ONNX's own backend test data."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.lowering.networks import network

onnx = pytest.importorskip("onnx")

OPERATORS = ("Conv", "MaxPool", "AveragePool", "Gemm", "GlobalAveragePool", "GlobalMaxPool")


@dataclass(frozen=True)
class Case:
    """One operator with inputs and the outputs that ONNX publishes for them."""

    operator: str
    attributes: dict[str, Any]
    inputs: tuple[np.ndarray, ...]
    output: np.ndarray


@cache
def cases() -> dict[str, Case]:
    """The cases that make their data, and those of PyTorch's exporter, whose data are files."""
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations inside onnx's generators
        from onnx.backend.test.case.node import collect_testcases

        for case in collect_testcases():
            if case.model is not None and case.data_sets:
                _add(found, case.name, case.model, *case.data_sets[0])
    for folder in sorted((Path(onnx.__file__).parent / "backend/test/data/pytorch-converted").iterdir()):
        arrays = {
            kind: [
                onnx.numpy_helper.to_array(onnx.load_tensor(str(path)))
                for path in sorted((folder / "test_data_set_0").glob(f"{kind}_*.pb"))
            ]
            for kind in ("input", "output")
        }
        _add(found, folder.name, onnx.load(str(folder / "model.onnx")), arrays["input"], arrays["output"])
    return found


def _add(found: dict[str, Case], name: str, model: Any, inputs: Any, outputs: Any) -> None:
    nodes = model.graph.node
    if len(nodes) != 1 or nodes[0].op_type not in OPERATORS:
        return
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in nodes[0].attribute}
    stored = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    given = iter(inputs)
    arrays = tuple(np.asarray(stored[name] if name in stored else next(given)) for name in nodes[0].input)
    found[name] = Case(nodes[0].op_type, attributes, arrays, np.asarray(outputs[0]))


def inexpressible(case: Case) -> str | None:
    """Why the format cannot say this case; None where it can."""
    a = case.attributes
    if case.operator == "Gemm":
        if a.get("alpha", 1) != 1 or a.get("beta", 1) != 1:
            return "a factor on the product or the bias"
        if len(case.inputs) > 2 and case.inputs[2].size not in (1, case.output.shape[1]):
            return "a bias for each example"
        return None
    if case.inputs[0].ndim != 4:
        return "not two-dimensional"
    if case.inputs[0].dtype != np.float32:
        return "not float32"
    if a.get("ceil_mode"):
        return "sizes are rounded up"
    if a.get("count_include_pad"):
        return "padding is counted in"
    if "Pool" in case.operator and set(a.get("dilations", [1])) != {1}:
        return "dilated pooling"
    pads = a.get("pads", [0] * 4)
    if pads[:2] != pads[2:]:
        return "padding differs from side to side"
    if a.get("auto_pad") == b"SAME_LOWER" and a["kernel_shape"][0] % 2 == 0:
        return "the odd cell of `same` comes first"
    return None


def translated(case: Case) -> tuple[str, np.ndarray]:
    """A spec of one layer, and its images (batch, height, width, channels)."""
    head = "netspec: 1\nname: onnx\n"
    a, x = case.attributes, case.inputs[0]
    if case.operator == "Gemm":
        x = x.T if a.get("transA") else x
        bias = str(len(case.inputs) > 2).lower()
        layer = f"fc: [{{units: {case.output.shape[1]}, bias: {bias}}}]\n"
        return f"{head}input: [1, 1, {x.shape[1]}]\n{layer}", x[:, None, None, :]
    head += f"input: [{x.shape[2]}, {x.shape[3]}, {x.shape[1]}]\n"
    images = x.transpose(0, 2, 3, 1)
    kind = "average" if "Average" in case.operator else "max"
    if case.operator.startswith("Global"):
        return f"{head}blocks: [{{pool: {{type: {kind}, window: all}}}}]\n", images
    same = a.get("auto_pad", b"NOTSET") != b"NOTSET"
    padding = "same" if same else str(list(a.get("pads", [0] * 4)[:2]))
    common = f"stride: {list(a.get('strides', [1, 1]))}, padding: {padding}"
    if case.operator == "Conv":
        w = case.inputs[1]
        layer = (
            f"conv: {{filters: {w.shape[0]}, kernel: {list(w.shape[2:])}, {common}, activation: none, "
            f"dilation: {list(a.get('dilations', [1, 1]))}, groups: {a.get('group', 1)}, "
            f"bias: {str(len(case.inputs) > 2).lower()}}}"
        )
    else:
        layer = f"pool: {{type: {kind}, window: {list(a['kernel_shape'])}, {common}}}"
    return f"{head}blocks:\n  - {layer}\n", images


def parameters(case: Case) -> dict[str, Any]:
    """The layer's arrays in netspec's order of axes."""
    if case.operator == "Gemm":
        kernel = case.inputs[1].T if case.attributes.get("transB") else case.inputs[1]
        own = {"kernel": kernel}
        if len(case.inputs) > 2:
            own["bias"] = np.broadcast_to(case.inputs[2].reshape(-1), (kernel.shape[1],)).copy()
        return {"fc1": own}
    if case.operator == "Conv":
        own = {"kernel": case.inputs[1].transpose(2, 3, 1, 0)}
        return {"block1.conv1": own | ({"bias": case.inputs[2]} if len(case.inputs) > 2 else {})}
    return {}


EXPRESSIBLE = sorted(name for name, case in cases().items() if inexpressible(case) is None)


@pytest.mark.parametrize("chosen", [False, True], ids=["plain", "chosen"])
@pytest.mark.parametrize("name", EXPRESSIBLE)
def test_agrees_with_onnx(name: str, chosen: bool) -> None:
    case = cases()[name]
    text, images = translated(case)
    net = network(text, chosen=chosen)
    variables = net.init(0) | {"params": parameters(case)}
    shapes = {layer: {key: array.shape for key, array in own.items()} for layer, own in parameters(case).items()}
    assert shapes == {layer.name: layer.shapes for layer in net.plan.layers if layer.shapes}
    found = np.asarray(net.apply(variables, np.ascontiguousarray(images)))
    wanted = case.output.transpose(0, 2, 3, 1) if case.output.ndim == 4 else case.output
    scale = np.abs(wanted).max()
    np.testing.assert_allclose(found.reshape(wanted.shape) / scale, wanted / scale, rtol=0, atol=1e-5)


def test_most_of_the_two_dimensional_cases_can_be_said() -> None:
    reasons = {name: inexpressible(case) for name, case in cases().items()}
    assert len(EXPRESSIBLE) >= 35
    assert {cases()[name].operator for name in EXPRESSIBLE} == set(OPERATORS)
    known = {
        None,
        "a factor on the product or the bias",
        "a bias for each example",
        "not two-dimensional",
        "not float32",
        "sizes are rounded up",
        "padding is counted in",
        "dilated pooling",
        "padding differs from side to side",
        "the odd cell of `same` comes first",
    }
    assert set(reasons.values()) <= known
