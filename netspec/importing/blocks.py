"""From a sequence of layers to blocks: what a block takes in, and which blocks are repetitions of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from netspec.importing.drafts import Bridge, Draft
from netspec.importing.joins import joined
from netspec.importing.layers import Layer, Unwritable, conv, pool
from netspec.importing.regions import Item
from netspec.importing.words import around
from netspec.importing.written import Manner, cost

LONGEST_PERIOD = 12
"""Layers and joins of a sequence that may be repeated together."""
LONGEST_RUN = 24
"""Convolutions in a row for which every place is tried to end a block."""
EACH_BLOCK = 14
"""What a block costs besides its characters: a reader's attention."""

Found = tuple[float, list[Draft]]


class NotSaid(Exception):
    """What stands at an item cannot be written."""

    def __init__(self, item: Item, reason: str) -> None:
        super().__init__(reason)
        self.item, self.reason = item, reason


@dataclass
class Blocks:
    """Writes sequences as few and short blocks."""

    manner: Manner
    nested: bool = False
    known: dict[tuple[int, ...], list[Draft]] = field(default_factory=dict)
    joins: dict[int, Draft] = field(default_factory=dict)
    """The block of a join, by the identity of its item."""
    convs: dict[tuple[int, int], Layer] = field(default_factory=dict)
    """Convolutions, by the identity of their item and the channels that their block reads."""

    def of(self, items: list[Item]) -> list[Draft]:
        """The cheapest blocks of a sequence. Raises NotSaid."""
        key = tuple(map(id, items))
        if key not in self.known:
            self.known[key] = self._best(items)
        return self.known[key]

    def _best(self, items: list[Item]) -> list[Draft]:
        kinds, marks = [signature(item) for item in items], [fine(item) for item in items]
        singles: list[list[tuple[Draft, int]]] = [list(self.singles(items, at)) for at in range(len(items))]
        best: list[Found | None] = [None] * len(items) + [(0.0, [])]
        for at in reversed(range(len(items))):
            for draft, end in self._options(items, (kinds, marks), singles, at):
                behind = best[end]
                if behind is None:
                    continue
                total = cost(draft, self.manner) + EACH_BLOCK + behind[0]
                now = best[at]
                if now is None or total < now[0]:
                    best[at] = (total, [draft, *behind[1]])
        if best[0] is None:
            raise _unwritten(items, singles)
        return best[0][1]

    def _options(
        self, items: list[Item], seen: tuple[list[Any], list[Any]], singles: list[list[tuple[Draft, int]]], at: int
    ) -> Iterator[tuple[Draft, int]]:
        """Blocks that begin at a place, repeated as often as they follow each other, and where they end."""
        kinds, marks = seen
        for draft, end in singles[at]:
            yield draft, end
            if end - at <= LONGEST_PERIOD and not _goes_on(marks, at, end - at):
                yield from self._repeated(draft, singles, kinds, at, end - at)
        yield from self._skipping(items, singles, at)
        for period in range(2, LONGEST_PERIOD + 1) if not self.nested else ():
            if (
                kinds[at : at + period] == kinds[at + period : at + 2 * period]
                and not _periodic(kinds[at : at + period])
                and not _goes_on(marks, at, period)
            ):
                yield from self._groups(items, kinds, at, period)

    def _repeated(
        self, draft: Draft, singles: list[list[tuple[Draft, int]]], kinds: list[Any], at: int, period: int
    ) -> Iterator[tuple[Draft, int]]:
        place = at + period
        while kinds[place : place + period] == kinds[at : at + period]:
            later = next((one for one, end in singles[place] if end == place + period), None)
            made = draft.merged(later) if later is not None else None
            if made is None:
                return
            draft, place = made, place + period
            yield draft, place

    def _groups(self, items: list[Item], kinds: list[Any], at: int, period: int) -> Iterator[tuple[Draft, int]]:
        """Several blocks repeated together."""
        within = replace(self, nested=True, known={})

        def group(start: int) -> Draft | None:
            try:
                return Draft(group=within.of(items[start : start + period]))
            except NotSaid:
                return None

        draft, place = group(at), at + period
        while draft is not None and kinds[place : place + period] == kinds[at : at + period]:
            later = group(place)
            made = draft.merged(later) if later is not None else None
            if made is None:
                return
            draft, place = made, place + period
            yield draft, place

    def _skipping(
        self, items: list[Item], singles: list[list[tuple[Draft, int]]], at: int
    ) -> Iterator[tuple[Draft, int]]:
        """Convolutions without a shortcut in front of the same with one: `projection: skip` where shapes differ."""
        for place in range(at + 1, min(at + LONGEST_PERIOD, len(items))):
            if items[place - 1].kind != "conv":
                return
            main = next((arm for arm in items[place].arms if arm), None)
            if main is None or len(main) != place - at or items[at].read == items[place - 1].unit.shape:
                continue
            draft = next((one for one, end in singles[at] if end == place and not one.after and not one.pool), None)
            if draft is None:
                continue
            kind = items[place].kind
            drop = items[place].unit.drop
            made: Draft | None = replace(draft, shortcut=Bridge(kind, "skip", (drop[1] if drop else 0.0,)))
            while made is not None and place < len(items) and items[place].arms:
                later = next((one for one, end in singles[place] if end == place + 1), None)
                if made.repeat == 1 and later is not None and later.shortcut is not None and made.shortcut is not None:
                    made.shortcut = replace(made.shortcut, drops=(self._before(items, place, later),))
                made = made.merged(later) if later is not None else None
                place += 1
                if made is not None:
                    yield made, place

    def _before(self, items: list[Item], place: int, later: Draft) -> float:
        """The stochastic depth that the first repetition would have, which has no shortcut."""
        assert later.shortcut is not None
        own = later.shortcut.drops[0]
        after = items[place + 1] if place + 1 < len(items) else None
        drop = after.unit.drop if after is not None and after.kind == items[place].kind else None
        if drop is None or signature(after) != signature(items[place]):  # type: ignore[arg-type]
            return own
        return max(0.0, float(f"{2 * own - drop[1]:.6g}"))

    def singles(self, items: list[Item], at: int) -> Iterator[tuple[Draft, int]]:
        """The blocks without repetition that may begin at a place, and where each ends."""
        item = items[at]
        try:
            if item.kind == "conv":
                yield from self._runs(items, at)
            elif item.kind in ("add", "concat"):
                if id(item) not in self.joins:
                    self.joins[id(item)] = joined(item, replace(self, nested=True, known={}).of)
                yield from self._ended(items, at + 1, self.joins[id(item)])
            elif item.kind == "pool":
                yield Draft(pool=pool(item.unit)), at + 1
        except Unwritable:
            return

    def _runs(self, items: list[Item], at: int) -> Iterator[tuple[Draft, int]]:
        convs = list[Layer]()
        end = at
        while end < len(items) and items[end].kind == "conv":
            if len(convs) > LONGEST_RUN and at and items[at - 1].kind == "conv":
                return
            try:
                convs.append(self._conv(items[end], items[at].read[2]))
            except Unwritable:
                break
            end += 1
            ends = end == len(items) or items[end].kind != "conv"
            if ends or len(convs) <= LONGEST_RUN:
                yield Draft(convs=list(convs)), end
        if convs:
            yield from (one for one in self._ended(items, end, Draft(convs=convs)) if one[1] > end)

    def _conv(self, item: Item, of_block: int) -> Layer:
        """A convolution in a block that reads so many channels. Raises Unwritable."""
        key = id(item), of_block
        if key not in self.convs:
            self.convs[key] = conv(item.unit, item.gate, of_block)
        return self.convs[key]

    def _ended(self, items: list[Item], end: int, draft: Draft) -> Iterator[tuple[Draft, int]]:
        """A block alone, and with what may end it: steps that stand alone, and a pooling."""
        yield draft, end
        while end < len(items) and items[end].kind == "steps":
            whole = draft if not draft.after and not draft.shortcut else Draft(group=[draft])
            draft, end = replace(whole, after=around(items[end].unit.following)), end + 1
            yield draft, end
        if end < len(items) and items[end].kind == "pool":
            try:
                yield replace(draft, pool=pool(items[end].unit)), end + 1
            except Unwritable:
                return


def signature(item: Item) -> Any:
    """What two repetitions of a layer have in common at least; a number of it, for all that is seen below."""
    settings: Any = item.unit.op.settings if item.unit.op else None
    kernel = getattr(settings, "kernel", getattr(settings, "window", None))
    own = (item.kind, item.unit.steps, kernel, item.gate is not None)
    # an arm that is a projection stands in the first repetition alone
    return (*own, max((len(arm) for arm in item.arms), default=0))


def fine(item: Item) -> Any:
    """All that a repetition of a layer has, but for the sizes of maps."""
    own = tuple(op.settings for op in item.unit.ops)
    gate = item.gate.op.settings if item.gate is not None and item.gate.op is not None else None
    return own, item.read[2:], gate, tuple(tuple(map(fine, arm)) for arm in item.arms)


def _goes_on(marks: list[Any], at: int, period: int) -> bool:
    """Whether a repetition that begins at a place began before it."""
    return at >= period and marks[at - period : at] == marks[at : at + period]


def _periodic(kinds: list[Any]) -> bool:
    """Whether a sequence repeats a shorter one."""
    size = len(kinds)
    return any(size % n == 0 and kinds == kinds[:n] * (size // n) for n in range(1, size // 2 + 1))


def _unwritten(items: list[Item], singles: list[list[tuple[Draft, int]]]) -> NotSaid:
    """The first item at which no block begins."""
    reached = {0}
    for at in range(len(items)):
        if at in reached:
            reached.update(end for _, end in singles[at])
    at = max(place for place in reached if place < len(items))
    return NotSaid(items[at], reason_for(items[at]))


def reason_for(item: Item) -> str:
    """Why nothing begins with an item."""
    try:
        if item.kind == "conv":
            conv(item.unit, item.gate, item.read[2])
        elif item.kind == "pool":
            pool(item.unit)
        elif item.kind in ("add", "concat"):
            joined(item, lambda _: [Draft()])
    except Unwritable as error:
        return str(error)
    if item.kind == "steps":
        return f"{' and '.join(item.unit.steps)} stand alone here, behind no convolution, join or pooling"
    if item.kind == "gate":
        return "squeeze and excitation follow no convolution; the format has them as the `gate` of one"
    if item.kind == "fc":
        return "a fully connected layer stands before others than such; the format has them at the end"
    return "the format has no place for it here"
