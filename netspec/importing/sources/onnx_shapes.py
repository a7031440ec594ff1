"""What of ONNX lays values out anew, joins them or passes them on; with it the operators are complete."""

from __future__ import annotations

from dataclasses import replace
from math import isclose, prod, sqrt

from netspec.importing.sources.onnx_nodes import Node, Nodes, Tensor
from netspec.importing.sources.onnx_norms import OPERATORS
from netspec.importing.sources.onnx_operators import is_operator, short
from netspec.language.steps import Dropout

__all__ = ["OPERATORS"]
ANY_BATCH = 1 << 30
"""The size of a batch, of which the network knows none: an end below cuts some."""


@is_operator("Flatten", "Reshape", "Squeeze", "Unsqueeze")
def _reshaped(nodes: Nodes, node: Node) -> Tensor:
    tensor = nodes.map(node, 0, gelu=True, image=True)
    if tensor.groups:
        return _laid_back(nodes, node, tensor)
    tensor = nodes.settled(node, tensor)
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
        if len(rest) == 2 and rest[0] > 1 and shape[-1] % rest[0] == 0 and tensor.layout == "chw":
            return replace(tensor, groups=rest[0])  # of an image or a map: a norm of groups may follow
        nodes.building.unsaid(
            node.origin, f"a map is laid out anew as {wanted}, as in a channel shuffle; the format has no such step"
        )
        return tensor
    if node.kind == "Flatten" and node.get("axis", 1) == 1:
        return replace(tensor, wire=tensor.wire._replace(flat=True))
    if shape[:-1] not in ((), (1, 1)):
        nodes.building.unsaid(node.origin, f"`{node.kind}` of a map of {shape}")
    return replace(tensor, wire=tensor.wire._replace(flat=node.kind != "Unsqueeze"))


def _laid_back(nodes: Nodes, node: Node, tensor: Tensor) -> Tensor:
    """A map that lay in groups, as it lay before."""
    own = nodes.constant(node, 1)
    wanted = [int(n) for n in own.numbers()][1:] if own is not None else []
    height_width = [*nodes.building.graph.shape(tensor.wire.value)]
    before = [height_width[-1], *height_width[:-1]]
    if len(wanted) == len(before) and all(a in (b, -1) for a, b in zip(wanted, before, strict=True)):
        return replace(tensor, groups=0)
    return nodes.settled(node, tensor)


@is_operator("Slice")
def _sliced(nodes: Nodes, node: Node) -> Tensor:
    """Every S-th cell from the first on."""
    tensor = nodes.map(node, 0)
    given = [nodes.constant(node, at) for at in range(1, 5)]
    starts, ends, axes, steps = ([int(n) for n in one.numbers()] if one is not None else [] for one in given)
    stride = {axis % 4: step for axis, step in zip(axes, steps, strict=False)}
    last, high, wide = (1, 2, 3) if tensor.layout == "chw" else (3, 1, 2)
    rows, columns = (stride.get(axis, 1) for axis in (high, wide))
    whole = len(starts) == len(ends) == len(axes) == len(steps) == len(stride) and not any(starts)
    sizes = nodes.building.shape(tensor.wire)
    if len(sizes) != 3 or not whole or min(steps, default=0) < 1 or rows * columns != prod(steps):
        nodes.building.unsaid(node.origin, "a part of a map is cut out; the format has no such step")
        return tensor
    size = {0: ANY_BATCH, last: sizes[2], high: sizes[0], wide: sizes[1]}
    for axis, end, step in zip((axis % 4 for axis in axes), ends, steps, strict=True):
        if end < 1 or -(-min(end, size[axis]) // step) < -(-size[axis] // step):
            what = {0: "a batch is", last: f"{sizes[2]} channels are"}.get(axis, "a map is")
            nodes.building.unsaid(node.origin, f"{what} cut off at {end}; the format has no such step")
            return tensor
    if rows == columns == 1:
        return tensor
    cells = tuple(-(-n // s) for n, s in zip(sizes[:2], (rows, columns), strict=True))
    wire = nodes.building.sliced(tensor.wire, (rows, columns), (*cells, sizes[2]), node.origin)
    return replace(tensor, wire=wire)


@is_operator("Transpose")
def _transposed(nodes: Nodes, node: Node) -> Tensor:
    tensor = nodes.map(node, 0, padded=True, gelu=True, image=True)
    order = list(node.get("perm") or ())
    turned = {(0, 2, 3, 1): ("chw", "hwc"), (0, 3, 1, 2): ("hwc", "chw")}.get(tuple(order))
    if tensor.wire.flat or turned is None or turned[0] != tensor.layout:
        nodes.building.unsaid(
            node.origin, f"axes are exchanged as {order}, as in a channel shuffle; the format has no such step"
        )
        return tensor
    return replace(tensor, layout=turned[1])


@is_operator("Pad")
def _padded(nodes: Nodes, node: Node) -> Tensor:
    tensor, own, value = nodes.map(node, 0, padded=True, image=True), nodes.constant(node, 1), nodes.constant(node, 2)
    given = [int(n) for n in (own.numbers() if own is not None else node.get("pads") or ())]
    filled = (value.scalar if value is not None else node.get("value")) or 0.0
    computed = any(node.inputs[2:3]) and value is None
    if len(given) != 8 or node.get("mode", "constant") != "constant" or filled or computed or any(node.inputs[3:]):
        nodes.building.unsaid(node.origin, "padding that is not of zeros around the map")
        return tensor
    last, high, wide = (1, 2, 3) if tensor.layout == "chw" else (3, 1, 2)
    before, behind = given[last], given[last + 4]
    if given[0] or given[4] or min(before, behind) < 0:
        nodes.building.unsaid(node.origin, "a batch is padded, or channels are cut off")
    elif not tensor.wire.value and before + behind:
        nodes.building.unsaid(node.origin, "channels of zeros are added to the images")
    elif before + behind:
        if before:
            what = f"channels of zeros are added in front of the others ({before}); the format has all behind them"
            nodes.building.unsaid(node.origin, what)
        tensor = replace(tensor, wire=nodes.building.widened(tensor.wire, before + behind, node.origin))
    pads = ((given[high], given[high + 4]), (given[wide], given[wide + 4]))
    return replace(tensor, pads=nodes.building.padded(tensor.pads, pads, node.origin))


@is_operator("Dropout")
def _dropout(nodes: Nodes, node: Node) -> Tensor:
    tensor, own = nodes.map(node, 0), nodes.constant(node, 1)
    rate = own.scalar if own is not None else node.get("ratio", 0.5)
    wire = nodes.building.step(tensor.wire, Dropout(rate=short(rate or 0.0) if rate else 0.0), node.origin)
    return replace(tensor, wire=wire)


@is_operator("Identity", "Cast")
def _same(nodes: Nodes, node: Node) -> Tensor:
    return nodes.map(node, 0, padded=True, gelu=True, image=True)


@is_operator("Softmax", "LogSoftmax")
def _softmax(nodes: Nodes, node: Node) -> Tensor:
    tensor, axis = nodes.map(node, 0), node.get("axis")
    vector = len(nodes.building.shape(tensor.wire)) == 1
    if axis not in (None, *((1, -1, -3) if vector else (1, -3) if tensor.layout == "chw" else (3, -1))):
        nodes.building.unsaid(node.origin, f"a softmax along the axis {axis}; the format has the channels")
    nodes.building.note(f"{node.kind}: the loss of the training has it")
    return replace(tensor, ended=True)


@is_operator("Concat")
def _concat(nodes: Nodes, node: Node) -> Tensor:
    tensors = [nodes.map(node, at) for at in range(len(node.inputs))]
    axis = int(node.get("axis", 1))
    flat = tensors[0].wire.flat
    wanted = 1 if flat or tensors[0].layout == "chw" else 3
    if axis % (2 if flat else 4) != wanted or len({(one.layout, one.wire.flat) for one in tensors}) > 1:
        nodes.building.unsaid(node.origin, "values are joined along another axis than the channels")
    return Tensor(nodes.building.join("concat", [one.wire for one in tensors], node.origin), tensors[0].layout)


@is_operator("Erf")
def _erf(nodes: Nodes, node: Node) -> Tensor:
    tensor = nodes.map(node, 0, gelu=True)
    if tensor.gelu is not None and tensor.gelu[0] == "scaled" and isclose(tensor.gelu[1], 1 / sqrt(2), rel_tol=1e-4):
        return replace(tensor, gelu=("erf", 1.0))
    nodes.building.unsaid(node.origin, "`Erf` that is no part of a gelu")
    return replace(tensor, gelu=None)
