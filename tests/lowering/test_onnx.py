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

ACTIVATIONS = {
    "Relu": "relu",
    "LeakyRelu": "leaky_relu",
    "Elu": "elu",
    "Gelu": "gelu",
    "HardSwish": "hard_swish",
    "Mish": "mish",
    "PRelu": "prelu",
    "Selu": "selu",
    "Sigmoid": "sigmoid",
    "Swish": "silu",
    "Tanh": "tanh",
    "Softplus": "softplus",
}
NORMS = {
    "BatchNormalization": "batch",
    "GroupNormalization": "group",
    "InstanceNormalization": "instance",
    "LayerNormalization": "layer",
    "LRN": "local_response",
}
OPERATORS = ("Conv", "MaxPool", "AveragePool", "Gemm", "GlobalAveragePool", "GlobalMaxPool", *NORMS, *ACTIVATIONS)
ARGUMENTS = {
    "alpha": "alpha",
    "beta": "beta",
    "bias": "k",
    "epsilon": "eps",
    "momentum": "momentum",
    "num_groups": "groups",
    "size": "size",
}
"""What the format calls an attribute of a norm."""


@dataclass(frozen=True)
class Case:
    """One operator with inputs and the outputs that ONNX publishes for them."""

    operator: str
    attributes: dict[str, Any]
    inputs: tuple[np.ndarray, ...]
    outputs: tuple[np.ndarray, ...]

    @property
    def output(self) -> np.ndarray:
        return self.outputs[0]


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
    found[name] = Case(nodes[0].op_type, attributes, arrays, tuple(map(np.asarray, outputs)))


def inexpressible(case: Case) -> str | None:
    """Why the format cannot say this case; None where it can."""
    a = case.attributes
    if case.operator == "Gemm":
        if a.get("alpha", 1) != 1 or a.get("beta", 1) != 1:
            return "a factor on the product or the bias"
        if len(case.inputs) > 2 and case.inputs[2].size not in (1, case.output.shape[1]):
            return "a bias for each example"
        return None
    if case.operator == "Selu":
        return "another scale and alpha" if a else None
    if case.operator == "PRelu":
        return "a slope for each number" if max(case.inputs[1].shape) < case.inputs[1].size else None
    if case.operator in ACTIVATIONS:
        return None
    if case.operator == "LayerNormalization":
        return None if a.get("axis", -1) in (-1, case.inputs[0].ndim - 1) else "over more than one axis"
    if case.inputs[0].ndim != 4:
        return "not two-dimensional"
    if case.inputs[0].dtype != np.float32:
        return "not float32"
    if a.get("ceil_mode"):
        return "sizes are rounded up"
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
    images = channels_last(case, x)
    if case.operator in ACTIVATIONS or case.operator in NORMS:
        features = images.shape[-1]
        own = f"filters: {features}, kernel: 1, groups: depthwise, bias: false, norm: {norm(case)}, activation: {activation(case)}"
        return f"{head}input: {list(images.shape[1:])}\nblocks: [{{conv: {{{own}}}}}]\n", images
    head += f"input: {list(images.shape[1:])}\n"
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
        counted = ", count_padding: true" if a.get("count_include_pad") else ""
        layer = f"pool: {{type: {kind}, window: {list(a['kernel_shape'])}, {common}{counted}}}"
    return f"{head}blocks:\n  - {layer}\n", images


def channels_last(case: Case, array: np.ndarray) -> np.ndarray:
    """An input or output as (batch, height, width, channels); what has none has one."""
    if case.operator == "PRelu" and case.inputs[1].size > 1:
        array = np.moveaxis(array, array.shape.index(case.inputs[1].size), -1)
        return array.reshape(-1, 1, 1, array.shape[-1])
    if case.operator == "LayerNormalization":
        return array.reshape(-1, 1, 1, array.shape[-1])
    return array.reshape(-1, 1, 1, 1) if case.operator in ACTIVATIONS else array.transpose(0, 2, 3, 1)


def activation(case: Case) -> str:
    """The activation of a case."""
    a = case.attributes
    match case.operator:
        case "LeakyRelu":
            return f"{{type: leaky_relu, slope: {a.get('alpha', 0.01)}}}"
        case "Elu":
            return f"{{type: elu, alpha: {a.get('alpha', 1.0)}}}"
        case "Gelu":
            return f"{{type: gelu, approximate: {str('approximate' in a).lower()}}}"
    return ACTIVATIONS.get(case.operator, "none")


def norm(case: Case) -> str:
    """The norm of a case."""
    if case.operator not in NORMS:
        return "none"
    own = "".join(f", {ARGUMENTS[key]}: {value}" for key, value in case.attributes.items() if key in ARGUMENTS)
    return f"{{type: {NORMS[case.operator]}{own}}}"


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
    if case.operator in ACTIVATIONS or case.operator in NORMS:
        names = {"LRN": (), "PRelu": ("slope",)}.get(case.operator, ("scale", "shift"))
        features = channels_last(case, case.inputs[0]).shape[-1]
        trained = dict(zip(names, (array.reshape(-1) for array in case.inputs[1:]), strict=False))
        return {"block1.conv1": {"kernel": np.ones((1, 1, 1, features), np.float32)} | trained}
    return {}


def state(case: Case) -> dict[str, Any]:
    """The running statistics."""
    if case.operator != "BatchNormalization":
        return {}
    return {"block1.conv1": {"mean": case.inputs[3], "variance": case.inputs[4]}}


def ways(name: str) -> tuple[bool, ...]:
    """With chosen algorithms, and without where there are others for the operator."""
    case = cases()[name]
    around = case.operator in (*NORMS, *ACTIVATIONS) and not case.attributes.get("training_mode")
    return (True,) if around else (False, True)


EXPRESSIBLE = {
    "test_AvgPool2d",
    "test_AvgPool2d_stride",
    "test_BatchNorm2d_eval",
    "test_BatchNorm2d_momentum_eval",
    "test_Conv2d",
    "test_Conv2d_depthwise",
    "test_Conv2d_depthwise_padded",
    "test_Conv2d_depthwise_strided",
    "test_Conv2d_depthwise_with_multiplier",
    "test_Conv2d_dilated",
    "test_Conv2d_groups",
    "test_Conv2d_groups_thnn",
    "test_Conv2d_no_bias",
    "test_Conv2d_padding",
    "test_Conv2d_strided",
    "test_ELU",
    "test_LeakyReLU",
    "test_LeakyReLU_with_negval",
    "test_Linear",
    "test_MaxPool2d",
    "test_PReLU_1d",
    "test_PReLU_1d_multiparam",
    "test_PReLU_2d",
    "test_PReLU_2d_multiparam",
    "test_PReLU_3d",
    "test_PReLU_3d_multiparam",
    "test_ReLU",
    "test_SELU",
    "test_Sigmoid",
    "test_Softplus",
    "test_Tanh",
    "test_averagepool_2d_default",
    "test_averagepool_2d_pads",
    "test_averagepool_2d_pads_count_include_pad",
    "test_averagepool_2d_precomputed_pads",
    "test_averagepool_2d_precomputed_pads_count_include_pad",
    "test_averagepool_2d_precomputed_same_upper",
    "test_averagepool_2d_precomputed_strides",
    "test_averagepool_2d_same_upper",
    "test_averagepool_2d_strides",
    "test_basic_conv_with_padding",
    "test_basic_conv_without_padding",
    "test_batchnorm_epsilon",
    "test_batchnorm_epsilon_training_mode",
    "test_batchnorm_example",
    "test_batchnorm_example_training_mode",
    "test_conv_with_autopad_same",
    "test_conv_with_strides_and_asymmetric_padding",
    "test_conv_with_strides_no_padding",
    "test_conv_with_strides_padding",
    "test_elu",
    "test_elu_default",
    "test_elu_example",
    "test_gelu_default_1",
    "test_gelu_default_2",
    "test_gelu_tanh_1",
    "test_gelu_tanh_2",
    "test_gemm_default_no_bias",
    "test_gemm_default_scalar_bias",
    "test_gemm_default_single_elem_vector_bias",
    "test_gemm_default_vector_bias",
    "test_gemm_default_zero_bias",
    "test_gemm_transposeA",
    "test_gemm_transposeB",
    "test_globalaveragepool",
    "test_globalaveragepool_precomputed",
    "test_globalmaxpool",
    "test_globalmaxpool_precomputed",
    "test_group_normalization_epsilon",
    "test_group_normalization_example",
    "test_hardswish",
    "test_instancenorm_epsilon",
    "test_instancenorm_example",
    "test_layer_normalization_2d_axis1",
    "test_layer_normalization_2d_axis_negative_1",
    "test_layer_normalization_3d_axis2_epsilon",
    "test_layer_normalization_3d_axis_negative_1_epsilon",
    "test_layer_normalization_4d_axis3",
    "test_layer_normalization_4d_axis_negative_1",
    "test_layer_normalization_default_axis",
    "test_leakyrelu",
    "test_leakyrelu_default",
    "test_leakyrelu_example",
    "test_lrn",
    "test_lrn_default",
    "test_maxpool_2d_default",
    "test_maxpool_2d_pads",
    "test_maxpool_2d_precomputed_pads",
    "test_maxpool_2d_precomputed_same_upper",
    "test_maxpool_2d_precomputed_strides",
    "test_maxpool_2d_same_upper",
    "test_maxpool_2d_strides",
    "test_maxpool_with_argmax_2d_precomputed_pads",
    "test_maxpool_with_argmax_2d_precomputed_strides",
    "test_mish",
    "test_prelu_broadcast",
    "test_relu",
    "test_selu_default",
    "test_sigmoid",
    "test_sigmoid_example",
    "test_softplus",
    "test_softplus_example",
    "test_swish",
    "test_tanh",
    "test_tanh_example",
}

INEXPRESSIBLE = {
    "test_AvgPool3d": "not two-dimensional",
    "test_AvgPool3d_stride": "not two-dimensional",
    "test_AvgPool3d_stride1_pad0_gpu_input": "not two-dimensional",
    "test_BatchNorm1d_3d_input_eval": "not two-dimensional",
    "test_BatchNorm3d_eval": "not two-dimensional",
    "test_BatchNorm3d_momentum_eval": "not two-dimensional",
    "test_Conv1d": "not two-dimensional",
    "test_Conv1d_dilated": "not two-dimensional",
    "test_Conv1d_groups": "not two-dimensional",
    "test_Conv1d_pad1": "not two-dimensional",
    "test_Conv1d_pad1size1": "not two-dimensional",
    "test_Conv1d_pad2": "not two-dimensional",
    "test_Conv1d_pad2size1": "not two-dimensional",
    "test_Conv1d_stride": "not two-dimensional",
    "test_Conv3d": "not two-dimensional",
    "test_Conv3d_dilated": "not two-dimensional",
    "test_Conv3d_dilated_strided": "not two-dimensional",
    "test_Conv3d_groups": "not two-dimensional",
    "test_Conv3d_no_bias": "not two-dimensional",
    "test_Conv3d_stride": "not two-dimensional",
    "test_Conv3d_stride_padding": "not two-dimensional",
    "test_MaxPool1d": "not two-dimensional",
    "test_MaxPool1d_stride": "not two-dimensional",
    "test_MaxPool1d_stride_padding_dilation": "not two-dimensional",
    "test_MaxPool2d_stride_padding_dilation": "dilated pooling",
    "test_MaxPool3d": "not two-dimensional",
    "test_MaxPool3d_stride": "not two-dimensional",
    "test_MaxPool3d_stride_padding": "not two-dimensional",
    "test_averagepool_1d_default": "not two-dimensional",
    "test_averagepool_2d_ceil": "sizes are rounded up",
    "test_averagepool_2d_ceil_last_window_starts_on_pad": "sizes are rounded up",
    "test_averagepool_2d_dilations": "sizes are rounded up",
    "test_averagepool_2d_same_lower": "the odd cell of `same` comes first",
    "test_averagepool_3d_default": "not two-dimensional",
    "test_averagepool_3d_dilations_large_count_include_pad_is_0_ceil_mode_is_False": "not two-dimensional",
    "test_averagepool_3d_dilations_large_count_include_pad_is_0_ceil_mode_is_True": "not two-dimensional",
    "test_averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_False": "not two-dimensional",
    "test_averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_True": "not two-dimensional",
    "test_averagepool_3d_dilations_small": "not two-dimensional",
    "test_gemm_all_attributes": "a factor on the product or the bias",
    "test_gemm_alpha": "a factor on the product or the bias",
    "test_gemm_beta": "a factor on the product or the bias",
    "test_gemm_default_matrix_bias": "a bias for each example",
    "test_layer_normalization_2d_axis0": "over more than one axis",
    "test_layer_normalization_2d_axis_negative_2": "over more than one axis",
    "test_layer_normalization_3d_axis0_epsilon": "over more than one axis",
    "test_layer_normalization_3d_axis1_epsilon": "over more than one axis",
    "test_layer_normalization_3d_axis_negative_2_epsilon": "over more than one axis",
    "test_layer_normalization_3d_axis_negative_3_epsilon": "over more than one axis",
    "test_layer_normalization_4d_axis0": "over more than one axis",
    "test_layer_normalization_4d_axis1": "over more than one axis",
    "test_layer_normalization_4d_axis2": "over more than one axis",
    "test_layer_normalization_4d_axis_negative_2": "over more than one axis",
    "test_layer_normalization_4d_axis_negative_3": "over more than one axis",
    "test_layer_normalization_4d_axis_negative_4": "over more than one axis",
    "test_maxpool_1d_default": "not two-dimensional",
    "test_maxpool_2d_ceil": "sizes are rounded up",
    "test_maxpool_2d_ceil_output_size_reduce_by_one": "sizes are rounded up",
    "test_maxpool_2d_dilations": "dilated pooling",
    "test_maxpool_2d_same_lower": "the odd cell of `same` comes first",
    "test_maxpool_2d_uint8": "not float32",
    "test_maxpool_3d_default": "not two-dimensional",
    "test_maxpool_3d_dilations": "not two-dimensional",
    "test_maxpool_3d_dilations_use_ref_impl": "not two-dimensional",
    "test_maxpool_3d_dilations_use_ref_impl_large": "not two-dimensional",
    "test_prelu_example": "a slope for each number",
    "test_selu": "another scale and alpha",
    "test_selu_example": "another scale and alpha",
}
"""Why the format cannot say a case."""


@pytest.mark.parametrize(("name", "chosen"), [(name, chosen) for name in sorted(EXPRESSIBLE) for chosen in ways(name)])
def test_agrees_with_onnx(name: str, chosen: bool) -> None:
    case = cases()[name]
    text, images = translated(case)
    net = network(text, chosen=chosen)
    variables = net.init(0) | {"params": parameters(case), "state": state(case)}
    shapes = {layer: {key: array.shape for key, array in own.items()} for layer, own in parameters(case).items()}
    assert shapes == {layer.name: layer.shapes for layer in net.plan.layers if layer.shapes}
    training = bool(case.attributes.get("training_mode"))
    logits, moved = net.forward(variables, np.ascontiguousarray(images), training=training)
    for name, statistic in zip(("mean", "variance"), case.outputs[1:] if training else (), strict=False):
        np.testing.assert_allclose(moved["state"]["block1.conv1"][name], statistic, rtol=1e-5)
    found = np.asarray(logits)
    wanted = case.output if case.operator == "Gemm" else channels_last(case, case.output)
    scale = np.abs(wanted).max()
    np.testing.assert_allclose(found.reshape(wanted.shape) / scale, wanted / scale, rtol=0, atol=1e-5)


def test_every_case_is_in_one_of_the_tables() -> None:
    assert cases().keys() - INEXPRESSIBLE.keys() == EXPRESSIBLE
    assert {cases()[name].operator for name in EXPRESSIBLE} == set(OPERATORS)


@pytest.mark.parametrize("name", sorted(cases()))
def test_the_reason_is_the_cases_own(name: str) -> None:
    assert inexpressible(cases()[name]) == INEXPRESSIBLE.get(name)
