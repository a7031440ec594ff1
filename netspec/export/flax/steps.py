"""Norms, activations and dropout in the words of Flax."""

from __future__ import annotations

from typing import Any

from netspec.analysis.plan import PlannedLayer
from netspec.export.code.part import Place, Raw, called
from netspec.export.flax.layer import Layer
from netspec.export.unsupported import Unsupported
from netspec.language.activations import Activation
from netspec.language.kind import Shape

TARGET = "Flax"
ACTIVATIONS = {
    "relu": "nnx.relu",
    "leaky_relu": "nnx.leaky_relu",
    "elu": "nnx.elu",
    "gelu": "nnx.gelu",
    "silu": "nnx.silu",
    "sigmoid": "nnx.sigmoid",
    "tanh": "nnx.tanh",
    "softplus": "nnx.softplus",
    "relu6": "nnx.relu6",
    "hard_swish": "nnx.hard_swish",
    "hard_sigmoid": "nnx.hard_sigmoid",
    "mish": "jax.nn.mish",
    "selu": "nnx.selu",
}
"""The functions. Those with numbers take them in the format's order."""
NAMES = {"scale": "scale", "shift": "bias", "mean": "mean", "variance": "var"}
"""What a norm calls its arrays, of which it may lack some."""


def module(name: str, kind: str, *arguments: object, arrays: dict[str, str] | None = None, **keywords: object) -> Layer:
    """A module that is called `name`."""
    made = called(f"nnx.{kind}", *arguments, **keywords, rngs=Raw("rngs"))
    return Layer(name=name, made=made, arrays=arrays or {})


def step(layer: PlannedLayer, name: str, shape: Shape, place: Place) -> Layer:
    """A step of a layer on a value of this shape. Raises Unsupported."""
    settings: Any = layer.settings
    if name == "norm":
        return norm(layer.name, settings.norm, shape[-1], f"{place.name}_norm")
    if name == "activation":
        return activation(layer.name, settings.activation)
    spatial = settings.dropout.type == "spatial" and len(shape) > 1
    keys: dict[str, Any] = {"broadcast_dims": (1, 2)} if spatial else {}
    return module(f"{place.name}_dropout", "Dropout", settings.dropout.rate, **keys)


def activation(layer: str, made: Activation) -> Layer:
    """An activation. Raises Unsupported."""
    if made.type == "none":
        return Layer("{0}")
    if made.type not in ACTIVATIONS:
        raise Unsupported(f"`{made.type}` with a slope a channel", TARGET, layer)
    usual = type(made)().arguments
    given = [bool(number) if made.type == "gelu" else number for number in made.arguments.values()]
    more = given if made.arguments != usual else []
    return Layer(called(ACTIVATIONS[made.type], Raw("{0}"), *more))


def norm(layer: str, made: Any, features: int, own: str) -> Layer:
    """A norm of so many features, whose module is called `own`. Raises Unsupported."""
    if made.type == "local_response":
        raise Unsupported("local response norm", TARGET, layer)
    keys: dict[str, Any] = {"epsilon": made.eps}
    keys |= {word: False for word, wanted in (("use_bias", made.shift), ("use_scale", made.scale)) if not wanted}
    if made.type == "batch":
        return module(own, "BatchNorm", features, arrays=NAMES, momentum=made.momentum, **keys)
    if made.type == "layer":
        return module(own, "LayerNorm", features, arrays=NAMES, **keys)
    groups = made.groups if made.type == "group" else features
    return module(own, "GroupNorm", features, groups, arrays=NAMES, **keys)
