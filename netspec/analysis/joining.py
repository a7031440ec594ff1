"""The passes that find what is said of shortcuts and branches, and can hardly be meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import replace
from typing import Any

from netspec.analysis.causes import JoinedTwice, NeedlessProjection
from netspec.analysis.plan import PlannedLayer
from netspec.analysis.shapes import Shapes
from netspec.diagnostics.diagnostic import Diagnostic, Label
from netspec.language.kind import dimensions
from netspec.language.spec import Spec
from netspec.language.weighted import Weighted
from netspec.text.nodes import Sequence, plain, walk
from netspec.text.source import Span

MADE = {"conv", "projection"}
"""The kinds of layers that `projection` asks for."""
NONE = ("none", "skip")
"""The values of `projection` that ask for no layer: they say what holds where the shapes differ."""

Readers = dict[int, list[PlannedLayer]]


def projections(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS276: a projection that is asked for stands in some block; not told where the same is asked of a shortcut that has it, for
    then it is how all are written."""
    if not shapes.complete:
        return
    places: dict[Span, list[PlannedLayer]] = defaultdict(list)
    for planned in shapes.layers:
        if planned.layer.added and "shortcut.projection" in planned.layer.places:
            places[planned.layer.at("shortcut.projection")].append(planned)
    made = [_asked(added[0]) for added in places.values() if MADE & {each.kind for each in added}]
    for place, added in places.items():
        join = next((each for each in added if _key(each) == "shortcut"), None)
        if join is None or _asked(join) in (*NONE, *made):
            continue
        read, given = join.inputs
        alike = dimensions(read if read == given else read[:-1])
        yield Diagnostic(
            "NS276",
            f"`{join.name}` has no projection: what the block reads and what its layers give are both {alike}",
            spec.source,
            place,
            layer=join.name,
            notes=("a projection stands on a shortcut where the shapes differ, and nowhere else",),
            help="remove `projection`",
            cause=NeedlessProjection(join.value - 1),
            severity="warning",
        )


def _key(planned: PlannedLayer) -> str | None:
    """The key that asks for a join; None for other layers."""
    return getattr(planned.settings, "key", None)


def _asked(added: PlannedLayer) -> object:
    """What stands at `projection` of a block."""
    node = walk(added.layer.groups[-1].node, ("shortcut", "projection"))
    return None if node is None else plain(node)


def twice(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS277: nothing is added to itself, nor concatenated with itself where what follows sums over all channels."""
    if not shapes.complete:
        return
    first, known, readers, told = [0], dict[Hashable, int](), Readers(), set[Span]()
    for planned in shapes.layers:
        first.append(_first_alike(planned, tuple(first[value] for value in planned.reads), known))
        for value in planned.reads:
            readers.setdefault(value, []).append(planned)
    for planned in shapes.layers:
        key, reads = _key(planned), [first[value] for value in planned.reads]
        again = tuple(n for n, value in enumerate(reads) if value in reads[:n])
        is_empty = key == "shortcut" and len({*planned.reads}) == 1  # a group of no blocks, which is an error
        if not again or key is None or is_empty or (planned.kind == "concat" and not _is_summed(planned, readers)):
            continue
        finding = _joined_twice(spec, planned, key, reads.index(reads[again[0]]), again)
        if finding.span not in told:
            told.add(finding.span)
            yield finding


def _first_alike(planned: PlannedLayer, reads: tuple[int, ...], known: dict[Hashable, int]) -> int:
    """The first value that is the same, whatever the image is; `known` has those before, by what makes them.

    Layers without weights and chance that are alike give the same of the same; a join of one map is that map.
    """
    settings: Any = planned.settings
    if not _is_fixed(planned):
        return planned.value
    if _key(planned) is not None and len(reads) == len(settings.steps) == 1:
        return reads[0]
    return known.setdefault((replace(settings, name=None), reads), planned.value)


def _is_fixed(planned: PlannedLayer) -> bool:
    """Whether a layer has neither weights nor chance."""
    settings: Any = planned.settings
    chance = getattr(settings, "dropout", False) or getattr(settings, "drop", 0)
    return not isinstance(settings, Weighted) and not planned.parameters and not chance


def _is_summed(planned: PlannedLayer, readers: Readers) -> bool:
    """Whether each channel of a map comes to weights that are summed over all: then two alike do what one does."""
    while _is_fixed(planned):
        behind = readers.get(planned.value, [])
        if len(behind) != 1 or len(behind[0].reads) > 1 or isinstance(behind[0].settings, Weighted):
            return all(_sums(each) for each in behind)
        planned = behind[0]
    return False


def _sums(planned: PlannedLayer) -> bool:
    settings = planned.settings
    return isinstance(settings, Weighted) and not settings.leading and getattr(settings, "groups", 1) == 1


def _joined_twice(spec: Spec, planned: PlannedLayer, key: str, there: int, again: tuple[int, ...]) -> Diagnostic:
    does = "adds the same map twice" if planned.kind == "add" else "has the same channels twice"
    branches = walk(planned.layer.groups[-1].node, ("branches",))
    at, labels = planned.layer.span, tuple[Label, ...]()
    why, help = "the block gives what it reads", "remove `shortcut`"
    if key == "join" and isinstance(branches, Sequence):
        at, labels = branches.items[again[0]].span, (Label(branches.items[there].span, "the other one"),)
        why, help = f"branch {again[0] + 1} gives what branch {there + 1} gives", "remove one of them"
    return Diagnostic(
        "NS277",
        f"`{planned.name}` {does}: {why}",
        spec.source,
        at,
        layer=planned.name,
        labels=labels,
        help=help,
        cause=JoinedTwice(planned.value - 1, key, again),
        severity="warning",
    )


PASSES = (projections, twice)
