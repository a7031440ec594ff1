"""Layers, norms and joins of PyTorch; with them the operations are complete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from netspec.importing.sizes import Broken, Pads
from netspec.importing.sources.torch_functions import FLOATS, OPERATORS, is_target, named, reordered
from netspec.importing.sources.torch_nodes import Node, Nodes, Tensor
from netspec.language.fields import Pair
from netspec.language.geometry import effective_kernel
from netspec.language.kind import elements
from netspec.language.norms import BatchNorm, GroupNorm, InstanceNorm

__all__ = ["OPERATORS"]


def _pair(value: Any, default: Any = 1) -> Pair:
    found = [default] if value in (None, []) else value if isinstance(value, list) else [value]
    found = found * 2 if len(found) == 1 else found
    if len(found) != 2 or not all(isinstance(one, int) for one in found):
        raise Broken(f"{value!r} are not two sizes")
    return found[0], found[1]


def _both(pad: Pair) -> Pads:
    return (pad[0], pad[0]), (pad[1], pad[1])


@is_target("conv2d")
def _conv(nodes: Nodes, node: Node) -> Tensor:
    tensor, kernel, bias = nodes.read(node, padded=True), nodes.array(node, "weight"), nodes.array(node, "bias")
    shape, given = nodes.shape(node, "weight"), node.get("padding", 0)
    stride, dilation = _pair(node.get("stride")), _pair(node.get("dilation"))
    pads = tensor.pads
    if given == "same":
        total = [effective_kernel(k, d) - 1 for k, d in zip(shape[2:], dilation, strict=True)]
        rows, columns = ((one // 2, one - one // 2) for one in total)
        pads = nodes.building.padded(pads, (rows, columns), node.origin)
    elif given != "valid":
        pads = nodes.building.padded(pads, _both(_pair(given, 0)), node.origin)
    assert kernel is not None
    if shape[1] * int(node.get("groups", 1)) != nodes.building.shape(tensor.wire)[-1]:
        raise Broken(f"its weights are for {shape[1]} channels of each group, and it reads others", node.origin)
    wire = nodes.building.conv(
        tensor.wire,
        node.origin,
        filters=shape[0],
        kernel=(shape[2], shape[3]),
        stride=stride,
        pads=pads,
        dilation=dilation,
        groups=int(node.get("groups", 1)),
        bias=bias is not None,
        arrays=named(kernel=lambda: kernel().transpose(2, 3, 1, 0), bias=bias),
    )
    return Tensor(wire)


@is_target("linear")
def _linear(nodes: Nodes, node: Node) -> Tensor:
    tensor, kernel, bias = nodes.read(node), nodes.array(node, "weight"), nodes.array(node, "bias")
    units, inputs = nodes.shape(node, "weight")
    read = nodes.building.origin_of(tensor.wire)
    if elements(read) != inputs:
        nodes.building.unsaid(node.origin, f"a linear layer of {inputs} numbers of a map; `Conv2d` of 1x1 is the same")
    assert kernel is not None

    def laid_out() -> Any:
        array = kernel().T
        if len(read) == 3:
            height, width, channels = read
            array = array.reshape(channels, height, width, units).transpose(1, 2, 0, 3).reshape(-1, units)
        return array

    arrays = named(kernel=laid_out, bias=bias)
    return Tensor(nodes.building.fc(tensor.wire, node.origin, units=units, bias=bias is not None, arrays=arrays))


@is_target("batch_norm")
def _batch(nodes: Nodes, node: Node) -> Tensor:
    names = {"scale": "weight", "shift": "bias", "mean": "running_mean", "variance": "running_var"}
    arrays = named(**{own: nodes.array(node, name) for own, name in names.items()})
    if "mean" not in arrays:
        nodes.building.unsaid(node.origin, "a batch norm without running statistics")
    momentum = float(f"{1 - float(node.get('momentum', 0.1)):.6g}")
    eps = float(node.get("eps", 1e-5))
    return _normed(
        nodes, node, BatchNorm(eps=eps, momentum=momentum, scale="scale" in arrays, shift="shift" in arrays), arrays
    )


@is_target("group_norm", "instance_norm")
def _group(nodes: Nodes, node: Node) -> Tensor:
    arrays = named(scale=nodes.array(node, "weight"), shift=nodes.array(node, "bias"))
    own: dict[str, Any] = {"eps": float(node.get("eps", 1e-5)), "scale": "scale" in arrays, "shift": "shift" in arrays}
    if node.target == "group_norm":
        return _normed(nodes, node, GroupNorm(groups=int(node.get("num_groups", 1)), **own), arrays)
    if not node.get("use_input_stats", True):
        nodes.building.unsaid(node.origin, "an instance norm by running statistics")
    return _normed(nodes, node, InstanceNorm(**own), arrays)


def _normed(nodes: Nodes, node: Node, norm: Any, arrays: dict[str, Callable[[], Any]]) -> Tensor:
    tensor = nodes.read(node)
    laid_out = {name: reordered(nodes, tensor, array) for name, array in arrays.items()}
    return replace(tensor, wire=nodes.building.step(tensor.wire, norm, node.origin, laid_out))


@is_target("max_pool2d", "avg_pool2d")
def _pool(nodes: Nodes, node: Node) -> Tensor:
    tensor = nodes.read(node, padded=True)
    window = _pair(node.get("kernel_size"))
    if _pair(node.get("dilation")) != (1, 1) or node.get("divisor_override") is not None:
        nodes.building.unsaid(node.origin, "pooling over windows with holes, or divided by another number")
    wire = nodes.building.pool(
        tensor.wire,
        node.origin,
        type="max" if node.target == "max_pool2d" else "average",
        window=window,
        stride=_pair(node.get("stride") or list(window)),
        pads=_both(_pair(node.get("padding"), 0)),
        counted=bool(node.get("count_include_pad", True)),
        ceil=bool(node.get("ceil_mode", False)),
        zeros=tensor.pads,
    )
    return Tensor(wire)


@is_target("adaptive_avg_pool2d", "adaptive_max_pool2d")
def _adaptive(nodes: Nodes, node: Node) -> Tensor:
    tensor, wanted = nodes.read(node), _pair(node.get("output_size"))
    read, kind = nodes.building.shape(tensor.wire), "max" if "max" in node.target else "average"
    if wanted == (1, 1):
        return Tensor(nodes.building.whole(tensor.wire, node.origin, kind))
    if any(size % to for size, to in zip(read[:2], wanted, strict=True)):
        nodes.building.unsaid(
            node.origin, f"windows of several sizes make {wanted} of {read[:2]}; the format's are all alike"
        )
        return tensor
    window = (read[0] // wanted[0], read[1] // wanted[1])
    return Tensor(nodes.building.pool(tensor.wire, node.origin, type=kind, window=window, stride=window))


@is_target("mean")
def _mean(nodes: Nodes, node: Node) -> Tensor:
    tensor, axes = nodes.read(node), node.get("dim") or []
    if sorted(axis % 4 for axis in axes) != [2, 3] or tensor.wire.flat:
        nodes.building.unsaid(node.origin, f"a mean over the axes {axes}; the format has that over height and width")
        return tensor
    wire = nodes.building.whole(tensor.wire, node.origin)
    return Tensor(wire if node.get("keepdim", False) else wire._replace(flat=True))


@is_target("flatten", "view", "reshape", "squeeze", "unsqueeze")
def _reshaped(nodes: Nodes, node: Node) -> Tensor:
    tensor = nodes.read(node)
    shape = nodes.building.graph.shape(tensor.wire.value)
    given = [one.get("as_int", -1) for one in nodes.sizes.get(node.output, [])]
    if len(given) == 2 and given[1] == elements(shape):
        return replace(tensor, wire=tensor.wire._replace(flat=True))
    alike = [[shape[-1], 1], [shape[-1], 1, 1]] if shape[:-1] in ((), (1, 1)) else [[shape[2], shape[0], shape[1]]]
    if given[1:] not in alike:
        nodes.building.unsaid(node.origin, f"a map is laid out anew as {given}, as in a channel shuffle")
    return replace(tensor, wire=tensor.wire._replace(flat=len(given) < 4 and tensor.wire.flat))


@is_target("pad", "constant_pad_nd")
def _padded(nodes: Nodes, node: Node) -> Tensor:
    tensor, given = nodes.read(node, padded=True), list(node.get("pad") or ())
    if len(given) != 4 or node.get("mode", "constant") != "constant" or node.get("value"):
        nodes.building.unsaid(node.origin, "padding that is not of zeros around the map")
        return tensor
    more = ((given[2], given[3]), (given[0], given[1]))
    return replace(tensor, pads=nodes.building.padded(tensor.pads, more, node.origin))


def _same_layout(nodes: Nodes, node: Node, found: list[Tensor]) -> None:
    """Reports a join of vectors with maps, or of vectors that were maps: their numbers stand in PyTorch's order."""
    if len({one.wire.flat for one in found}) > 1:
        nodes.building.unsaid(node.origin, "a vector is joined with a map")
    origins = [nodes.building.origin_of(one.wire) for one in found if one.wire.flat]
    if any(len(shape) == 3 and shape[:2] != (1, 1) for shape in origins):
        nodes.building.unsaid(node.origin, "flattened maps are joined", "join the maps, and flatten then")


@is_target("add", "mul")
def _joined(nodes: Nodes, node: Node) -> Tensor:
    if float(node.get("alpha", 1)) != 1:
        nodes.building.unsaid(node.origin, "a map is added after it was multiplied")
    found = [nodes.value(node, node.given[name]) for name in ("self", "other")]
    how = "add" if node.target.startswith("add") else "multiply"
    _same_layout(nodes, node, found)
    first = max(found, key=lambda one: nodes.building.shape(one.wire))
    return replace(first, wire=nodes.building.join(how, [one.wire for one in found], node.origin))


@is_target("cat", "concat")
def _cat(nodes: Nodes, node: Node) -> Tensor:
    found = [nodes.value(node, one) for one in node.get("tensors", [])]
    if node.get("dim", 0) not in (1, -3):
        nodes.building.unsaid(node.origin, "values are joined along another axis than the channels")
    _same_layout(nodes, node, found)
    return Tensor(nodes.building.join("concat", [one.wire for one in found], node.origin))


@is_target("contiguous", "clone", "detach", "alias", "to", "_to_copy")
def _same(nodes: Nodes, node: Node) -> Tensor:
    if node.get("dtype", FLOATS[0]) not in FLOATS:
        nodes.building.unsaid(node.origin, "its numbers are made others than floats")
    return nodes.read(node, padded=True)
