"""What each operator of ONNX is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from math import isclose, prod, sqrt
from typing import Any

from netspec.importing.building import NO_PADS, Broken, Pads
from netspec.importing.graph import Arrays, Conv, Fc
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
from netspec.language.norms import BatchNorm, InstanceNorm, LocalResponseNorm
from netspec.language.steps import Dropout

Operator = Callable[[Nodes, Node], Tensor]
OPERATORS: dict[str, Operator] = {"Add": added, "Sum": added, "Sub": added, "Mul": multiplied, "Div": multiplied}


def _is(*names: str) -> Callable[[Operator], Operator]:
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


def _more(a: Pads, b: Pads) -> Pads:
    return (a[0][0] + b[0][0], a[0][1] + b[0][1]), (a[1][0] + b[1][0], a[1][1] + b[1][1])


@_is("Conv")
def _conv(nodes: Nodes, node: Node) -> Tensor:
    tensor, kernel = nodes.map(node, 0, padded=True), nodes.weights(node, 1)
    if len(kernel.shape) != 4:
        raise Broken(f"a convolution over {len(kernel.shape) - 2} axes, and maps have two", node.origin)
    size = _pair(kernel.shape[2:])
    stride, dilation = _pair(node.get("strides")), _pair(node.get("dilations"))
    pads = _more(_pads(node, nodes.building.shape(tensor.wire), size, stride, dilation), tensor.pads)
    bias = nodes.constant(node, 2)
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


@_is("Gemm", "MatMul")
def _gemm(nodes: Nodes, node: Node) -> Tensor:
    tensor, kernel = nodes.map(node, 0), nodes.weights(node, 1)
    if len(kernel.shape) != 2 or node.get("transA", 0):
        raise Broken("a product that is no fully connected layer", node.origin)
    turned, scale = bool(node.get("transB", 0)), float(node.get("alpha", 1.0))
    units = kernel.shape[0 if turned else 1]
    read = nodes.building.graph.shape(tensor.wire.value)
    if kernel.shape[1 if turned else 0] != prod(read):
        raise Broken(f"a kernel of {kernel.shape} for {prod(read)} numbers", node.origin)

    def laid_out() -> Any:
        array = kernel.make().T if turned else kernel.make()
        if len(read) == 3 and tensor.layout == "chw":
            height, width, channels = read
            array = array.reshape(channels, height, width, units).transpose(1, 2, 0, 3).reshape(-1, units)
        return array * scale

    bias = nodes.constant(node, 2)
    factor = float(node.get("beta", 1.0))
    arrays: dict[str, Callable[[], Any]] = {"kernel": laid_out}
    if bias is not None:
        arrays["bias"] = lambda: bias.make().reshape(-1) * factor
    return Tensor(nodes.building.fc(tensor.wire, node.origin, units=units, bias=bias is not None, arrays=arrays))


@_is("BatchNormalization")
def _batch(nodes: Nodes, node: Node) -> Tensor:
    tensor = nodes.map(node, 0)
    names = ("scale", "shift", "mean", "variance")
    arrays: Arrays = {name: nodes.weights(node, at).make for at, name in enumerate(names, 1)}
    norm = BatchNorm(eps=short(node.get("epsilon", 1e-5)), momentum=short(node.get("momentum", 0.9)))
    return replace(tensor, wire=nodes.building.step(tensor.wire, norm, node.origin, arrays))


@_is("InstanceNormalization")
def _instance(nodes: Nodes, node: Node) -> Tensor:
    tensor = nodes.map(node, 0)
    arrays: Arrays = {"scale": nodes.weights(node, 1).make, "shift": nodes.weights(node, 2).make}
    norm = InstanceNorm(eps=short(node.get("epsilon", 1e-5)))
    return replace(tensor, wire=nodes.building.step(tensor.wire, norm, node.origin, arrays))


@_is("LRN")
def _local(nodes: Nodes, node: Node) -> Tensor:
    norm = LocalResponseNorm(
        size=int(node.get("size")),
        alpha=short(node.get("alpha", 1e-4)),
        beta=short(node.get("beta", 0.75)),
        k=short(node.get("bias", 1.0)),
    )
    tensor = nodes.map(node, 0)
    return replace(tensor, wire=nodes.building.step(tensor.wire, norm, node.origin))


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


@_is("HardSigmoid")
def _hard(nodes: Nodes, node: Node) -> Tensor:
    alpha, beta = float(node.get("alpha", 0.2)), float(node.get("beta", 0.5))
    if not (isclose(alpha, 1 / 6, rel_tol=1e-4) and isclose(beta, 0.5)):
        nodes.building.unsaid(node.origin, f"a hard sigmoid of slope {alpha:g}; the format's is 1/6")
    return _function(lambda _: HardSigmoid())(nodes, node)


@_is("PRelu")
def _prelu(nodes: Nodes, node: Node) -> Tensor:
    tensor = nodes.map(node, 0)
    slope = nodes.channels(node, tensor, 1)
    if slope is None or prod(nodes.weights(node, 1).shape) == 1:
        nodes.building.unsaid(node.origin, "slopes that are not one a channel")
        return tensor
    return replace(tensor, wire=nodes.building.step(tensor.wire, Prelu(), node.origin, {"slope": slope}))


@_is("Clip")
def _clip(nodes: Nodes, node: Node) -> Tensor:
    low, high = (nodes.constant(node, at) for at in (1, 2))
    ends = [node.get("min") if low is None else low.scalar, node.get("max") if high is None else high.scalar]
    if ends == [0, None] or (ends[0] == 0 and (ends[1] or 0) > 1e38):
        return _function(lambda _: Relu())(nodes, node)
    if ends != [0, 6]:
        nodes.building.unsaid(node.origin, f"values are cut at {ends[0]} and {ends[1]}; `relu6` cuts at 0 and 6")
    return _function(lambda _: Relu6())(nodes, node)


@_is("MaxPool", "AveragePool")
def _pool(nodes: Nodes, node: Node) -> Tensor:
    tensor = nodes.map(node, 0, padded=True)
    window, stride = _pair(node.get("kernel_shape")), _pair(node.get("strides"))
    counted = bool(node.get("count_include_pad", 0))
    pads = _pads(node, nodes.building.shape(tensor.wire), window, stride)
    if any(tensor.pads[0] + tensor.pads[1]):
        last = nodes.building.graph.ops[tensor.wire.value - 1].settings if tensor.wire.value else None
        average = node.kind == "AveragePool"
        if not average and not isinstance(last, Relu | Relu6 | Sigmoid | HardSigmoid):
            nodes.building.unsaid(
                node.origin, "zeros around a map may be its largest numbers; the format's padding never is"
            )
        if average and any(pads[0] + pads[1]) and not counted:
            nodes.building.unsaid(node.origin, "an average counts a part of its padding")
        counted, pads = counted or average, _more(pads, tensor.pads)
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
    )
    return Tensor(wire, tensor.layout)


@_is("GlobalAveragePool", "GlobalMaxPool")
def _whole(nodes: Nodes, node: Node) -> Tensor:
    tensor = nodes.map(node, 0)
    return Tensor(
        nodes.building.whole(tensor.wire, node.origin, "max" if "Max" in node.kind else "average"), tensor.layout
    )


@_is("ReduceMean", "ReduceMax")
def _reduced(nodes: Nodes, node: Node) -> Tensor:
    tensor, given = nodes.map(node, 0), nodes.constant(node, 1)
    axes = sorted(axis % 4 for axis in (given.numbers() if given is not None else node.get("axes") or ()))
    if tensor.wire.flat or axes != ([2, 3] if tensor.layout == "chw" else [1, 2]):
        nodes.building.unsaid(node.origin, f"a mean over the axes {axes}; the format has that over height and width")
        return tensor
    wire = nodes.building.whole(tensor.wire, node.origin, "max" if "Max" in node.kind else "average")
    return Tensor(wire if node.get("keepdims", 1) else wire._replace(flat=True), tensor.layout)


@_is("Flatten", "Reshape", "Squeeze", "Unsqueeze")
def _reshaped(nodes: Nodes, node: Node) -> Tensor:
    tensor = nodes.map(node, 0)
    shape, own = nodes.building.graph.shape(tensor.wire.value), nodes.constant(node, 1)
    count = prod(shape)
    if node.kind == "Reshape":
        wanted = [int(n) for n in own.numbers()] if own is not None else []
        rest = wanted[1:]
        small = shape[:-1] in ((), (1, 1))
        back = [n for n in rest if n not in (1, 0)]
        if len(rest) == 1 and rest[0] in (-1, count):
            return replace(tensor, wire=tensor.wire._replace(flat=True))
        if small and (back in ([shape[-1]], [-1]) or not back):  # one number a channel stays that
            return replace(tensor, wire=tensor.wire._replace(flat=False))
        nodes.building.unsaid(
            node.origin, f"a map is laid out anew as {wanted}, as in a channel shuffle; the format has no such step"
        )
        return tensor
    if node.kind == "Flatten" and node.get("axis", 1) == 1:
        return replace(tensor, wire=tensor.wire._replace(flat=True))
    if shape[:-1] not in ((), (1, 1)):
        nodes.building.unsaid(node.origin, f"`{node.kind}` of a map of {shape}")
    return replace(tensor, wire=tensor.wire._replace(flat=node.kind != "Unsqueeze"))


@_is("Transpose")
def _transposed(nodes: Nodes, node: Node) -> Tensor:
    tensor = nodes.map(node, 0, padded=True)
    order = list(node.get("perm") or ())
    turned = {(0, 2, 3, 1): ("chw", "hwc"), (0, 3, 1, 2): ("hwc", "chw")}.get(tuple(order))
    if tensor.wire.flat or turned is None or turned[0] != tensor.layout:
        nodes.building.unsaid(
            node.origin, f"axes are exchanged as {order}, as in a channel shuffle; the format has no such step"
        )
        return tensor
    return replace(tensor, layout=turned[1])


@_is("Pad")
def _padded(nodes: Nodes, node: Node) -> Tensor:
    tensor, own, value = nodes.map(node, 0, padded=True), nodes.constant(node, 1), nodes.constant(node, 2)
    given = [int(n) for n in (own.numbers() if own is not None else node.get("pads") or ())]
    filled = (value.scalar if value is not None else node.get("value")) or 0.0
    if len(given) != 8 or node.get("mode", "constant") != "constant" or filled:
        nodes.building.unsaid(node.origin, "padding that is not of zeros around the map")
        return tensor
    high, wide = (2, 3) if tensor.layout == "chw" else (1, 2)
    other = [given[at] + given[at + 4] for at in range(4) if at not in (high, wide)]
    if any(other):
        nodes.building.unsaid(node.origin, "channels of zeros are added")
    pads = ((given[high], given[high + 4]), (given[wide], given[wide + 4]))
    return replace(tensor, pads=_more(tensor.pads, pads))


@_is("Dropout")
def _dropout(nodes: Nodes, node: Node) -> Tensor:
    tensor, own = nodes.map(node, 0), nodes.constant(node, 1)
    rate = own.scalar if own is not None else node.get("ratio", 0.5)
    wire = nodes.building.step(tensor.wire, Dropout(rate=short(rate or 0.0) if rate else 0.0), node.origin)
    return replace(tensor, wire=wire)


@_is("Identity", "Cast")
def _same(nodes: Nodes, node: Node) -> Tensor:
    return nodes.map(node, 0, padded=True)


@_is("Softmax", "LogSoftmax")
def _softmax(nodes: Nodes, node: Node) -> Tensor:
    nodes.building.note(f"{node.kind}: the loss of the training has it")
    return replace(nodes.map(node, 0), ended=True)


@_is("Concat")
def _concat(nodes: Nodes, node: Node) -> Tensor:
    tensors = [nodes.map(node, at) for at in range(len(node.inputs))]
    axis = int(node.get("axis", 1))
    flat = tensors[0].wire.flat
    wanted = 1 if flat or tensors[0].layout == "chw" else 3
    if axis % (2 if flat else 4) != wanted or len({(one.layout, one.wire.flat) for one in tensors}) > 1:
        nodes.building.unsaid(node.origin, "values are joined along another axis than the channels")
    return Tensor(nodes.building.join("concat", [one.wire for one in tensors], node.origin), tensors[0].layout)


@_is("Erf")
def _erf(nodes: Nodes, node: Node) -> Tensor:
    tensor = nodes.map(node, 0)
    if tensor.gelu is not None and tensor.gelu[0] == "scaled" and isclose(tensor.gelu[1], 1 / sqrt(2), rel_tol=1e-4):
        return replace(tensor, gelu=("erf", 1.0))
    nodes.building.unsaid(node.origin, "`Erf` that is no part of a gelu")
    return tensor


__all__ = ["NO_PADS", "OPERATORS", "Conv", "Fc"]
