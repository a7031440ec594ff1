"""Whether two graphs are the same network, operation by operation, and which operation is which."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from netspec.importing.graph import Conv, Graph, Join, Op, Pool
from netspec.language.activations import Activation
from netspec.language.added import Projection
from netspec.language.norms import Norm

Mark = int
"""The same for the same operation on the same values."""


@dataclass(slots=True)
class Marks:
    """Marks for the values of several graphs."""

    known: dict[Hashable, Mark]

    def of(self, graph: Graph) -> list[Mark]:
        """The mark of each value."""
        marks = [self._mark(("image", graph.input))]
        for op in graph.ops:
            read = [marks[n] for n in flat_reads(graph, op)]
            if is_join(op, "add") or is_join(op, "multiply"):
                read.sort()
            # to a function of one number, a vector and the map it was are the same
            shape = op.shape if op.step in (None, "norm") else None
            marks.append(self._mark((plain(op, graph), shape, tuple(read))))
        return marks

    def _mark(self, fact: Hashable) -> Mark:
        return self.known.setdefault(fact, len(self.known))


def is_join(op: Op, how: str) -> bool:
    """Whether an operation joins so."""
    return isinstance(op.settings, Join) and op.settings.how == how


def flat_reads(graph: Graph, op: Op) -> tuple[int, ...]:
    """What an operation reads; a concatenation of concatenations reads what those read."""
    if not is_join(op, "concat"):
        return op.reads
    found: list[int] = []
    waiting = list(reversed(op.reads))
    while waiting:
        value = waiting.pop()
        below = graph.ops[value - 1] if value else None
        if below is not None and is_join(below, "concat"):
            waiting.extend(reversed(below.reads))
        else:
            found.append(value)
    return tuple(found)


def plain(op: Op, graph: Graph) -> Hashable:
    """An operation's settings where two spellings of one function are one: a stride that is never taken counts for nothing."""
    settings: Any = op.settings
    if isinstance(settings, Projection):
        return ("projection", settings.way, settings.stride)
    read = graph.shape(op.reads[0])
    if isinstance(settings, Conv | Pool):
        values = _values(settings)
        values["stride"] = tuple(s if n > 1 else 1 for s, n in zip(settings.stride, op.shape[:2], strict=True))
        if isinstance(settings, Conv):
            values["dilation"] = tuple(
                d if k > 1 else 1 for d, k in zip(settings.dilation, settings.kernel, strict=True)
            )
        if isinstance(settings, Pool) and settings.counted is not None:
            values["counted"] = _reached(settings, read, op.shape)
        if isinstance(settings, Pool) and covers(settings, read, op.shape):
            values |= {"window": "all", "before": (0, 0), "whole": True}
        return tuple(sorted(values.items(), key=lambda item: item[0]))
    return (type(settings).__name__, *_values(settings).items())


def covers(pool: Pool, read: tuple[int, ...], given: tuple[int, ...]) -> bool:
    """Whether the one window of a pool is the whole map, and no more cells count."""
    if pool.whole:
        return True
    whole = all(w >= n + b for w, n, b in zip(pool.window, read[:2], pool.before, strict=True))
    exact = pool.counted is None or pool.window == read[:2]
    return given[:2] == (1, 1) and whole and exact


def _reached(pool: Pool, read: tuple[int, ...], given: tuple[int, ...]) -> tuple[int, ...] | None:
    """How much of the counted padding behind the map windows reach; None where they reach none on any side."""
    assert pool.counted is not None
    sides = zip(pool.window, pool.stride, pool.before, pool.counted, read, given, strict=False)
    after = tuple(min(most, max(0, (n - 1) * s + w - size - b)) for w, s, b, most, size, n in sides)
    return after if any(after) or any(pool.before) else None


def repeatable(op: Op) -> bool:
    """Whether an operation done twice on one value gives the same twice: it has no arrays, and draws nothing."""
    settings = op.settings
    if isinstance(settings, Activation | Norm):
        return not settings.parameters(1) and not (isinstance(settings, Norm) and settings.statistics(1))
    return isinstance(settings, Pool | Join) or (isinstance(settings, Projection) and settings.way == "slice")


def _values(settings: object) -> dict[str, Any]:
    """The settings by name; numbers that differ by rounding alone are the same."""
    assert is_dataclass(settings)
    return {field.name: _rounded(getattr(settings, field.name)) for field in fields(settings)}


def _rounded(value: Any) -> Hashable:
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if is_dataclass(value):
        return (type(value).__name__, *_values(value).items())
    made: Hashable = value
    return made


def matched(one: Graph, other: Graph) -> dict[int, int] | int:
    """The operation of the other for each of one; or the first of one that the other does not have.

    Both are without what their result does not need. Numbers count from 1. What has arrays of its own has one partner alone,
    who has no other: two convolutions of one map are not one of them twice.
    """
    marks = Marks({})
    ours, theirs = marks.of(one), marks.of(other)
    if ours[one.output] != theirs[other.output]:
        known = set(theirs)
        return next((n for n in range(1, len(ours)) if ours[n] not in known), one.output)
    pairs, back, seen = dict[int, int](), dict[int, int](), set[tuple[int, int]]()
    waiting = [(one.output, other.output)]
    while waiting:
        mine, its = waiting.pop()
        if mine == 0 or (mine, its) in seen:
            continue
        seen.add((mine, its))
        partners = pairs.setdefault(mine, its), back.setdefault(its, mine)
        if partners != (its, mine) and not repeatable(one.ops[mine - 1]):
            return mine
        a, b = (flat_reads(graph, graph.ops[n - 1]) for graph, n in ((one, mine), (other, its)))
        if is_join(one.ops[mine - 1], "add"):
            a = tuple(sorted(a, key=lambda n: ours[n]))
            b = tuple(sorted(b, key=lambda n: theirs[n]))
        waiting.extend(zip(a, b, strict=True))
    return pairs
