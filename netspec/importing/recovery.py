"""From a flat graph to the text of a spec that a person would write, and the proof that it is the same network."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netspec.analysis.plan import Plan
from netspec.importing import defaults, regions
from netspec.importing.blocks import Blocks, NotSaid
from netspec.importing.concats import nested
from netspec.importing.drafts import Draft
from netspec.importing.graph import Graph, Join, Unsaid
from netspec.importing.layers import Layer, fc
from netspec.importing.of_plan import graph_of
from netspec.importing.regions import Item, Regions, Unstructured
from netspec.importing.same import matched
from netspec.importing.units import STYLES, Units
from netspec.importing.words import around
from netspec.importing.written import Manner, block, blocked, layers, lines
from netspec.repair.check import check_source
from netspec.text.source import Source

EACH_LINE, EACH_ORDER = 4, 70
"""What a line, and steps in another than the usual order, cost a reader besides their characters."""
MOST_FLIPS = 24
"""How many places of steps are tried the other way round."""


LEFT_OUT = (
    "\n# what the source says of its data and training does not go with this network in the format, and is left out\n"
)


LONGEST = 200
"""Characters of a spec's name."""


class Refused(Exception):
    """The format cannot say the network."""

    def __init__(self, unsaid: list[Unsaid]) -> None:
        super().__init__("; ".join(one.message for one in unsaid))
        self.unsaid = unsaid


@dataclass(frozen=True, slots=True)
class Recovered:
    """A network as a spec."""

    text: str
    """From `input` to `fc`."""
    plan: Plan
    named: dict[int, tuple[int, str]]
    """For the number of each operation of the source, that of the plan's, and the layer that it is of."""


def recovered(graph: Graph, head: str = "netspec: 1\nname: imported\n", tail: str = "") -> Recovered:
    """The shortest text found whose plan is the graph, operation by operation.

    `head` and `tail` are what stands before and behind the network. Raises Refused, with what cannot be said and where.
    """
    source = nested(graph.needed())
    tries = _Tries(source)
    for style in STYLES:
        flipped = frozenset[int]()
        for value in tries.made(style, flipped)[:MOST_FLIPS]:
            before = min(tries.found, default=(0, ""))[0]
            tries.made(style, flipped | {value})
            if min(tries.found, default=(0, ""))[0] < before:
                flipped |= {value}
    if not tries.found:
        raise Refused(tries.refused[:1])
    return _proved(graph, head, min(tries.found)[1], tail)


@dataclass(slots=True)
class _Tries:
    """The texts of a graph that were tried, each with what it costs."""

    graph: Graph
    found: list[tuple[int, str]] = field(default_factory=list)
    refused: list[Unsaid] = field(default_factory=list)
    known: set[tuple[tuple[str, ...], ...]] = field(default_factory=set)

    def made(self, style: str, flipped: frozenset[int]) -> list[int]:
        """Adds the text that a choice gives; the places where steps behind a join are others than behind most."""
        units = Units(self.graph, style, flipped).made()
        division = tuple(unit.steps for unit in units.units)
        if division in self.known:
            return []
        self.known.add(division)
        try:
            text = _text(self.graph, Regions(units.units, self.graph.input).items())
            self.found.append((len(text) + text.count("\n") * EACH_LINE + text.count("order:") * EACH_ORDER, text))
        except Unstructured as error:
            self.refused.append(error.unsaid)
        except NotSaid as error:
            self.refused.append(Unsaid("NS291", error.reason, regions.origin(error.item.unit)))
        return self._odd(units)

    def _odd(self, units: Units) -> list[int]:
        joins = [value for value in units.choices if value and isinstance(self.graph.ops[value - 1].settings, Join)]
        steps = {value: units.units[units.of[value] - 1].steps for value in joins}
        counts = Counter(steps.values())
        most = max(counts.values(), default=0)
        return [value for value in joins if counts[steps[value]] < most or len(counts) == most == 1]


def _text(graph: Graph, items: list[Item]) -> str:
    """The network as YAML. Raises NotSaid."""
    input = _input(graph, items)
    ends = next((at for at, item in enumerate(items) if item.kind == "fc"), len(items))
    last = [_fc(items, at) for at in range(ends, len(items))]
    body = items[:ends]
    manner = defaults.chosen([*_layers(body), *last])
    drafts = Blocks(manner).of(body)
    better = defaults.chosen([*(layer for draft in drafts for layer in draft.layers()), *last])
    if better != manner:  # what blocks fold away counts no more
        manner, drafts = better, Blocks(better).of(body)
    return _laid_out(input, manner, drafts, last)


def _input(graph: Graph, items: list[Item]) -> Any:
    keys: dict[str, Any] = dict(zip(("height", "width", "channels"), graph.input, strict=True))
    if items and items[0].kind == "steps":
        steps = items.pop(0).unit.following
        keys |= around(steps)
    return keys


def _fc(items: list[Item], at: int) -> Layer:
    if items[at].kind != "fc":
        raise NotSaid(items[at], "it stands behind a fully connected layer, and the format has only such there")
    return fc(items[at].unit, at == len(items) - 1)


def _layers(items: list[Item]) -> list[Layer]:
    """All layers, as far as they can be written, to choose the defaults by."""
    blocks = Blocks(Manner())
    found: list[Layer] = []
    for at, item in enumerate(items):
        if item.kind in ("conv", "pool"):
            single = next(blocks.singles(items, at), None)
            found += single[0].layers() if single else []
        for arm in item.arms:
            found += _layers(arm)
    return found


def _laid_out(input: Any, manner: Manner, drafts: list[Draft], last: list[Layer]) -> str:
    found = [*lines(input, "input", 0)]
    data = manner.data()
    if data:
        found += ["", "defaults:", *(line for key, value in data.items() for line in lines(value, key, 2))]
    if drafts:
        found += ["", "blocks:"]
        found += [line for draft in drafts for line in blocked(block(draft, manner), 2)]
    if last:
        found += ["", *lines(layers(last, manner), "fc", 0)]
    return "\n".join(found) + "\n"


def _proved(graph: Graph, head: str, text: str, tail: str) -> Recovered:
    """The spec, read again and held against the source operation by operation. Raises Refused where they differ."""
    for end in dict.fromkeys((tail, LEFT_OUT if tail else "")):
        whole = f"{head}\n{text}{end}"
        report = check_source(Source("imported.yaml", whole), fixes=False, hints=False)
        if report.ok:
            break
    if report.plan is None:
        errors = [found for found in report.diagnostics if found.severity == "error"]
        origin = graph.ops[-1].origin
        raise Refused([Unsaid("NS291", f"the spec that was written has an error: {e.message}", origin) for e in errors])
    source, written = graph.needed(), graph_of(report.plan)
    pairs = matched(source, written)
    if isinstance(pairs, int):
        op = source.ops[pairs - 1]
        message = f"the spec that was written is another network from `{op.origin.name}` on"
        raise Refused([Unsaid("NS291", message, op.origin)])
    return Recovered(whole, report.plan, named(pairs, written))


def named(pairs: Mapping[int, int], written: Graph) -> dict[int, tuple[int, str]]:
    """For each operation of a source, by its number, the written one and its layer."""
    return {mine: (its, written.ops[its - 1].origin.name) for mine, its in pairs.items()}


def spec_name(name: str) -> str:
    """A name that a spec may have.

    >>> spec_name("My Net (v2).onnx")
    'My-Net-v2-onnx'
    """
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:LONGEST] or "imported"
