"""The smallest change that makes every shape of a network hold.

Each setting that matters is solved for on its own: the nearest value with which no layer fails, no budget is
exceeded and no warning has come. The answers are ranked by how far the value moves (in doublings, so that 3 to 7
is as far as 0 to 1), and then in the order padding, kernel or window, dilation, stride, groups, filters. A change
of an earlier layer counts half a doubling more, dropping a pool two, a larger input three, dropping the last blocks six and more.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from math import gcd, log2

from netspec.analysis import against_data, budgets, shapes
from netspec.analysis.plan import Plan
from netspec.analysis.report import Report
from netspec.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netspec.language.causes import CellsNeverRead, GroupsDoNotDivide, PaddingExceedsWindow, WindowDoesNotFit
from netspec.language.spec import Layer, Spec
from netspec.repair import fewer
from netspec.repair.changes import Answer, Change, numbers
from netspec.repair.usual import LARGEST
from netspec.text.source import Span

ShapeCause = WindowDoesNotFit | CellsNeverRead | PaddingExceedsWindow | GroupsDoNotDivide
PLANES = (1, 3, 4)
"""How many channels images have."""
LAYERS = 4_000
"""How many layers are inferred for one finding: about 0.08 s."""
FIELDS = ("padding", "kernel", "window", "dilation", "stride")
"""The settings that decide whether a window fits, in the order in which they are changed."""
LEAST = {"window": 2}
"""The smallest value that is proposed, where it is not 1: a window of one cell is no pooling."""
EARLIER = 10
"""How many layers before the failing one are tried."""
VALUES = 1_000
"""The largest value that is tried."""
BEYOND = 12
"""How many values after the first one that fits are tried for one without a warning."""
EARLIER_COST, INPUT_COST, GROUPS_COST, SHARED_COST, POOL_PADDING_COST = 0.5, 3.0, 1.0, 1.0, 3.0


def fixes(report: Report, finding: Diagnostic, cause: ShapeCause) -> Iterator[Fix]:
    """The changes that repair a shape error, smallest first; those at the finding's own place before others."""
    found = search(report, finding)
    if found is None:
        return
    answers = [*found.answers(cause)]
    if not answers and finding.severity == "error":
        found.inferred_layers, found.loosely = 0, True
        answers = [*found.answers(cause)]
    if not isinstance(cause, CellsNeverRead):
        found.inferred_layers = 0
        answers += fewer.answers(found)
    at_place = not isinstance(cause, GroupsDoNotDivide)  # there the blame is a guess between two counts
    ranked = sorted(answers, key=lambda answer: (at_place and not found.here(answer, finding.span), answer.cost))
    guesses = isinstance(cause, WindowDoesNotFit)
    yield from (
        answer.fix if answer.likely or not guesses or _is_blamed(answer, finding) else _shown(answer.fix)
        for answer in ranked
    )


def _is_blamed(answer: Answer, finding: Diagnostic) -> bool:
    """Whether it changes what the finding was found to come from: a repetition, or a side of the image."""
    return answer.change is None and answer.at == finding.span


def _shown(fix: Fix) -> Fix:
    """A number that would fit, and of which nothing in the spec says that it was meant."""
    return replace(fix, applicability="display")


def search(report: Report, finding: Diagnostic) -> Search | None:
    """The search for what repairs a finding about a layer; None where the spec is not sound up to it."""
    spec, inferred = report.spec, report.shapes
    if spec is None or inferred is None or spec.input is None:
        return None
    spec = against_data.sized_by_data(spec)
    at = next((i for i, layer in enumerate(spec.layers) if layer.name == finding.layer), None)
    if at is None or spec.layers[at].settings is None:
        return None
    warned = {found.layer for found in inferred.diagnostics if found is not finding}
    return Search(spec, inferred, at, frozenset(warned), frozenset(found.code for found in report.diagnostics))


@dataclass(slots=True)
class Search:
    """Tries changes on the typed spec, up to a number of inferred layers."""

    spec: Spec
    inferred: shapes.Shapes
    at: int
    """The place of the failing layer."""
    warned: frozenset[str | None]
    """The layers about which a warning is no news."""
    known: frozenset[str]
    """The codes that are found anyway."""
    inferred_layers: int = 0
    loosely: bool = False
    """Whether a change will do with which every shape holds and something else is found that was hidden."""

    @property
    def layer(self) -> Layer:
        """The failing layer."""
        return self.spec.layers[self.at]

    def here(self, answer: Answer, place: Span) -> bool:
        """Whether an answer changes what a finding points at, or the failing layer itself."""
        own = answer.change is not None and answer.change.layer is self.layer
        return answer.at == place or (own and answer.likely)

    @property
    def exhausted(self) -> bool:
        """Whether as many layers were tried as may be."""
        return self.inferred_layers > LAYERS

    def holds_with(self, change: Change, strictly: bool = True, hints: bool = False) -> bool:
        """Whether every shape holds with another value of a setting; see `holds`."""
        return not self.exhausted and self.holds(change.applied(self.spec), strictly, hints)

    def holds(self, spec: Spec | None, strictly: bool = True, hints: bool = False) -> bool:
        """Whether every shape holds; strictly, without another warning, or hint unless there may be some, and within the budgets."""
        if spec is None or self.exhausted:
            return False
        self.inferred_layers += len(spec.layers)
        found = shapes.infer(spec)
        if any(diagnostic.severity == "error" for diagnostic in found.diagnostics):
            return False
        if not strictly:
            return True
        told = (one for one in found.diagnostics if not hints or one.severity != "hint")
        if any(diagnostic.layer not in self.warned for diagnostic in told):
            return False
        size = spec.input.value if spec.input else None
        if size is None or not found.complete:
            return True
        plan = Plan(spec, size.shape, found.layers)
        others = (*budgets.check(plan), *against_data.source(spec, found))
        return all(other.code in self.known for other in others)

    def answers(self, cause: ShapeCause) -> Iterator[Answer]:
        """Every change that repairs, in no order."""
        if isinstance(cause, GroupsDoNotDivide):
            yield from self._divided()
            return
        unread = isinstance(cause, CellsNeverRead)
        yield from self._of_layer(self.layer, 0.0, unread)
        if unread:
            return
        near = range(self.at - 1, max(-1, self.at - 1 - EARLIER), -1)
        for distance, i in enumerate(near):
            earlier = self.spec.layers[i]
            if earlier.node is not self.layer.node:
                yield from self._of_layer(earlier, EARLIER_COST + distance / 10)
        yield from self._channels_last()
        yield from self._input()

    def _of_layer(self, layer: Layer, penalty: float, unread: bool = False) -> Iterator[Answer]:
        for order, field in enumerate(FIELDS[:3] if unread else FIELDS):
            if layer.added or not hasattr(layer.settings, field) or getattr(layer.settings, "window", None) == "all":
                continue
            if (change := self.solved(layer, field)) is not None:
                cost = penalty + (order if unread else self._cost(change) + order / 100 + 0.1 * change.inserts)
                yield Answer(cost, change.fix(self.spec), change, change.layer.at(field), self._likely(change))

    def _likely(self, change: Change) -> bool:
        """Whether the spec says that this value was meant: it is what a slip of the finger was, or what layers like this have."""
        return change.value in self._slips(change.layer, change.field)

    def _cost(self, change: Change) -> float:
        """How far a value moves; nothing where it was a slip, less where padding keeps a kernel that other layers have too."""
        if self._likely(change):
            return 0.0
        if change.field == "padding" and change.layer.kind == "pool":
            return POOL_PADDING_COST + change.size
        kernel = getattr(change.layer.settings, "kernel", None)
        others = (layer for layer in self.spec.layers if layer.node is not change.layer.node)
        same = any(getattr(layer.settings, "kernel", None) == kernel for layer in others)
        size = 0.25 * change.size if change.field == "padding" and kernel and same else change.size
        return size + SHARED_COST * change.shared(self.spec)

    def solved(self, layer: Layer, field: str) -> Change | None:
        """The nearest value of one setting with which everything holds."""
        old = getattr(layer.settings, field)
        tries = [Change(layer, field, value) for value in self._values(layer, field, old)]
        slips = [Change(layer, field, value) for value in self._slips(layer, field)]
        first = _first(tries, lambda change: self.holds_with(change, strictly=False))
        fitting = tries[first:]
        tries = fitting[:BEYOND] + [try_ for try_ in fitting[BEYOND:] if max(numbers(try_.value)) <= LARGEST[field]]
        if field != "padding":
            least, most = LEAST.get(field, 1), min(max(numbers(old)) - 1, LARGEST[field])
            tries += [Change(layer, field, (value, value)) for value in range(most, least - 1, -1)]
        likely = (
            change for change in slips if self.holds_with(change, hints=layer is not self.layer or field != "padding")
        )
        holding = (change for change in tries if self.holds_with(change))
        return next(chain(likely, holding), next(iter(fitting), None) if self.loosely else None)

    def _values(self, layer: Layer, field: str, old: object) -> list[object]:
        """Other values, nearest first: each makes it easier to fit than the one before."""
        size = max(self._span(layer))
        values: list[object] = []
        if field == "padding":
            window = getattr(layer.settings, "kernel", None) or layer.settings.window  # type: ignore[union-attr]
            limit = min(max(numbers(window)) - 1, VALUES)
            if layer is self.layer and self._overpadded(layer):
                values = [(value, value) for value in range(limit, -1, -1)]
            elif old != "same":
                values = [_each(max, numbers(old), value) for value in range(min(numbers(old)) + 1, limit // 2 + 2)]
        else:
            top = min(max(numbers(old)) - 1, size, VALUES)
            values = [_each(min, numbers(old), value) for value in range(top, LEAST.get(field, 1) - 1, -1)]
        return [value for value in dict.fromkeys(values) if value != old]

    def _slips(self, layer: Layer, field: str) -> list[object]:
        """What a value that no published network has may be a slip of: a digit typed twice, what other layers have; and the
        padding of layers with the same kernel."""
        old = getattr(layer.settings, field)
        if field == "padding" and hasattr(layer.settings, "kernel"):
            alike = (
                other.settings.padding  # type: ignore[union-attr]
                for other in self.spec.layers
                if other.node is not layer.node
                and not other.added
                and getattr(other.settings, "kernel", None) == layer.settings.kernel  # type: ignore[union-attr]
            )
            return [each for each, _ in Counter(alike).most_common(2) if each not in (old, "valid", (0, 0))]
        if field not in layer.places or max(numbers(old)) <= LARGEST[field]:
            return []
        pairs = [getattr(other.settings, field, None) for other in self.spec.layers if other.kind == layer.kind]
        usual = Counter(pair for pair in pairs if isinstance(pair, tuple) and max(pair) <= LARGEST[field])
        once = tuple(int(re.sub(r"(\d)\1", r"\1", str(number))) for number in numbers(old))
        return [
            value
            for value in (once, *(pair for pair, _ in usual.most_common(2)))
            if value != old and max(value) <= LARGEST[field]
        ]

    def _overpadded(self, layer: Layer) -> bool:
        window = getattr(layer.settings, "window", None)
        pairs = zip(numbers(layer.settings.padding), numbers(window), strict=True)  # type: ignore[union-attr]
        return window is not None and any(padding >= cells for padding, cells in pairs)

    def _span(self, layer: Layer) -> tuple[int, int]:
        """The padded input of a layer."""
        assert self.spec.input is not None
        value, size = layer.reads[0], self.spec.input.value
        height, width = self.inferred.layers[value - 1].output[:2] if value else (size.height, size.width)
        padding = numbers(getattr(layer.settings, "padding", 0))
        return height + 2 * padding[0], width + 2 * padding[1]

    def channels(self) -> tuple[int, Layer | None]:
        """The depth of the failing layer's input, and the layer that gives it."""
        value = self.layer.reads[0]
        while value:
            planned = self.inferred.layers[value - 1]
            if hasattr(planned.settings, "filters"):
                return planned.output[2], planned.layer
            value = planned.reads[-1]
        assert self.spec.input is not None
        return self.spec.input.value.channels, None

    def _divided(self) -> Iterator[Answer]:
        """Groups, filters or an earlier layer's filters that divide."""
        channels, giver = self.channels()
        settings = self.layer.settings
        groups, filters = settings.groups, settings.filters  # type: ignore[union-attr]
        changes = []
        if groups == "depthwise":
            changes += [Change(self.layer, "filters", value) for value in (channels, *_multiples(filters, channels))]
            if giver is not None:
                divisors = _divisors(filters, channels)
                changes += [Change(giver, "filters", value) for value in divisors[:2]]
        else:
            divisors = _divisors(gcd(channels, filters), groups)
            changes += [Change(self.layer, "groups", value) for value in (*divisors[:8], "depthwise")]
            changes += [Change(self.layer, "filters", value) for value in _multiples(filters, groups)]
            if giver is not None:
                changes += [Change(giver, "filters", value) for value in _multiples(channels, groups)]
        for change in changes:
            if change.value != change.old and self.holds_with(change):
                own = 0 if change.layer is self.layer else EARLIER_COST
                size = change.size if isinstance(change.old, int) else 1.0
                if change.field == "groups":
                    size += GROUPS_COST
                elif groups == "depthwise" and change.value == channels:
                    size = 0.0  # as many filters as channels is what depthwise is used for
                yield Answer(own + size, change.fix(self.spec), change, change.layer.at(change.field))

    def _channels_last(self) -> Iterator[Answer]:
        """The input as (height, width, channels) where it is written as (channels, height, width)."""
        assert self.spec.input is not None
        located, (channels, height, width) = self.spec.input, self.spec.input.value.shape
        turned = replace(located, value=replace(located.value, height=height, width=width, channels=channels))
        if channels not in PLANES or min(height, width) <= max(PLANES):
            return
        places = [located.places[name].value for name in ("height", "width", "channels")]
        if self.holds(self.spec.otherwise(input=turned), hints=True):
            edits = tuple(Edit(place, str(size)) for place, size in zip(places, (height, width, channels), strict=True))
            fix = Fix(f"write the input as {height} rows, {width} columns and {channels} channels", edits)
            yield Answer(0.0, fix, None, places[0], likely=True)

    def _input(self) -> Iterator[Answer]:
        """The smallest larger input with which everything holds."""
        assert self.spec.input is not None
        if against_data.known_data(self.spec) is not None:
            return
        located = self.spec.input
        size = located.value

        def resized(cells: int) -> Spec | None:
            value = replace(size, height=max(size.height, cells), width=max(size.width, cells))
            return None if self.exhausted else self.spec.otherwise(input=replace(located, value=value))

        if max(size.height, size.width) > 2**13:
            return
        top = 2 * max(size.height, size.width)
        while top < 2**14 and not self.holds(resized(top), strictly=False):
            top *= 2
        tries = list(range(min(size.height, size.width) + 1, top + 1))
        first = _first(tries, lambda cells: self.holds(resized(cells), strictly=False))
        for cells in tries[first : first + BEYOND]:
            if self.holds(resized(cells)):
                names = [name for name in ("height", "width") if getattr(size, name) < cells]
                edits = tuple(Edit(located.places[name].value, str(cells)) for name in names)
                words = " and ".join(f"`{name}: {cells}`" for name in names)
                moved = log2((cells + 1) / (min(size.height, size.width) + 1))
                at = located.places[names[0]].value
                yield Answer(INPUT_COST + moved, Fix(f"set {words} in `input`", edits), None, at)
                return


def _each(choose: object, pair: tuple[int, int], value: int) -> tuple[int, int]:
    assert callable(choose)
    return choose(pair[0], value), choose(pair[1], value)


def _divisors(count: int, near: int) -> list[int]:
    """The divisors, of those up to 1,000, nearest to a number.

    >>> _divisors(48, 5)
    [4, 6, 3, 2, 8, 1, 12, 16, 24, 48]
    """
    found = (divisor for divisor in range(1, min(count, VALUES) + 1) if count % divisor == 0)
    return sorted(found, key=lambda divisor: abs(divisor - near))


def _multiples(count: int, of: int) -> list[int]:
    """The nearest multiples, the nearer first."""
    below, above = count // of * of, -(-count // of) * of
    return sorted((value for value in {below, above} if value > 0), key=lambda value: abs(value - count))


def _first(tries: list, holds: object) -> int:  # type: ignore[type-arg]
    """The first of the tries that holds, where all after it do too; their number where none does."""
    assert callable(holds)
    low, high = 0, len(tries)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(tries[middle]) else (middle + 1, high)
    return low
