"""Two specs beside each other: which layers are the same, which are other ones, and what each costs."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property

from netspec.analysis.plan import Plan, PlannedLayer
from netspec.language.fields import key_of_field
from netspec.language.plain import Change
from netspec.language.usual import said

SECTIONS = ("input", "data", "train", "budget")
WRITTEN = ("name", "repeat", "first")
"""Settings that say how layers are written, not what one of them does."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A layer of the old network and what has become of it; one of them is None where a layer was added or removed."""

    old: PlannedLayer | None
    new: PlannedLayer | None
    changes: tuple[Change, ...] = ()
    """The settings that differ, and what it reads where that is another layer."""

    @property
    def layer(self) -> PlannedLayer:
        """The new one, or the one that was removed."""
        layer = self.new or self.old
        assert layer is not None, "a pair has a layer"
        return layer

    @property
    def change(self) -> str:
        """`added`, `removed`, `changed` (in its settings, in what it reads or gives), or `same`; its name may be another."""
        if self.old is None or self.new is None:
            return "added" if self.old is None else "removed"
        return "changed" if self.changes or self.reshaped else "same"

    @property
    def reshaped(self) -> bool:
        """Whether it reads or gives another shape than before; of one that was added or removed, no."""
        return len({(layer.inputs, layer.output) for layer in (self.old, self.new) if layer is not None}) > 1


@dataclass(frozen=True, slots=True)
class Shared:
    """Changes that several layers have alike, such as those of one line in `defaults`."""

    changes: tuple[Change, ...]
    pairs: tuple[Pair, ...]
    """The layers that they reach."""


@dataclass(frozen=True)
class Comparison:
    """What has changed between two networks."""

    old: Plan
    new: Plan
    pairs: tuple[Pair, ...]
    """Every layer of both, in order."""
    changes: tuple[Change, ...]
    """The settings that are of no layer: `input`, `data`, `train` and `budget`, by their dotted keys."""

    @property
    def same(self) -> bool:
        """Whether both compute, cost and learn the same; names and descriptions may differ."""
        return not self.changes and all(pair.change == "same" for pair in self.pairs)

    @cached_property
    def shared(self) -> tuple[Shared, ...]:
        """The changes that more than one layer has; those that reach the same layers stand together."""
        found: dict[str, tuple[Change, list[int]]] = {}
        for place, pair in enumerate(self.pairs):
            for change in pair.changes:
                found.setdefault(repr(change), (change, []))[1].append(place)  # its words may cut a value
        together: dict[tuple[int, ...], list[Change]] = {}
        for change, places in found.values():
            if len(places) > 1:
                together.setdefault(tuple(places), []).append(change)
        return tuple(Shared(tuple(changes), tuple(self.pairs[n] for n in at)) for at, changes in together.items())

    @cached_property
    def _alike(self) -> frozenset[str]:
        return frozenset(repr(change) for shared in self.shared for change in shared.changes)

    def own(self, pair: Pair) -> tuple[Change, ...]:
        """The changes of a layer that no other has."""
        return tuple(change for change in pair.changes if repr(change) not in self._alike)


def compare(old: Plan, new: Plan) -> Comparison:
    """Pairs the layers of two plans, those that are alike first, and lists what differs."""
    pairs = [*_aligned(old.layers, new.layers)]
    partner = {pair.new.value: pair.old.value for pair in pairs if pair.old and pair.new} | {0: 0}

    def found(pair: Pair) -> Pair:
        if pair.old is None or pair.new is None:
            return pair
        settings = _differing(pair.old.settings, pair.new.settings, "")
        return replace(pair, changes=(*settings, *_reading(old, pair.old, new, pair.new, partner)))

    return Comparison(old, new, tuple(map(found, pairs)), tuple(_sections(old, new)))


def _aligned(old: Sequence[PlannedLayer], new: Sequence[PlannedLayer]) -> Iterator[Pair]:
    """Layers that say the same are pairs; of those between them, the ones of a kind and name; then those of a kind."""
    likeness = {id(layer): _said(layer) for layer in (*old, *new)}
    most = min(len(old), len(new))

    def alike(at: int) -> bool:
        return likeness[id(old[at])] == likeness[id(new[at])]

    start = next((at for at in range(most) if not alike(at)), most)
    end = next((at for at in range(most - start) if not alike(-1 - at)), most - start)
    likenesses = (lambda layer: likeness[id(layer)], lambda layer: (layer.kind, layer.name), lambda layer: layer.kind)
    yield from map(Pair, old[:start], new[:start])
    yield from _paired(old[start : len(old) - end], new[start : len(new) - end], likenesses)
    yield from map(Pair, old[len(old) - end :], new[len(new) - end :])


def _paired(
    old: Sequence[PlannedLayer],
    new: Sequence[PlannedLayer],
    likenesses: Sequence[Callable[[PlannedLayer], object]],
) -> Iterator[Pair]:
    if not (likenesses and old and new):
        yield from (Pair(layer, None) for layer in old)
        yield from (Pair(None, layer) for layer in new)
        return
    likeness, *others = likenesses
    matcher = SequenceMatcher(None, [*map(likeness, old)], [*map(likeness, new)], autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            yield from map(Pair, old[a:b], new[c:d])
        else:
            yield from _paired(old[a:b], new[c:d], others)


def _said(layer: PlannedLayer) -> tuple[object, ...]:
    """What is said of a layer, and how far back it reads, as a key."""
    facts = {key: value for key, value in said(layer.settings).items() if key not in WRITTEN}
    return layer.kind, json.dumps(facts, sort_keys=True), _distances(layer)


def _distances(layer: PlannedLayer) -> tuple[int, ...]:
    return tuple(layer.value - value for value in layer.reads)


def _reading(
    old: Plan, before: PlannedLayer, new: Plan, after: PlannedLayer, partner: Mapping[int, int]
) -> Iterator[Change]:
    """Where a layer reads the results of others: neither what stands as far before it nor what has become of the same layers."""
    if _distances(before) != _distances(after) and before.reads != tuple(map(partner.get, after.reads)):
        yield Change("reads", [*map(old.named, before.reads)], [*map(new.named, after.reads)])


def _sections(old: Plan, new: Plan) -> Iterator[Change]:
    """What differs beside the layers."""
    for name in SECTIONS:
        before, after = (getattr(plan.spec, name) for plan in (old, new))
        yield from _differing(before.value, after.value, f"{name}.")


def _differing(old: object, new: object, path: str) -> Iterator[Change]:
    """Where two typed values differ, by dotted keys: field by field where they are of one type. `path` ends in a dot."""
    if dataclasses.is_dataclass(old) and type(old) is type(new):
        for field in dataclasses.fields(old):
            if field.name not in WRITTEN:
                yield from _differing(
                    getattr(old, field.name), getattr(new, field.name), f"{path}{key_of_field(field.name)}."
                )
    elif old != new:
        yield Change(path.removesuffix("."), said(old), said(new))
