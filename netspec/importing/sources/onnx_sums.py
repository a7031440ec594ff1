"""Sums and products of ONNX: joins, biases, what normalizes images, factors behind a norm, and functions in pieces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import isclose
from typing import Any

from netspec.importing.building import Wire
from netspec.importing.graph import Conv, Fc
from netspec.importing.sources.onnx_nodes import Node, Nodes, Tensor
from netspec.language.activations import Gelu, HardSigmoid, HardSwish, Mish, Sigmoid, Silu, Softplus, Tanh
from netspec.language.norms import Scaled


def added(nodes: Nodes, node: Node) -> Tensor:
    """`Add`, `Sum`, `Sub`."""
    constants = [nodes.constant(node, at) for at in range(len(node.inputs))]
    if all(one is None for one in constants) and node.kind != "Sub":
        tensors = [nodes.map(node, at) for at in range(len(node.inputs))]
        nodes.alike(node, tensors)
        return Tensor(nodes.building.join("add", [one.wire for one in tensors], node.origin), tensors[0].layout)
    at = next(at for at, one in enumerate(constants) if one is None) if None in constants else 0
    tensor = nodes.map(node, at, gelu=True, image=True)
    other = constants[1 - at] if len(constants) == 2 else None
    if tensor.gelu == ("erf", 1.0) and other is not None and other.scalar == 1 and node.kind == "Add":
        return replace(tensor, gelu=("1 + erf", 1.0))
    tensor = nodes.settled(node, tensor)
    if other is None or (node.kind == "Sub" and at == 1):
        nodes.building.unsaid(node.origin, f"`{node.kind}` that is no sum of maps, no bias and no part of a norm")
        return tensor
    array = nodes.channels(node, tensor, 1 - at)
    if array is None:
        nodes.building.unsaid(node.origin, "a constant map is added")
        return tensor
    sign = -1 if node.kind == "Sub" else 1
    if tensor.wire.value == 0:
        factor, summand = tensor.affine or (1.0, 0.0)
        return replace(tensor, affine=(factor, summand + sign * array()))
    return replace(tensor, wire=_shifted(nodes, node, tensor, lambda: sign * array()))


def multiplied(nodes: Nodes, node: Node) -> Tensor:
    """`Mul`, `Div`."""
    constants = [nodes.constant(node, at) for at in (0, 1)]
    if constants == [None, None]:
        if node.kind == "Div":
            nodes.building.unsaid(node.origin, "a map is divided by another; the format has no such step")
            return nodes.map(node, 0)
        return _product(nodes, node)
    at = 0 if constants[0] is None else 1
    tensor, other = nodes.map(node, at, gelu=True, image=True), constants[1 - at]
    assert other is not None
    divides = node.kind == "Div"
    if divides and at == 1:
        nodes.building.unsaid(node.origin, "a constant is divided by a map")
        return nodes.settled(node, tensor)
    array = nodes.channels(node, tensor, 1 - at)
    if array is None:
        nodes.building.unsaid(node.origin, "a constant map is multiplied")
        return nodes.settled(node, tensor)
    if tensor.wire.value == 0:
        factor, summand = tensor.affine or (1.0, 0.0)
        by = 1 / array() if divides else array()
        return replace(tensor, affine=(factor * by, summand * by))
    if other.scalar is not None:
        return _scaled(nodes, node, tensor, 1 / other.scalar if divides else other.scalar)
    tensor = nodes.settled(node, tensor)
    return replace(tensor, wire=_factored(nodes, node, tensor, (lambda: 1 / array()) if divides else array))


def _scaled(nodes: Nodes, node: Node, tensor: Tensor, factor: float) -> Tensor:
    """A value times one number: a part of a gelu."""
    state, before = tensor.gelu or ("", 1.0)
    if state in ("", "scaled"):
        if isclose(before * factor, 1, rel_tol=1e-6):
            return replace(tensor, gelu=None)
        return replace(tensor, gelu=("scaled", before * factor))
    if state == "x (1 + erf)" and isclose(before * factor, 0.5, rel_tol=1e-4):
        wire = nodes.building.step(tensor.wire, Gelu(approximate=False), node.origin)
        return replace(tensor, wire=wire, gelu=None)
    return replace(tensor, gelu=(state, before * factor))


def _product(nodes: Nodes, node: Node) -> Tensor:
    """The product of two values: a function in pieces, or a gate."""
    one, two = nodes.map(node, 0, gelu=True), nodes.map(node, 1, gelu=True)
    nodes.alike(node, [one, two])
    for plain, other in ((one, two), (two, one)):
        is_factor = plain.gelu is None or plain.gelu[0] == "scaled"
        if other.gelu is not None and other.gelu[0] == "1 + erf" and is_factor and plain.wire == other.wire:
            factor = other.gelu[1] * (plain.gelu[1] if plain.gelu else 1.0)
            if isclose(factor, 0.5, rel_tol=1e-4):
                return replace(
                    plain, wire=nodes.building.step(plain.wire, Gelu(approximate=False), node.origin), gelu=None
                )
            return replace(plain, gelu=("x (1 + erf)", factor))
    one, two = nodes.settled(node, one), nodes.settled(node, two)
    for plain, other in ((one, two), (two, one)):
        whole = _whole(nodes, plain.wire.value, other.wire.value)
        if whole is not None:
            return replace(plain, wire=nodes.building.step(plain.wire, whole, node.origin))
    first = max((one, two), key=lambda tensor: nodes.building.shape(tensor.wire))
    return replace(first, wire=nodes.building.join("multiply", [one.wire, two.wire], node.origin))


def _whole(nodes: Nodes, value: int, factor: int) -> Any:
    """The function that is x times another one of x."""
    op = nodes.building.graph.ops[factor - 1] if factor else None
    if op is None:
        return None
    if op.reads == (value,):
        if isinstance(op.settings, Sigmoid):
            return Silu()
        return HardSwish() if isinstance(op.settings, HardSigmoid) else None
    below = nodes.building.graph.ops[op.reads[0] - 1] if op.reads[0] else None
    mish = isinstance(op.settings, Tanh) and below is not None and isinstance(below.settings, Softplus)
    return Mish() if mish and below is not None and below.reads == (value,) else None


def _shifted(nodes: Nodes, node: Node, tensor: Tensor, array: Callable[[], Any]) -> Wire:
    """A number added to each channel: a bias, or the shift of the norm before it."""
    op = nodes.building.graph.ops[tensor.wire.value - 1]
    if nodes.building.shape(tensor.wire)[-1] == op.shape[-1]:
        if isinstance(op.settings, Conv | Fc) and not op.settings.bias:
            settings = replace(op.settings, bias=True)
            return nodes.building.instead(tensor.wire, settings, {**op.arrays, "bias": array}, node.origin)
        if isinstance(op.settings, Scaled) and not op.settings.shift:
            shifted = replace(op.settings, shift=True)
            return nodes.building.instead(tensor.wire, shifted, {**op.arrays, "shift": array}, node.origin)
        if isinstance(op.settings, Scaled):
            before = op.arrays["shift"]
            arrays = {**op.arrays, "shift": lambda: before() + array()}
            return nodes.building.instead(tensor.wire, op.settings, arrays, node.origin)
    nodes.building.unsaid(node.origin, "a number for each channel is added behind no convolution and no norm")
    return tensor.wire


def _factored(nodes: Nodes, node: Node, tensor: Tensor, array: Callable[[], Any]) -> Wire:
    """Each channel times a number: the scale of the norm before it, or a convolution of each channel on its own."""
    op = nodes.building.graph.ops[tensor.wire.value - 1]
    whole = isinstance(op.settings, Scaled) and op.settings.scale and op.settings.shift
    if whole and nodes.building.is_unread(tensor.wire):
        scale, shift = op.arrays["scale"], op.arrays["shift"]
        changed = {"scale": lambda: scale() * array(), "shift": lambda: shift() * array()}
        return nodes.building.instead(tensor.wire, op.settings, {**op.arrays, **changed}, node.origin)
    return nodes.building.scaled(tensor.wire, node.origin, scale=True, shift=False, arrays={"scale": array})
