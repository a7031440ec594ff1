"""What each operator of ONNX is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from math import isclose, prod
from typing import Any

from netspec.importing.sizes import Broken, Pads
from netspec.importing.sources.onnx_nodes import Node, Nodes, Tensor
from netspec.importing.sources.onnx_sums import added, multiplied
from netspec.language.activations import (
    Elu,
    Gelu,
    HardSigmoid,
    HardSwish,
    LeakyRelu,
    Mish,
    Prelu,
    Relu,
    Relu6,
    Selu,
    Sigmoid,
    Softplus,
    Tanh,
)
from netspec.language.fields import Pair
from netspec.language.geometry import effective_kernel, same_padding

Operator = Callable[[Nodes, Node], Tensor]
OPERATORS: dict[str, Operator] = {"Add": added, "Sum": added, "Sub": added, "Mul": multiplied, "Div": multiplied}


def is_operator(*names: str) -> Callable[[Operator], Operator]:
    """Enters a function as what reads these operators."""

    def keep(function: Operator) -> Operator:
        OPERATORS.update(dict.fromkeys(names, function))
        return function

    return keep


def short(value: float) -> float:
    """A number of float32 by its shortest decimal: 1e-5 for 9.999999747e-06."""
    return next(made for digits in range(1, 12) if isclose(made := float(f"{value:.{digits}g}"), value, rel_tol=1.2e-7))


def _pair(values: Iterable[int] | None, default: int = 1) -> Pair:
    found = list(values or (default, default))
    if len(found) != 2:
        raise Broken(f"{found} are not two sizes: only maps of height and width are read")
    return int(found[0]), int(found[1])


def _pads(node: Node, read: tuple[int, ...], kernel: Pair, stride: Pair, dilation: Pair = (1, 1)) -> Pads:
    auto = node.get("auto_pad", "NOTSET")
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        spans = [effective_kernel(k, d) for k, d in zip(kernel, dilation, strict=True)]
        found = [same_padding(size, k, s) for size, k, s in zip(read[:2], spans, stride, strict=True)]
        found = [pad[::-1] if auto == "SAME_LOWER" else pad for pad in found]
        return found[0], found[1]
    given = list(node.get("pads") or (0, 0, 0, 0)) if auto == "NOTSET" else [0, 0, 0, 0]
    if len(given) != 4:
        raise Broken(f"{len(given)} numbers of padding where four are needed", node.origin)
    return (given[0], given[2]), (given[1], given[3])


@is_operator("Conv")
def _conv(nodes: Nodes, node: Node) -> Tensor:
    tensor, kernel = nodes.first(node, padded=True), nodes.weights(node, 1)
    if len(kernel.shape) != 4:
        raise Broken(f"a convolution over {len(kernel.shape) - 2} axes, and maps have two", node.origin)
    size = _pair(kernel.shape[2:])
    stride, dilation = _pair(node.get("strides")), _pair(node.get("dilations"))
    own = _pads(node, nodes.padded_shape(tensor), size, stride, dilation)
    pads = nodes.building.padded(own, tensor.pads, node.origin)
    bias = nodes.weights(node, 2) if any(node.inputs[2:]) else None
    arrays: dict[str, Callable[[], Any]] = {"kernel": lambda: kernel.make().transpose(2, 3, 1, 0)}
    wire = nodes.building.conv(
        tensor.wire,
        node.origin,
        filters=kernel.shape[0],
        kernel=size,
        stride=stride,
        pads=pads,
        dilation=dilation,
        groups=int(node.get("group", 1)),
        bias=bias is not None,
        arrays=arrays | ({"bias": bias.make} if bias is not None else {}),
    )
    return Tensor(wire)


@is_operator("Gemm", "MatMul")
def _gemm(nodes: Nodes, node: Node) -> Tensor:
    tensor, kernel = nodes.map(node, 0), nodes.weights(node, 1)
    if len(kernel.shape) != 2 or node.get("transA", 0):
        raise Broken("a product that is no fully connected layer", node.origin)
    turned, scale = bool(node.get("transB", 0)), float(node.get("alpha", 1.0))
    units = kernel.shape[0 if turned else 1]
    read = nodes.building.origin_of(tensor.wire)
    if kernel.shape[1 if turned else 0] != prod(read):
        raise Broken(f"a kernel of {kernel.shape} for {prod(read)} numbers", node.origin)

    def laid_out() -> Any:
        array = kernel.make().T if turned else kernel.make()
        if len(read) == 3 and tensor.layout == "chw":
            height, width, channels = read
            array = array.reshape(channels, height, width, units).transpose(1, 2, 0, 3).reshape(-1, units)
        return array * scale

    bias = nodes.weights(node, 2) if any(node.inputs[2:]) else None
    if bias is not None and (
        prod(bias.shape) not in (1, units) or (units > 1 and bias.shape[-1:] not in ((), (1,), (units,)))
    ):
        raise Broken(f"a bias of {bias.shape} for {units} numbers", node.origin)
    factor = float(node.get("beta", 1.0))
    arrays: dict[str, Callable[[], Any]] = {"kernel": laid_out}
    if bias is not None:
        arrays["bias"] = lambda: _spread(bias.make(), units) * factor
    return Tensor(nodes.building.fc(tensor.wire, node.origin, units=units, bias=bias is not None, arrays=arrays))


def _spread(array: Any, units: int) -> Any:
    import numpy as np

    return np.broadcast_to(array.reshape(-1), (units,))


def _function(make: Callable[[Node], Any]) -> Operator:
    def step(nodes: Nodes, node: Node) -> Tensor:
        tensor = nodes.map(node, 0)
        return replace(tensor, wire=nodes.building.step(tensor.wire, make(node), node.origin))

    return step


OPERATORS |= {
    "Relu": _function(lambda _: Relu()),
    "LeakyRelu": _function(lambda node: LeakyRelu(slope=short(node.get("alpha", 0.01)))),
    "Elu": _function(lambda node: Elu(alpha=short(node.get("alpha", 1.0)))),
    "Sigmoid": _function(lambda _: Sigmoid()),
    "Tanh": _function(lambda _: Tanh()),
    "Softplus": _function(lambda _: Softplus()),
    "Selu": _function(lambda _: Selu()),
    "HardSwish": _function(lambda _: HardSwish()),
    "Mish": _function(lambda _: Mish()),
    "Gelu": _function(lambda node: Gelu(approximate=node.get("approximate", "none") == "tanh")),
}


@is_operator("HardSigmoid")
def _hard(nodes: Nodes, node: Node) -> Tensor:
    alpha, beta = float(node.get("alpha", 0.2)), float(node.get("beta", 0.5))
    if not (isclose(alpha, 1 / 6, rel_tol=1e-4) and isclose(beta, 0.5)):
        nodes.building.unsaid(node.origin, f"a hard sigmoid of slope {alpha:g}; the format's is 1/6")
    return _function(lambda _: HardSigmoid())(nodes, node)


@is_operator("PRelu")
def _prelu(nodes: Nodes, node: Node) -> Tensor:
    tensor = nodes.map(node, 0)
    slope = nodes.channels(node, tensor, 1)
    if slope is None or prod(nodes.weights(node, 1).shape) == 1:
        nodes.building.unsaid(node.origin, "slopes that are not one a channel")
        return tensor
    return replace(tensor, wire=nodes.building.step(tensor.wire, Prelu(), node.origin, {"slope": slope}))


@is_operator("Clip")
def _clip(nodes: Nodes, node: Node) -> Tensor:
    low, high = (nodes.constant(node, at) for at in (1, 2))
    if any(name and nodes.constant(node, at) is None for at, name in enumerate(node.inputs[1:], 1)):
        nodes.building.unsaid(node.origin, "values are cut at numbers that are computed")
    ends = [node.get("min") if low is None else low.scalar, node.get("max") if high is None else high.scalar]
    if ends == [0, None] or (ends[0] == 0 and (ends[1] or 0) > 1e38):
        return _function(lambda _: Relu())(nodes, node)
    if ends != [0, 6]:
        nodes.building.unsaid(node.origin, f"values are cut at {ends[0]} and {ends[1]}; `relu6` cuts at 0 and 6")
    return _function(lambda _: Relu6())(nodes, node)


@is_operator("MaxPool", "AveragePool")
def _pool(nodes: Nodes, node: Node) -> Tensor:
    tensor = nodes.first(node, padded=True)
    window, stride = _pair(node.get("kernel_shape")), _pair(node.get("strides"))
    counted = bool(node.get("count_include_pad", 0))
    pads = _pads(node, nodes.padded_shape(tensor), window, stride)
    if tuple(node.get("dilations") or (1, 1)) != (1, 1):
        nodes.building.unsaid(node.origin, "pooling over windows with holes")
    wire = nodes.building.pool(
        tensor.wire,
        node.origin,
        type="max" if node.kind == "MaxPool" else "average",
        window=window,
        stride=stride,
        pads=pads,
        counted=counted,
        ceil=bool(node.get("ceil_mode", 0)),
        zeros=tensor.pads,
    )
    return Tensor(wire, tensor.layout)


@is_operator("GlobalAveragePool", "GlobalMaxPool")
def _whole(nodes: Nodes, node: Node) -> Tensor:
    tensor = nodes.first(node)
    return Tensor(
        nodes.building.whole(tensor.wire, node.origin, "max" if "Max" in node.kind else "average"), tensor.layout
    )


@is_operator("ReduceMean", "ReduceMax")
def _reduced(nodes: Nodes, node: Node) -> Tensor:
    tensor, given = nodes.map(node, 0), nodes.constant(node, 1)
    axes = sorted(axis % 4 for axis in (given.numbers() if given is not None else node.get("axes") or ()))
    if tensor.wire.flat or axes != ([2, 3] if tensor.layout == "chw" else [1, 2]):
        nodes.building.unsaid(node.origin, f"a mean over the axes {axes}; the format has that over height and width")
        return tensor
    wire = nodes.building.whole(tensor.wire, node.origin, "max" if "Max" in node.kind else "average")
    return Tensor(wire if node.get("keepdims", 1) else wire._replace(flat=True), tensor.layout)
