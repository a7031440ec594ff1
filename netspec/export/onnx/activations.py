"""Activations as ONNX operators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from netspec.export.onnx.graph import Writer
from netspec.language.activations import Activation
from netspec.language.kind import Shape

OPERATORS: dict[str, tuple[str, Callable[[Any], dict[str, Any]]]] = {
    "relu": ("Relu", lambda a: {}),
    "leaky_relu": ("LeakyRelu", lambda a: {"alpha": a.slope}),
    "elu": ("Elu", lambda a: {"alpha": a.alpha}),
    "gelu": ("Gelu", lambda a: {"approximate": "tanh" if a.approximate else "none"}),
    "sigmoid": ("Sigmoid", lambda a: {}),
    "tanh": ("Tanh", lambda a: {}),
    "softplus": ("Softplus", lambda a: {}),
    "hard_swish": ("HardSwish", lambda a: {}),
    "hard_sigmoid": ("HardSigmoid", lambda a: {"alpha": 1 / 6, "beta": 0.5}),
    "mish": ("Mish", lambda a: {}),
    "selu": ("Selu", lambda a: {"alpha": 1.6732632423543772, "gamma": 1.0507009873554805}),
}
"""Those that are one operator, with its attributes."""


def activate(writer: Writer, activation: Activation, x: str, shape: Shape, slope: str = "slope") -> str:
    """The activation of x; `shape` is that of x in the graph, without the batch, `slope` the array that prelu has trained."""
    match activation.type:
        case "none":
            return x
        case "silu":
            return writer.add("Mul", x, writer.add("Sigmoid", x))
        case "relu6":
            limits = (writer.constant(name, np.array(limit, np.float32)) for name, limit in (("least", 0), ("most", 6)))
            return writer.add("Clip", x, *limits)
        case "prelu":
            slopes = writer.arrays[slope].reshape(-1, *(1,) * (len(shape) - 1))
            return writer.add("PRelu", x, writer.constant(slope, slopes))
    operator, attributes = OPERATORS[activation.type]
    return writer.add(operator, x, **attributes(activation))
