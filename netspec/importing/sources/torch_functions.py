"""What each operation of PyTorch is: functions and dropout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from netspec.importing.sources.torch_nodes import Node, Nodes, Tensor
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
    Silu,
    Softplus,
    Tanh,
)
from netspec.language.steps import Dropout

Operator = Callable[[Nodes, Node], Tensor]
OPERATORS: dict[str, Operator] = {}
FLOATS = (6, 7, 8, 13)
"""The kinds of numbers that are floats, by PyTorch's numbers for them."""


def is_target(*names: str) -> Callable[[Operator], Operator]:
    """Enters a function as what reads the nodes of these targets."""

    def keep(function: Operator) -> Operator:
        OPERATORS.update(dict.fromkeys(names, function))
        return function

    return keep


def named(**arrays: Callable[[], Any] | None) -> dict[str, Callable[[], Any]]:
    """The arrays that there are."""
    return {name: array for name, array in arrays.items() if array is not None}


def reordered(nodes: Nodes, tensor: Tensor, array: Callable[[], Any]) -> Callable[[], Any]:
    """An array of a number for each of a value's, in the order of the format."""
    return lambda: nodes.building.reordered(tensor.wire, array())


def _function(make: Callable[[Node], Any]) -> Operator:
    def step(nodes: Nodes, node: Node) -> Tensor:
        tensor = nodes.read(node)
        return replace(tensor, wire=nodes.building.step(tensor.wire, make(node), node.origin))

    return step


CURVES = {
    "leaky_relu": {"negative_slope": 0.01},
    "elu": {"alpha": 1.0, "scale": 1.0, "input_scale": 1.0},
    "softplus": {"beta": 1.0, "threshold": 20.0},
}
"""Functions with the numbers that they are given where none are said."""
OPERATORS |= {
    "relu": _function(lambda _: Relu()),
    "relu6": _function(lambda _: Relu6()),
    "selu": _function(lambda _: Selu()),
    "gelu": _function(lambda node: Gelu(approximate=node.get("approximate", "none") == "tanh")),
    "silu": _function(lambda _: Silu()),
    "sigmoid": _function(lambda _: Sigmoid()),
    "tanh": _function(lambda _: Tanh()),
    "hardswish": _function(lambda _: HardSwish()),
    "hardsigmoid": _function(lambda _: HardSigmoid()),
    "mish": _function(lambda _: Mish()),
    "dropout": _function(lambda node: Dropout(rate=float(node.get("p", 0.5)))),
    "feature_dropout": _function(lambda node: Dropout(rate=float(node.get("p", 0.5)), type="spatial")),
}


@is_target("leaky_relu", "elu", "softplus")
def _curve(nodes: Nodes, node: Node) -> Tensor:
    given = {name: float(node.get(name, usual)) for name, usual in CURVES[node.kind].items()}
    made = {"leaky_relu": LeakyRelu, "elu": Elu, "softplus": Softplus}[node.kind]
    names = {"leaky_relu": {"negative_slope": "slope"}, "elu": {"alpha": "alpha"}}.get(node.kind, {})
    for name, value in given.items():
        if (value < 0) if name in names else (value != CURVES[node.kind][name]):
            nodes.building.unsaid(node.origin, f"`{node.target}` with {name} {value:g}")
    activation = made(**{own: given[name] for name, own in names.items()})
    return _function(lambda _: activation)(nodes, node)


@is_target("hardtanh")
def _hardtanh(nodes: Nodes, node: Node) -> Tensor:
    ends = float(node.get("min_val", -1)), float(node.get("max_val", 1))
    if ends != (0, 6):
        nodes.building.unsaid(node.origin, f"values are cut at {ends[0]:g} and {ends[1]:g}; `relu6` cuts at 0 and 6")
    return _function(lambda _: Relu6())(nodes, node)


@is_target("prelu")
def _prelu(nodes: Nodes, node: Node) -> Tensor:
    tensor, slope = nodes.read(node), nodes.array(node, "weight")
    if nodes.shape(node, "weight") != nodes.building.shape(tensor.wire)[-1:]:
        nodes.building.unsaid(node.origin, "one trained slope for all channels; the format has one for each")
    arrays = {name: reordered(nodes, tensor, array) for name, array in named(slope=slope).items()}
    return replace(tensor, wire=nodes.building.step(tensor.wire, Prelu(), node.origin, arrays))


@is_target("softmax", "log_softmax")
def _softmax(nodes: Nodes, node: Node) -> Tensor:
    tensor, axis = nodes.read(node), node.get("dim")
    if axis not in ((1, -1) if tensor.wire.flat else (1, -3)):
        nodes.building.unsaid(node.origin, f"a softmax along the axis {axis}; the format has the channels")
    nodes.building.note("softmax: the loss of the training has it")
    return replace(tensor, ended=True)
