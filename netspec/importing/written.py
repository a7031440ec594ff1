"""Blocks as YAML: what stands in them, and how it is laid out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from netspec.importing.drafts import Draft
from netspec.importing.layers import Layer, short, written
from netspec.importing.words import flow

WIDTH = 118
"""Characters in a line."""


@dataclass(frozen=True, slots=True)
class Manner:
    """What stands in `defaults`."""

    defaults: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By kind of layer."""
    activation: Any = "relu"
    """That of all layers."""
    known: dict[int, tuple[Layer, dict[str, Any], int]] = field(default_factory=dict, compare=False, repr=False)
    """What was written of a layer, and its characters, by the layer's identity."""

    def data(self) -> dict[str, Any]:
        """The section `defaults`."""
        own = {"activation": self.activation} if self.activation != "relu" else {}
        return own | {kind: keys for kind, keys in self.defaults.items() if keys}

    def layer(self, layer: Layer) -> dict[str, Any]:
        """What is written of a layer; its owner may change it."""
        return dict(self.measured(layer)[0])

    def measured(self, layer: Layer) -> tuple[dict[str, Any], int]:
        """What is written of a layer, to be read alone, and how many characters that is."""
        if id(layer) not in self.known:
            keys = written(layer, self.defaults.get(layer.kind, {}), self.activation)
            self.known[id(layer)] = layer, keys, len(flow(keys))
        return self.known[id(layer)][1:]


MULTIPLE = 60
"""What a multiple of channels costs besides, where no shortcut makes it the usual thing: numbers say more."""


def cost(draft: Draft, manner: Manner) -> float:
    """What a block costs a reader: its characters, and what must be worked out."""
    return _characters(draft, manner) + MULTIPLE * _multiples(draft)


REPEAT = len("repeat: 2, ")
AROUND = len("{conv: [], }")


def _characters(draft: Draft, manner: Manner) -> int:
    """Characters of a block in one line."""
    total, before = AROUND + REPEAT * (draft.repeat > 1), None
    for layer in draft.convs:
        keys, length = manner.measured(layer)
        if keys != before or "first" in keys:
            total += length + 2
        before = keys
    nested = [*(draft.branches or ()), *([draft.group] if draft.group is not None else [])]
    total += sum(_characters(one, manner) + 2 for drafts in nested for one in drafts) + AROUND * len(nested)
    total += len(flow(draft.shortcut.written())) + len("shortcut: , ") if draft.shortcut is not None else 0
    total += len(flow(draft.after)) if draft.after else 0
    return total + (manner.measured(draft.pool)[1] + len("pool: , ") if draft.pool is not None else 0)


def _multiples(draft: Draft) -> int:
    """How many layers have their filters as a multiple."""
    if draft.shortcut is not None:
        return 0
    nested = [one for branch in draft.branches or () for one in branch] + (draft.group or [])
    only = (layer for layer in draft.convs if all(isinstance(value, str) for value in layer.keys["filters"]))
    return sum(1 for _ in only) + sum(map(_multiples, nested))


def layers(found: list[Layer], manner: Manner) -> list[Any]:
    """A list of layers; equal ones in a row are one with `repeat`."""
    made: list[dict[str, Any]] = []
    kinds = [layer.kind for layer in found]
    for layer in found:
        keys = manner.layer(layer)
        copies = made[-1].pop("repeat", 1) if made else 0
        if made and made[-1] == keys and "first" not in keys:
            made[-1]["repeat"] = copies + 1
        else:
            if copies > 1:
                made[-1]["repeat"] = copies
            made.append(keys)
    return [_short(kind, keys) for kind, keys in zip(kinds, made, strict=False)]


def _short(kind: str, keys: dict[str, Any]) -> Any:
    return keys["units"] if kind == "fc" and set(keys) == {"units"} else keys


def block(draft: Draft, manner: Manner) -> dict[str, Any]:
    """A block as a mapping."""
    found: dict[str, Any] = {}
    if draft.repeat > 1:
        found["repeat"] = draft.repeat
    if draft.convs:
        convs = layers(draft.convs, manner)
        found["conv"] = convs[0] if len(convs) == 1 else convs
    if draft.branches is not None:
        found["branches"] = [branch(one, manner) for one in draft.branches]
        found["join"] = draft.join
    if draft.group is not None:
        found["blocks"] = [block(one, manner) for one in draft.group]
    if draft.shortcut is not None:
        found["shortcut"] = draft.shortcut.written()
    found |= {step: draft.after[step] for step in ("norm", "activation", "dropout") if step in draft.after}
    if draft.pool is not None:
        keys = manner.layer(draft.pool)
        found["pool"] = short(draft.pool, keys) if keys else draft.pool.keys["type"][0]
    return found


def branch(drafts: list[Draft], manner: Manner) -> Any:
    """A branch: one block, or a list."""
    found = [block(draft, manner) for draft in drafts]
    return found[0] if len(found) == 1 else found


def lines(value: Any, key: str, indent: int) -> list[str]:
    """A key with its value, in one line where it fits, else nested."""
    pad = " " * indent
    one = f"{pad}{key}: {flow(value)}"
    if not isinstance(value, dict | list) or len(one) <= WIDTH or not value:
        return [one]
    if isinstance(value, dict):
        return [f"{pad}{key}:", *(line for name, below in value.items() for line in lines(below, name, indent + 2))]
    return [f"{pad}{key}:", *(line for below in value for line in item(below, indent + 2))]


def item(value: Any, indent: int) -> list[str]:
    """An item of a list."""
    pad = " " * indent
    one = f"{pad}- {flow(value)}"
    if not isinstance(value, dict | list) or len(one) <= WIDTH or not value:
        return [one]
    if isinstance(value, dict):
        return blocked(value, indent)
    found = [line for below in value for line in item(below, indent + 2)]
    return [f"{pad}- {found[0].lstrip()}", *found[1:]]


def blocked(value: dict[str, Any], indent: int) -> list[str]:
    """A mapping as an item, a key a line."""
    found = [line for name, below in value.items() for line in lines(below, name, indent + 2)]
    return [f"{' ' * indent}- {found[0].lstrip()}", *found[1:]]
