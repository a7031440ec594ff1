"""The norms of ONNX, also those that are written as several operators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from netspec.importing.graph import Arrays
from netspec.importing.sizes import Broken
from netspec.importing.sources.onnx_constants import Constant
from netspec.importing.sources.onnx_nodes import Node, Nodes, Tensor
from netspec.importing.sources.onnx_operators import OPERATORS, is_operator, short
from netspec.language.norms import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm

__all__ = ["OPERATORS"]


@is_operator("BatchNormalization")
def _batch(nodes: Nodes, node: Node) -> Tensor:
    tensor = nodes.first(node)
    if node.get("training_mode", 0) or not node.get("spatial", 1):
        nodes.building.unsaid(node.origin, "a batch norm by the batch's own statistics, or one for each cell")
    names = ("scale", "shift", "mean", "variance")
    made = {name: nodes.weights(node, at).make for at, name in enumerate(names, 1)}
    arrays: Arrays = {name: _reordered(nodes, tensor, array) for name, array in made.items()}
    norm = BatchNorm(eps=short(node.get("epsilon", 1e-5)), momentum=short(node.get("momentum", 0.9)))
    return replace(tensor, wire=nodes.building.step(tensor.wire, norm, node.origin, arrays))


def _reordered(nodes: Nodes, tensor: Tensor, array: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: nodes.building.reordered(tensor.wire, array()) if tensor.layout == "chw" else array()


@is_operator("InstanceNormalization")
def _instance(nodes: Nodes, node: Node) -> Tensor:
    read = nodes.map(node, 0, gelu=True)
    if read.groups and _is_plain(nodes, node, read.groups):  # groups laid out as channels: what PyTorch writes
        grouped = GroupNorm(groups=read.groups, eps=short(node.get("epsilon", 1e-5)), scale=False, shift=False)
        return replace(read, wire=nodes.building.step(read.wire, grouped, node.origin))
    tensor = nodes.first(node)
    arrays: Arrays = {"scale": nodes.weights(node, 1).make, "shift": nodes.weights(node, 2).make}
    norm = InstanceNorm(eps=short(node.get("epsilon", 1e-5)))
    return replace(tensor, wire=nodes.building.step(tensor.wire, norm, node.origin, arrays))


def _is_plain(nodes: Nodes, node: Node, count: int) -> bool:
    """Whether the factors of a norm are 1, and its summands 0."""
    one, zero = (nodes.weights(node, at) for at in (1, 2))
    return one.shape == zero.shape == (count,) and bool((one.make() == 1).all() and (zero.make() == 0).all())


@is_operator("LayerNormalization")
def _layer(nodes: Nodes, node: Node) -> Tensor:
    tensor = nodes.map(node, 0)
    last = -1 % (2 if tensor.wire.flat else 4)
    if int(node.get("axis", -1)) % (last + 1) != last or (tensor.layout == "chw" and not tensor.wire.flat):
        nodes.building.unsaid(node.origin, "it normalizes along other axes than the channels; the format has those")
        return tensor
    made = {"scale": nodes.weights(node, 1).make}
    made |= {"shift": nodes.weights(node, 2).make} if any(node.inputs[2:]) else {}
    arrays: Arrays = {name: _reordered(nodes, tensor, array) for name, array in made.items()}
    norm = LayerNorm(eps=short(node.get("epsilon", 1e-5)), shift="shift" in arrays)
    return replace(tensor, wire=nodes.building.step(tensor.wire, norm, node.origin, arrays))


@is_operator("GroupNormalization")
def _group(nodes: Nodes, node: Node) -> Tensor:
    """Its factors and summands are one a group in opset 18, and one a channel from 21 on."""
    tensor, groups = nodes.first(node), int(node.get("num_groups", 0))
    channels = nodes.building.shape(tensor.wire)[-1]
    numbers = {name: nodes.weights(node, at) for at, name in enumerate(("scale", "shift"), 1)}
    if groups < 1 or channels % groups or any(one.shape not in ((groups,), (channels,)) for one in numbers.values()):
        raise Broken(f"{groups} groups and their numbers do not go with {channels} channels", node.origin)
    arrays: Arrays = {name: partial(_repeated, one, channels) for name, one in numbers.items()}
    norm = GroupNorm(groups=groups, eps=short(node.get("epsilon", 1e-5)))
    return replace(tensor, wire=nodes.building.step(tensor.wire, norm, node.origin, arrays))


def _repeated(numbers: Constant, count: int) -> Any:
    """Numbers of neighbours, each as often as makes so many."""
    return numbers.make().repeat(count // numbers.shape[0])


@is_operator("LRN")
def _local(nodes: Nodes, node: Node) -> Tensor:
    norm = LocalResponseNorm(
        size=int(node.get("size")),
        alpha=short(node.get("alpha", 1e-4)),
        beta=short(node.get("beta", 0.75)),
        k=short(node.get("bias", 1.0)),
    )
    tensor = nodes.first(node)
    return replace(tensor, wire=nodes.building.step(tensor.wire, norm, node.origin))
