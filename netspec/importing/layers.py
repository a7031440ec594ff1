"""A layer as it may be written: for each key, the values that say the same, the one to be preferred first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from netspec.importing.graph import Conv, Fc, Gate, Pool
from netspec.importing.same import covers
from netspec.importing.units import Unit
from netspec.importing.words import around, flow, paddings, single, times, usual_steps, word
from netspec.language.activations import Relu, Sigmoid
from netspec.language.kind import Shape
from netspec.language.norms import NORMS
from netspec.language.steps import AROUND

Values = tuple[Any, ...]
LEFT_OUT = None
"""Among the values of a key: that it may be left out."""
ANY = ...
"""Among the values of a key: that whatever stands there says the same."""
PLAIN: dict[str, Any] = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "norm": "none", "dropout": 0}
"""What the format takes where a key is left out, for keys of which this is the same everywhere."""
OF_FIRST = ("stride", "padding", "dilation", "groups")
"""The keys that `first` is used for: others make it another layer."""


class Unwritable(Exception):
    """The format has no value for what a layer does."""


@dataclass(slots=True)
class Layer:
    """A convolution, a pooling or a fully connected layer."""

    kind: str
    keys: dict[str, Values]
    steps: tuple[str, ...]
    """What runs, in this order."""
    read: Shape
    shape: Shape
    last: bool = False
    """Whether it gives the logits."""
    first: dict[str, Values] = field(default_factory=dict)
    """The keys in which the first repetition of its block is another."""
    copies: int = 1

    def like(self, other: Layer) -> bool:
        """Whether it is written alike."""
        return (
            self.keys == other.keys
            and self.steps == other.steps
            and self.first == other.first
            and self.last == other.last
        )

    def merged(self, later: Layer, *, second: bool) -> Layer | None:
        """The layer that is this one in the repetitions before, and `later` in the next; None where no layer is."""
        if self.kind != later.kind or self.steps != later.steps or self.keys.keys() != later.keys.keys():
            return None
        keys, first = dict[str, Values](), dict(self.first)
        for name, values in self.keys.items():
            both = common(values, later.keys[name])
            if not both and second and self.kind == "conv" and name in OF_FIRST:
                first[name], both = values, later.keys[name]
            if not both:
                return None
            keys[name] = both
        return Layer(self.kind, keys, self.steps, later.read, later.shape, later.last, first)


def conv(unit: Unit, gate: Unit | None, of_block: int) -> Layer:
    """A convolution with its gate, in a block that reads so many channels. Raises Unwritable."""
    assert unit.op is not None
    settings, read = unit.op.settings, unit.read[0]
    assert isinstance(settings, Conv)
    found = tuple(paddings(read, unit.shape, settings.kernel, settings.stride, settings.before, settings.dilation))
    if not found:
        raise Unwritable(_uneven(settings.before))
    depthwise = settings.groups == read[2] > 1
    multiple = times(settings.filters, of_block)
    keys: dict[str, Values] = {
        "filters": (
            *((LEFT_OUT,) if depthwise and settings.filters == read[2] else ()),
            settings.filters,
            *((multiple,) if multiple else ()),
        ),
        "kernel": (single(settings.kernel),),
        "stride": (single(settings.stride),),
        "padding": found,
        "dilation": (single(settings.dilation),),
        "groups": (("depthwise",) if depthwise else ()) + (settings.groups,),
        "bias": (settings.bias,),
        **_around(unit),
    }
    if gate is not None:
        keys["gate"] = _gates(gate, unit.shape[2], of_block)
    return Layer("conv", keys, unit.steps, read, unit.shape)


def _around(unit: Unit) -> dict[str, Values]:
    steps = around(unit.ops)
    return {step: (steps.get(step, 0 if step == "dropout" else "none"),) for step in AROUND}


def _gates(unit: Unit, channels: int, of_block: int) -> Values:
    assert unit.op is not None
    settings = unit.op.settings
    assert isinstance(settings, Gate)
    functions = {
        name: word(getattr(settings, name))
        for name, usual in (("activation", Relu()), ("gate", Sigmoid()))
        if getattr(settings, name) != usual
    }
    units, multiple = settings.units, times(settings.units, of_block)
    found: list[dict[str, Any]] = []
    if max(1, channels // 16) == units:
        found.append({})
    elif channels % units == 0:
        found.append({"reduction": channels // units})
    found += [{"units": units}, *([{"units": multiple}] if multiple else [])]
    return tuple(one | functions for one in found)


def pool(unit: Unit) -> Layer:
    """A pooling layer. Raises Unwritable."""
    assert unit.op is not None
    settings, read = unit.op.settings, unit.read[0]
    assert isinstance(settings, Pool)
    counts = settings.counted is not None
    keys: dict[str, Values] = {"type": (settings.type,)}
    found = tuple(paddings(read, unit.shape, settings.window, settings.stride, settings.before))
    if counts and settings.counted != settings.before:
        found = tuple(one for one in found if one == "same")
    whole = covers(settings, read, unit.shape)
    windows: Values = ((single(settings.window),) if found and not settings.whole else ()) + (("all",) if whole else ())
    if not windows:
        raise Unwritable(_uneven(settings.before))
    global_ = whole and (settings.type == "average" or windows == ("all",))
    keys["window"] = ("all",) if global_ else windows[:1]
    own = single(settings.stride)
    keys["stride"] = (ANY,) if global_ else (LEFT_OUT, own) if settings.stride == settings.window else (own,)
    keys["padding"] = (ANY,) if global_ else found
    keys["count_padding"] = (counts and not global_,)
    return Layer("pool", keys | _around(unit), unit.steps, read, unit.shape)


def fc(unit: Unit, last: bool) -> Layer:
    """A fully connected layer."""
    assert unit.op is not None
    settings = unit.op.settings
    assert isinstance(settings, Fc)
    keys: dict[str, Values] = {"units": (settings.units,), "bias": (settings.bias,), **_around(unit)}
    return Layer("fc", keys, unit.steps, unit.read[0], unit.shape, last)


def _uneven(before: tuple[int, int]) -> str:
    return f"its padding is not the same on both sides, and not `same`: it begins with {before[0]} rows and {before[1]} columns"


def bias_by_rule(layer: Layer, norm: Any) -> bool:
    """Whether a layer has a bias that says nothing of it: not where a norm that takes the mean away follows before the activation."""
    kind = norm["type"] if isinstance(norm, dict) else norm
    at = {step: layer.steps.index(step) for step in layer.steps}
    between = at[layer.kind] < at.get("activation", -1) < at.get("norm", -1)
    return not NORMS[kind].centred or between


def written(layer: Layer, defaults: dict[str, Any], activation: Any) -> dict[str, Any]:
    """What a person writes of a layer, where `defaults` and the activation of all layers say the rest."""
    found: dict[str, Any] = {}
    for name, values in layer.keys.items():
        usual = _usual(layer, name, defaults, activation)
        value = _chosen(values, usual, name in defaults)
        if value is not LEFT_OUT:
            found[name] = value
    given = tuple(defaults["order"]) if "order" in defaults else None
    if not usual_steps(layer.kind, layer.steps, given):
        found["order"] = list(layer.steps)
    if layer.first:
        found["first"] = {name: _preferred(values) for name, values in layer.first.items()}
    if layer.copies > 1:
        found["repeat"] = layer.copies
    return found


def _usual(layer: Layer, name: str, defaults: dict[str, Any], activation: Any) -> Any:
    """What holds where a key is left out; None where it must be written."""
    if name == "activation":
        return "none" if layer.last or layer.kind == "pool" else activation
    if name in defaults:
        return defaults[name]
    if name == "bias":
        return bias_by_rule(layer, layer.keys["norm"][0])
    if layer.kind == "pool" and name in ("stride", "count_padding"):
        return {"count_padding": False}.get(name)
    return PLAIN.get(name)


def _chosen(values: Values, usual: Any, by_default: bool) -> Any:
    """The value to write, or that none is."""
    if ANY in values or (LEFT_OUT in values and not by_default) or (usual is not None and usual in values):
        return LEFT_OUT
    return _preferred(values)


def common(one: Values, other: Values) -> Values:
    """The values that say both."""
    if ANY in one or ANY in other:
        return other if ANY in one else one
    return tuple(value for value in one if value in other)


def _preferred(values: Values) -> Any:
    return next(value for value in values if value is not LEFT_OUT and value is not ANY)


def short(layer: Layer, keys: dict[str, Any]) -> Any:
    """One value, where that stands for all that is written."""
    key = {"fc": "units", "pool": "type"}.get(layer.kind)
    if key is not None and set(keys) == {key}:
        return keys[key]
    return keys


def text(layer: Layer, defaults: dict[str, Any], activation: Any) -> str:
    """A layer in one line."""
    found = written(layer, defaults, activation)
    return flow(short(layer, found)) if found or layer.kind == "conv" else layer.keys["type"][0]
