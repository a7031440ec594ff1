"""What a join makes of its block: a shortcut over it, or branches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netspec.importing.drafts import SAME, Bridge, Draft
from netspec.importing.layers import Unwritable, bias_by_rule, conv
from netspec.importing.regions import Item
from netspec.importing.units import Unit
from netspec.importing.words import around, single, usual_steps
from netspec.language.fields import Pair
from netspec.language.kind import Shape

Sequence = Callable[[list[Item]], list[Draft]]
"""What makes blocks of items that stand one behind the other."""


def joined(item: Item, sequence: Sequence) -> Draft:
    """The block of a join. Raises Unwritable."""
    bridged = _bridged(item, sequence)
    if bridged is not None:
        return bridged
    if item.unit.drop is not None:
        raise Unwritable("stochastic depth stands on an arm that no shortcut bridges")
    return Draft(branches=[_arm(arm, sequence) for arm in item.arms], join=item.kind, after=_after(item))


def _arm(arm: list[Item], sequence: Sequence) -> list[Draft]:
    if any(item.unit.led for item in arm):
        raise Unwritable("it reads what the norm before another convolution gives, and is no projection of a shortcut")
    return sequence(arm)


def _after(item: Item) -> dict[str, Any]:
    return around(item.unit.following)


def _bridged(item: Item, sequence: Sequence) -> Draft | None:
    """The block with a shortcut, where one of two arms can be that."""
    if len(item.arms) != 2 or item.unit.op is None:
        return None
    drop = item.unit.drop
    places = (0,) if item.kind == "concat" else (0, 1) if drop is None else (1 - drop[0],)
    found = [
        place for place in places if item.arms[1 - place] and not any(one.unit.led for one in item.arms[1 - place])
    ]
    kinds = [[one.kind for one in arm] for arm in item.arms]
    found.sort(key=lambda place: (len(kinds[place]), kinds[place] != ["projection"]))
    for place in found:
        made = _with_bridge(item, item.arms[place], item.arms[1 - place], drop[1] if drop else 0.0, sequence)
        if made is not None:
            return made
    return None


def _with_bridge(item: Item, arm: list[Item], main: list[Item], drop: float, sequence: Sequence) -> Draft | None:
    if len(arm) > 1 or (arm and (arm[0].gate or arm[0].kind not in ("conv", "projection"))):
        return None
    if arm and (arm[0].kind == "conv") and item.kind == "concat":
        return None
    body = body_of(main, sequence)
    shape = main[-1].unit.shape
    target = item.read[2:] == shape[2:] or item.kind == "concat"
    alike = item.read[:2] == shape[:2] and target
    if not arm:
        projection = SAME if alike else None
    elif alike:
        projection = None
    elif arm[0].kind == "projection":
        projection = _bare(arm[0].unit, main, item.read, body)
    else:
        projection = _projection(arm[0].unit, main, item.read, body)
    if projection is None:
        return None
    body.shortcut = Bridge(item.kind, projection, (drop,))
    body.after = _after(item)
    return body


def body_of(main: list[Item], sequence: Sequence) -> Draft:
    """What a shortcut bridges: convolutions, branches or a group."""
    if all(item.kind == "conv" for item in main):
        return Draft(convs=[conv(item.unit, item.gate, main[0].read[2]) for item in main])
    blocks = sequence(main)
    only = blocks[0]
    plain = only.branches is not None and not only.after and not only.shortcut and not only.pool and only.repeat == 1
    return only if len(blocks) == 1 and plain else Draft(group=blocks)


def _bare(unit: Unit, main: list[Item], read: Shape, body: Draft) -> str | None:
    """`pool` or `slice`, where the block's stride is that of the projection."""
    settings: Any = unit.op.settings if unit.op else None
    return settings.way if settings.stride == _stride(main, read, body, settings.way == "pool") else None


def _stride(main: list[Item], read: Shape, body: Draft, averaged: bool = False) -> Pair:
    """The stride of a block, as the format defines it."""
    rows, columns = 1, 1
    if body.convs:
        for item in main:
            settings: Any = item.unit.op.settings if item.unit.op else None
            rows, columns = rows * settings.stride[0], columns * settings.stride[1]
        return rows, columns
    shape = main[-1].unit.shape
    return _quotient(read[0], shape[0], averaged), _quotient(read[1], shape[1], averaged)


def _quotient(size: int, to: int, averaged: bool) -> int:
    down = max(1, size // to)
    return down if averaged and size // down == to else max(1, -(-size // to))


def _projection(unit: Unit, main: list[Item], read: Shape, body: Draft) -> Any:
    """`conv`, or a mapping of what is other than usual; None where the format has no such shortcut."""
    first, convs = main[0], _convs(main)
    leads = bool(body.convs) and bool(first.unit.leading)
    if unit.led != leads or not convs:
        return None
    layer = conv(unit, None, read[2])
    last = convs[-1].unit
    like: Any = last.op.settings if last.op else None
    norm = around([op for op in last.following if op.step == "norm"]).get("norm", "none")
    stride = single(_stride(main, read, body))
    usual = {"filters": main[-1].unit.shape[2], "kernel": 1, "stride": stride, "norm": norm}
    usual |= {"padding": 0, "dilation": 1, "groups": 1, "activation": "none", "dropout": 0}
    asked: dict[str, Any] = {}
    for name, values in layer.keys.items():
        if name in usual and usual[name] not in values:
            asked[name] = next(value for value in values if value is not None)
    bias = bias_by_rule(layer, asked["norm"]) if "norm" in asked else like.bias
    if layer.keys["bias"] != (bias,):
        asked["bias"] = layer.keys["bias"][0]
    if not usual_steps("conv", layer.steps):
        asked["order"] = list(layer.steps)
    return asked or "conv"


def _convs(items: list[Item]) -> list[Item]:
    """The convolutions of a block in the order they run."""
    found = []
    for item in items:
        found += [one for arm in item.arms for one in _convs(arm)] + ([item] if item.kind == "conv" else [])
    return found
