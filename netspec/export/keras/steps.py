"""Norms, activations and dropout in the words of Keras. `{0}` stands for what a function, other than a layer, takes."""

from __future__ import annotations

from typing import Any

from netspec.analysis.plan import PlannedLayer
from netspec.export.code.part import Part, Place, Raw, called
from netspec.export.unsupported import Unsupported
from netspec.language.kind import Shape

TARGET = "Keras"
ACTIVATIONS = {
    "none": "linear",
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
"""What a norm calls its arrays."""


def step(layer: PlannedLayer, name: str, shape: Shape, place: Place) -> Part:
    """A step of a layer on a value of this shape. Raises Unsupported."""
    settings: Any = layer.settings
    if name == "norm":
        return norm(layer.name, settings.norm, f"{place.name}_norm")
    if name == "activation":
        return activation(settings.activation, shape, f"{place.name}_activation")
    spatial = settings.dropout.type == "spatial" and len(shape) > 1
    return Part(called(f"layers.{'SpatialDropout2D' if spatial else 'Dropout'}", settings.dropout.rate))


def activation(made: Any, shape: Shape, own: str) -> Part:
    """An activation of a value; `own` names its layer where it trains."""
    match made.type:
        case "relu":
            return Part("layers.ReLU()")
        case "relu6":
            return Part("layers.ReLU(6)")
        case "leaky_relu":
            return Part(called("layers.LeakyReLU", made.slope))
        case "elu":
            return Part(called("layers.ELU", *([] if made.alpha == 1 else [made.alpha])))
        case "gelu":
            return Part(f"ops.gelu({{0}}, approximate={bool(made.approximate)})")
        case "prelu":
            shared = {"shared_axes": [1, 2]} if len(shape) > 1 else {}
            return Part(called("layers.PReLU", **shared, name=quoted(own)), {"slope": f"{own}/alpha"})
    return Part(called("layers.Activation", quoted(ACTIVATIONS[made.type])))


def norm(layer: str, made: Any, own: str) -> Part:
    """A norm, whose layer is called `own`. Raises Unsupported."""
    if made.type == "local_response":
        raise Unsupported("local response norm", TARGET, layer)
    keys: dict[str, Any] = {"epsilon": made.eps}
    keys |= {word: False for word, wanted in (("center", made.shift), ("scale", made.scale)) if not wanted}
    arrays = {
        name: f"{own}/{word}" for name, word in NAMES.items() if name in {**made.parameters(1), **made.statistics(1)}
    }
    if made.type == "batch":
        kind, keys = "BatchNormalization", {"momentum": made.momentum} | keys
    elif made.type == "layer":
        kind = "LayerNormalization"
    else:
        kind, keys = "GroupNormalization", {"groups": made.groups if made.type == "group" else -1} | keys
    return Part(called(f"layers.{kind}", **keys, name=quoted(own)), arrays)


def quoted(text: str) -> Raw:
    """A string as formatters write it."""
    return Raw(f'"{text}"')
