"""Norms, activations and dropout in the words of `torch.nn`."""

from __future__ import annotations

from typing import Any

from netspec.analysis.plan import PlannedLayer
from netspec.export.code.part import Part, Place, Raw, called
from netspec.language.activations import Activation
from netspec.language.kind import Shape

ACTIVATIONS = {
    "none": "Identity",
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "elu": "ELU",
    "silu": "SiLU",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "softplus": "Softplus",
    "relu6": "ReLU6",
    "hard_swish": "Hardswish",
    "hard_sigmoid": "Hardsigmoid",
    "mish": "Mish",
    "selu": "SELU",
}
"""The modules. Those with numbers take them in the format's order."""
NAMES = {"scale": "weight", "shift": "bias", "mean": "running_mean", "variance": "running_var"}
"""What a norm calls its arrays, of which it may lack some."""


def step(layer: PlannedLayer, name: str, shape: Shape, place: Place) -> Part:
    """A step of a layer on a value of this shape."""
    settings: Any = layer.settings
    if name == "norm":
        return norm(settings.norm, shape[-1], len(shape) == 1)
    if name == "activation":
        return activation(settings.activation, shape[-1])
    spatial = settings.dropout.type == "spatial" and len(shape) > 1
    return Part(called("nn.Dropout2d" if spatial else "nn.Dropout", settings.dropout.rate))


def activation(made: Any, features: int) -> Part:
    """An activation of so many features."""
    if made.type == "prelu":
        return Part(called("nn.PReLU", features), {"slope": "weight"})
    if made.type == "gelu":
        return Part(called("nn.GELU", *(["tanh"] if made.approximate else [])).replace("'", '"'))
    return Part(called(f"nn.{ACTIVATIONS[made.type]}", *_numbers(made)))


def _numbers(made: Activation) -> list[float]:
    """The numbers of an activation, where they are not the usual ones of both systems."""
    usual = type(made)().arguments
    return [] if made.arguments == usual else list(made.arguments.values())


def norm(made: Any, features: int, flat: bool) -> Part:
    """A norm of so many features, of vectors where `flat`."""
    if made.type == "local_response":
        return Part(called("ResponseNorm", made.size, made.alpha, made.beta, made.k))
    eps = {} if made.eps == 1e-5 else {"eps": made.eps}
    neither = not made.scale and not made.shift
    if made.type == "batch":
        # as PyTorch counts, what the new statistic takes up: 1 - 0.9 is not 0.1
        moved = round(1 - made.momentum, 12)
        keys = eps | ({} if moved == 0.1 else {"momentum": moved}) | ({"affine": False} if neither else {})
        code = called(f"nn.BatchNorm{1 if flat else 2}d", features, **keys)
    elif made.type == "layer":
        keys = eps | ({"elementwise_affine": False} if neither else {})
        code = called("nn.LayerNorm" if flat else "ChannelNorm", features, **keys)
    else:
        groups = made.groups if made.type == "group" else features
        code = called("nn.GroupNorm", groups, features, **eps | ({"affine": False} if neither else {}))
    for wanted, name in ((made.scale, "weight"), (made.shift, "bias")):
        if not wanted and not neither:
            code = called("without", Raw(code), Raw(f'"{name}"'))
    return Part(code, NAMES)
