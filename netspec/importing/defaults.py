"""What stands in `defaults`: the values that make all layers together shortest to write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from netspec.importing.layers import ANY, LEFT_OUT, PLAIN, Layer
from netspec.importing.words import flow
from netspec.importing.written import Manner

TOGETHER: dict[str, tuple[tuple[str, ...], ...]] = {
    "conv": (("kernel", "padding"), ("norm",), ("bias",), ("order",), ("dropout",), ("kernel", "padding")),
    "pool": (("type", "window", "stride", "padding"), ("type", "window", "stride"), ("type", "window"), ("type",)),
    "fc": (("norm",), ("bias",), ("dropout",), ("order",)),
}
"""Keys that are chosen together, in the order in which they are."""
MOST = 8
"""How many values are tried for each."""


def chosen(layers: list[Layer]) -> Manner:
    """The defaults of a network."""
    manner = Manner()
    manner = _best([manner, *(Manner(activation=value) for value in _activations(layers))], layers)
    for kind, choices in TOGETHER.items():
        own = [layer for layer in layers if layer.kind == kind]
        for names in choices if len(own) > 1 else ():
            now = manner.defaults.get(kind, {})
            tries = [{name: value for name, value in now.items() if name not in names}]
            tries += [tries[0] | values for values in _values(own, names)]
            found = [Manner(manner.defaults | {kind: one}, manner.activation) for one in (now, *tries)]
            manner = _best(found, own)
    return Manner({kind: _in_order(keys) for kind, keys in manner.defaults.items()}, manner.activation)


def _best(manners: Iterable[Manner], layers: list[Layer]) -> Manner:
    return min(manners, key=lambda manner: _cost(manner, layers))


def _cost(manner: Manner, layers: list[Layer]) -> int:
    """Characters of all layers as the manner writes them, and of the defaults."""
    words = {kind: keys for kind, keys in manner.data().items() if keys}
    return sum(len(flow(manner.layer(layer))) for layer in layers) + (len(flow(words)) if words else 0)


def _activations(layers: list[Layer]) -> list[Any]:
    found = [flow(layer.keys["activation"][0]) for layer in layers if layer.kind != "pool" and not layer.last]
    by_text = {flow(layer.keys["activation"][0]): layer.keys["activation"][0] for layer in layers}
    return [by_text[text] for text, _ in Counter(found).most_common(3)]


def _values(layers: list[Layer], names: tuple[str, ...]) -> list[dict[str, Any]]:
    """The values that occur for some keys together."""
    found: Counter[str] = Counter()
    by_text: dict[str, dict[str, Any]] = {}
    for layer in layers:
        for values in _combined(layer, names):
            values = {name: value for name, value in values.items() if value != PLAIN.get(name) or _told(layer, name)}
            text = flow(values)
            found[text] += 1
            by_text[text] = values
    return [by_text[text] for text, _ in found.most_common(MOST)]


def _told(layer: Layer, name: str) -> bool:
    """Whether the key has another default in this kind of layer."""
    return layer.kind == "pool" and name == "stride"


def _combined(layer: Layer, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """What a layer may have for the keys: the same values may be said in several ways."""
    found: list[dict[str, Any]] = [{}]
    for name in names:
        if name == "order":
            values: tuple[Any, ...] = (list(layer.steps),)
        else:
            values = tuple(value for value in layer.keys[name] if value is not LEFT_OUT and value is not ANY)
            values = () if LEFT_OUT in layer.keys[name] or ANY in layer.keys[name] else values
        found = [one | {name: value} for one in found for value in values] or found
    return found


def _in_order(keys: dict[str, Any]) -> dict[str, Any]:
    order = ("type", "window", "kernel", "stride", "padding", "bias", "norm", "dropout", "order")
    return {name: keys[name] for name in order if name in keys}
