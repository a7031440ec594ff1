"""Norms, activations and dropout in the words of Keras."""

from __future__ import annotations

from typing import Any

from netspec.analysis.plan import PlannedLayer
from netspec.export.code.part import Place
from netspec.export.keras.layer import Layer
from netspec.export.unsupported import Unsupported
from netspec.language.kind import Shape

TARGET = "Keras"
NN = "keras.src.ops.nn"
"""Where Keras says in what it saves that operations are."""
ACTIVATIONS = {
    "none": "linear",
    "gelu": "gelu",
    "silu": "silu",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "softplus": "softplus",
    "hard_swish": "hard_silu",
    "hard_sigmoid": "hard_sigmoid",
    "mish": "mish",
    "selu": "selu",
}
"""Those that Keras knows by name."""
NAMES = {"scale": "gamma", "shift": "beta", "mean": "moving_mean", "variance": "moving_variance"}
"""What a norm calls its arrays, of which it may lack some."""


def step(layer: PlannedLayer, name: str, shape: Shape, place: Place) -> Layer:
    """A step of a layer on a value of this shape. Raises Unsupported."""
    settings: Any = layer.settings
    if name == "norm":
        return norm(layer.name, settings.norm, f"{place.name}_norm")
    if name == "activation":
        return activation(settings.activation, shape, f"{place.name}_activation")
    spatial = settings.dropout.type == "spatial" and len(shape) > 1
    return Layer("SpatialDropout2D" if spatial else "Dropout", {"rate": settings.dropout.rate}, 1)


def activation(made: Any, shape: Shape, own: str) -> Layer:
    """An activation of a value; `own` names its layer where it trains."""
    match made.type:
        case "relu":
            return Layer("ReLU")
        case "relu6":
            return Layer("ReLU", {"max_value": 6}, 1)
        case "leaky_relu":
            return Layer("LeakyReLU", {"negative_slope": made.slope}, 1)
        case "elu":
            return Layer("ELU", {} if made.alpha == 1 else {"alpha": made.alpha}, 1)
        case "gelu" if made.approximate:
            return Layer("Gelu", {"approximate": True}, module=NN, operation="ops.gelu({0}, approximate=True)")
        case "prelu":
            return Layer("PReLU", {"shared_axes": [1, 2]} if len(shape) > 1 else {}, 0, own, {"slope": "alpha"})
    return Layer("Activation", {"activation": ACTIVATIONS[made.type]}, 1)


def norm(layer: str, made: Any, own: str) -> Layer:
    """A norm, whose layer is called `own`. Raises Unsupported."""
    if made.type == "local_response":
        raise Unsupported("local response norm", TARGET, layer)
    keys: dict[str, Any] = {"epsilon": made.eps}
    keys |= {word: False for word, wanted in (("center", made.shift), ("scale", made.scale)) if not wanted}
    if made.type == "batch":
        return Layer("BatchNormalization", {"momentum": made.momentum} | keys, 0, own, NAMES)
    if made.type == "layer":
        return Layer("LayerNormalization", keys, 0, own, NAMES)
    groups = made.groups if made.type == "group" else -1
    return Layer("GroupNormalization", {"groups": groups} | keys, 0, own, NAMES)
