"""The functions of Keras: by a name, or as a layer that stands in another."""

from __future__ import annotations

from typing import Any

from netspec.importing.building import Wire
from netspec.importing.sources.keras_layers import Layer, Tensor
from netspec.language.activations import (
    ACTIVATIONS,
    Activation,
    Elu,
    Gelu,
    HardSwish,
    LeakyRelu,
    NoActivation,
    Relu,
    Relu6,
    Silu,
)

FUNCTIONS: dict[str, Activation] = {
    **{name: ACTIVATIONS[name]() for name in ("relu", "elu", "selu", "sigmoid", "tanh", "softplus", "relu6", "mish")},
    **{name: ACTIVATIONS["hard_sigmoid"]() for name in ("hard_sigmoid",)},
    **dict.fromkeys(("silu", "swish"), Silu()),
    **dict.fromkeys(("hard_silu", "hard_swish"), HardSwish()),
    "linear": NoActivation(),
    "gelu": Gelu(approximate=False),
    "leaky_relu": LeakyRelu(slope=0.2),
}
LAYERS = ("ReLU", "LeakyReLU", "ELU", "Softmax")
"""The layers without weights that are functions."""


def is_own(whole: dict[str, Any]) -> bool:
    """Whether a class is its author's."""
    module, registered = whole.get("module"), whole.get("registered_name")
    own = (None, "", whole.get("class_name"))  # an operation of Keras is registered by its name alone
    return registered not in own or (module is not None and not str(module).startswith("keras"))


def activated(layer: Layer, wire: Wire, key: str = "activation") -> Tensor:
    """Behind a layer, the function that stands in it."""
    value = layer.get(key)
    if isinstance(value, dict) and not isinstance(value.get("config"), str):
        kind, config = str(value.get("class_name")), value.get("config")
        if kind in LAYERS and isinstance(config, dict) and not is_own(value):
            return function(layer, wire, kind, config)
        layer.unsaid(f"the activation `{kind}` is none that the format has")
        return Tensor(wire)
    name = "linear" if value is None else str(value["config"] if isinstance(value, dict) else value)
    if name == "softmax":
        return _ended(layer, wire, {})
    if name == "hard_sigmoid" and layer.old:
        layer.unsaid("the hard sigmoid of Keras 2, of slope 0.2; the format's is 1/6")
    activation = FUNCTIONS.get(name)
    if activation is None:
        layer.unsaid(f"the activation `{name}` is none that the format has")
        return Tensor(wire)
    return Tensor(layer.building.step(wire, activation, layer.origin))


def function(layer: Layer, wire: Wire, kind: str, config: dict[str, Any]) -> Tensor:
    """What one of LAYERS makes of a value."""
    if kind == "Softmax":
        return _ended(layer, wire, config)
    if kind == "ELU":
        activation: Activation = Elu(alpha=_number(config, 1.0, "alpha"))
    elif kind == "LeakyReLU":
        activation = LeakyRelu(slope=_number(config, 0.3, "negative_slope", "alpha"))
    else:
        activation = _relu(layer, config)
    if any(number < 0 for number in activation.arguments.values()):
        layer.unsaid(f"{activation.described()}: the format's numbers are not negative")
    return Tensor(layer.building.step(wire, activation, layer.origin))


def _relu(layer: Layer, config: dict[str, Any]) -> Activation:
    most, least, slope = (
        config.get("max_value"),
        _number(config, 0.0, "threshold"),
        _number(config, 0.0, "negative_slope"),
    )
    if least or most not in (None, 6) or (most is not None and slope):
        layer.unsaid(
            f"a relu with threshold {least:g}, slope {slope:g} and largest value {most}; the format has `relu` and `relu6`"
        )
    return Relu6() if most is not None else LeakyRelu(slope=slope) if slope else Relu()


def _number(config: dict[str, Any], usual: float, *names: str) -> float:
    return next((float(config[name]) for name in names if config.get(name) is not None), usual)


def _ended(layer: Layer, wire: Wire, config: dict[str, Any]) -> Tensor:
    axis = config.get("axis", -1)
    if axis not in (-1, [-1]):
        layer.unsaid(f"a softmax along the axis {axis}; the format has the channels")
    layer.building.note("softmax: the loss of the training has it")
    return Tensor(wire, ended=True)
