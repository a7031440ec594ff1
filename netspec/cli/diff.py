"""`netspec diff`: what has changed between two specs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, TextIO

import click

from netspec.analysis.budgets import COSTS
from netspec.analysis.comparison import Comparison, Pair, Shared, compare
from netspec.analysis.figures import short, short_bytes
from netspec.analysis.nesting import spread
from netspec.analysis.plan import Plan
from netspec.analysis.summary import layer_as_json
from netspec.cli import layer_table, markdown, messages, options, specs
from netspec.cli.layer_table import described
from netspec.cli.outcome import Outcome
from netspec.diagnostics.errors import SpecError
from netspec.diagnostics.render.wording import counted
from netspec.language.kind import dimensions
from netspec.language.plain import ABSENT, Change

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

MARKS = {"added": "+", "removed": "-", "changed": "~"}
LISTED = 8
"""More blocks than these are not named in one row."""
COLOURS = {"added": "green", "removed": "red", "changed": "yellow"}


@click.command(
    short_help="Show what has changed between two specs.",
    epilog="Example: netspec diff specs/vgg11.yaml specs/vgg16.yaml",
)
@click.argument("old", type=options.FILE)
@click.argument("new", type=options.FILE)
@options.forms("table", "json", "markdown")
def diff(old: str, new: str, form: str) -> Outcome:
    """Show what has changed from one spec to another, layer by layer, with shapes and costs.

    OLD and NEW are specs, run directories, or `-` for standard input, once. Networks that exceed their budgets are compared too.
    """
    if old == new == "-":
        raise click.UsageError("standard input is read once: OLD and NEW cannot both be `-`.")
    plans, wrong = {}, []
    for name in dict.fromkeys((old, new)):  # what is wrong with one says nothing of the other
        try:
            plans[name] = specs.require_costs(name)[0]
        except SpecError as error:
            wrong.append(error)
    if wrong:
        found = [one for error in wrong for one in error.diagnostics]
        raise SpecError(found, max(error.status for error in wrong))
    comparison = compare(plans[old], plans[new])

    def result(stream: TextIO) -> Iterator[str]:
        if form == "json":
            yield json.dumps(_as_json(comparison)) + "\n"
        elif form == "markdown":
            yield _markdown(comparison) + "\n"
        else:
            yield messages.lines(stream, *_parts(comparison, stream))

    return Outcome(result=result)


@dataclass(frozen=True, slots=True)
class Row:
    """A layer that is another now, what several layers share, or how many in a row are as before."""

    change: str
    """A key of MARKS; empty where the layers are as they were."""
    name: str
    said: str
    output: str = ""
    parameters: str = ""
    macs: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """The columns behind the mark."""
        return self.name, self.said, self.output, self.parameters, self.macs


def _rows(comparison: Comparison) -> Iterator[Row]:
    """What several layers share stands above them; of those a layer that has no other change has no row."""
    explained: set[int] = set()
    for shared in comparison.shared:
        silent = [pair for pair in shared.pairs if not comparison.own(pair) and not pair.reshaped]
        yield _shared_row(comparison, shared, [pair for pair in silent if id(pair) not in explained])
        explained |= set(map(id, silent))
    pairs = (pair for pair in comparison.pairs if id(pair) not in explained)
    for same, group in groupby(pairs, lambda pair: pair.change == "same"):
        alike = list(group)
        if same:
            yield Row("", "", f"{counted(len(alike), 'layer')} as before")
        else:
            yield from (_row(pair, comparison.own(pair)) for pair in alike)


def _shared_row(comparison: Comparison, shared: Shared, silent: list[Pair]) -> Row:
    """One row for what several layers share, with what it costs in those that have none of their own."""
    parameters, macs = (sum(_differences(pair)[n] for pair in silent) for n in (0, 1))
    said = f"{'; '.join(map(_told, shared.changes))}: {', '.join(_reached(comparison.new, shared))}"
    return Row("changed", f"{len(shared.pairs)} layers", said, "", _delta(parameters), _delta(macs))


def _reached(plan: Plan, shared: Shared) -> Iterator[str]:
    """The layers that a change reaches, in few words: `every conv`, from one to another, or block by block."""
    reached = [pair.layer for pair in shared.pairs]
    for kind in dict.fromkeys(layer.kind for layer in reached):
        names = tuple(layer.name for layer in reached if layer.kind == kind)
        alike = [layer for layer in plan.layers if layer.kind == kind]
        written = tuple(layer.name for layer in alike if not layer.layer.added)
        start = written.index(names[0]) if names[0] in written else 0
        if len(names) == len(alike):
            yield f"every {kind}"
        elif names == written[start : start + len(names)]:
            yield f"{names[0]} … {names[-1]}"
        else:
            blocks = [spread(tuple(block)) for _, block in groupby(names, lambda name: name.rpartition(".")[0])]
            yield from blocks[:LISTED]
            yield from (f"{len(blocks) - LISTED} blocks more",) if len(blocks) > LISTED else ()


def _differences(pair: Pair) -> tuple[int, int]:
    """By how much the parameters and the multiply-adds of a layer differ."""
    old, new = ((layer.parameters, layer.macs) if layer else (0, 0) for layer in (pair.old, pair.new))
    return new[0] - old[0], new[1] - old[1]


def _row(pair: Pair, own: tuple[Change, ...]) -> Row:
    layer, deltas = pair.layer, map(_delta, _differences(pair))
    shapes = dict.fromkeys(dimensions(one.output) for one in (pair.old, pair.new) if one is not None)
    said = "; ".join(map(_told, own)) or described(layer)
    return Row(pair.change, layer.name, said, " -> ".join(shapes), *deltas)


def _told(change: Change) -> str:
    """`filters 16 -> 32`."""
    return f"{change.path} {_value(change.old)} -> {_value(change.new)}"


def _value(value: object) -> str:
    """A setting in the shortest form, as people read it.

    >>> _value([3, 3]), _value([3, 5]), _value({"type": "group", "groups": 4}), _value([["fc*", 0.1]]), _value(None)
    ('3', '3x5', 'group (groups 4)', 'fc* 0.1', 'none')
    """
    if value is ABSENT or value in (None, []):
        return "none"
    if isinstance(value, dict):
        given = ", ".join(f"{key} {_value(own)}" for key, own in value.items() if key != "type")
        return f"{value['type']} ({given})" if "type" in value else given
    if isinstance(value, list) and value and all(isinstance(item, list) and len(item) == 2 for item in value):
        return ", ".join(" ".join(map(_value, item)) for item in value)
    if isinstance(value, list) and all(isinstance(item, int) for item in value):
        return "x".join(map(str, dict.fromkeys(value) if len(set(value)) == 1 else value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _delta(number: int) -> str:
    """A difference with its sign; nothing where there is none.

    >>> _delta(2416), _delta(-1500000), _delta(0)
    ('+2,416', '-1.5M', '')
    """
    size = f"{abs(number):,}" if abs(number) < 100_000 else short(abs(number))
    return f"{'+' if number > 0 else '-'}{size}" if number else ""


def _costs(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    """Each cost of both networks, by how much it has changed, and what the new spec allows."""
    for cost in COSTS:
        old, new = cost.of(comparison.old), cost.of(comparison.new)
        shown: Callable[[int], str] = short_bytes if cost.unit else "{:,}".format
        change = "" if old == new else f"{new / old - 1:+.1%}" if old else "new"
        limit = getattr(comparison.new.spec.budget.value, cost.key)
        budget = "" if limit is None else f"{'over ' * (new > limit)}{shown(limit)}"
        yield cost.noun.removeprefix("trainable "), shown(old), shown(new), change, budget


COSTS_HEAD = ("costs", "before", "after", "change", "budget")


def _parts(comparison: Comparison, stream: TextIO) -> Iterator[Table | Text | str]:
    yield _title(comparison)
    if any(pair.change != "same" for pair in comparison.pairs):
        yield _layers(comparison, stream)
    yield _totals(comparison, stream)
    if comparison.changes:
        yield "\nOther settings\n" + "\n".join(f"  {_told(change)}" for change in comparison.changes)


def _names(comparison: Comparison) -> list[str]:
    """Those of both networks, once where they are alike."""
    return [*dict.fromkeys(plan.name for plan in (comparison.old, comparison.new))]


def _title(comparison: Comparison) -> Text:
    from rich.text import Text

    title = Text(" -> ".join(map(messages.safe, _names(comparison))), style="bold")
    if comparison.same:
        title.append("  nothing that is computed has changed", style="not bold")
    return title


def _layers(comparison: Comparison, stream: TextIO) -> Table:
    from rich.table import Table

    table = Table(box=messages.ruled(stream), pad_edge=False, header_style="bold")
    table.add_column("")
    rows = list(_rows(comparison))
    table.add_column("layer", overflow="fold", min_width=min(20, max(len(row.name) for row in rows)))
    table.add_column("what", overflow="fold", min_width=12)
    table.add_column("output", overflow="fold")
    table.add_column("parameters", justify="right", no_wrap=True)
    table.add_column("MACs", justify="right", no_wrap=True)
    for row in rows:
        cells = (layer_table.shown(messages.safe(cell), stream) for cell in row.cells)
        table.add_row(MARKS.get(row.change, ""), *cells, style=COLOURS.get(row.change, "dim"))
    return table


def _totals(comparison: Comparison, stream: TextIO) -> Table:
    from rich.table import Table

    table = Table(box=messages.ruled(stream), pad_edge=False, header_style="bold")
    for number, name in enumerate(COSTS_HEAD):
        table.add_column(name, justify="right" if number else "left")
    for cells in _costs(comparison):
        *_, change, budget = cells
        table.add_row(*cells, style="red" if budget.startswith("over") else None if change else "dim")
    return table


def _markdown(comparison: Comparison) -> str:
    """For a pull request: what has changed, then what it costs."""
    rows = [["", "layer", "what", "output", "parameters", "MACs"], ["---"] * 4 + ["---:"] * 2]
    rows += ([MARKS.get(row.change, ""), *row.cells] for row in _rows(comparison))
    costs = [[*COSTS_HEAD], ["---", *["---:"] * 4], *map(list, _costs(comparison))]
    parts = [f"### {' → '.join(_names(comparison))}", markdown.table(rows), markdown.table(costs)]
    if comparison.changes:
        parts.append("\n".join(f"- `{_told(change)}`" for change in comparison.changes))
    return "\n\n".join(parts)


def _as_json(comparison: Comparison) -> dict[str, Any]:
    return {
        "version": 1,
        "same": comparison.same,
        **{name: _network(plan) for name, plan in (("old", comparison.old), ("new", comparison.new))},
        "layers": [
            {
                "change": pair.change,
                "old": pair.old and layer_as_json(comparison.old, pair.old),
                "new": pair.new and layer_as_json(comparison.new, pair.new),
                "settings": [*map(_change_as_json, pair.changes)],
            }
            for pair in comparison.pairs
        ],
        "shared": [
            {
                "settings": [*map(_change_as_json, shared.changes)],
                "layers": [pair.layer.name for pair in shared.pairs],
            }
            for shared in comparison.shared
        ],
        "settings": [*map(_change_as_json, comparison.changes)],
    }


def _network(plan: Plan) -> dict[str, Any]:
    return {
        "name": plan.name,
        "input": list(plan.input),
        "parameters": plan.parameters,
        "macs": plan.macs,
        "weight_bytes": plan.weight_bytes,
        "peak_activation_bytes": plan.peak_activation_bytes,
        "training_bytes": plan.training_bytes,
    }


def _change_as_json(change: Change) -> dict[str, Any]:
    """A side that has no such key lacks its value."""
    sides = {name: value for name, value in (("old", change.old), ("new", change.new)) if value is not ABSENT}
    return {"key": change.path, **sides}
