"""`netspec summary`: the layers of a network with their shapes and costs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any, TextIO

import click

from netspec.analysis.budgets import COSTS
from netspec.analysis.figures import percent, short_bytes
from netspec.analysis.plan import Plan, PlannedLayer, grammar
from netspec.analysis.streaming import streaming
from netspec.analysis.summary import as_json, layer_as_json, one_as_json, savings, sharing
from netspec.cli import layer_table, markdown, messages, options, specs
from netspec.cli.outcome import Outcome
from netspec.diagnostics.render.wording import counted
from netspec.language.kind import dimensions, elements

if TYPE_CHECKING:
    from rich.text import Text

COLUMNS = (
    "name", "kind", "input", "output", "arithmetic",
    "parameters", "macs", "activation_bytes", "receptive_field", "fc_parameters",
)  # fmt: skip


@click.command(
    short_help="Show each layer with its shape and costs.", epilog="Example: netspec summary specs/lenet5.yaml"
)
@click.argument("file", type=options.FILE)
@options.layer("Only this layer, and what sharing its weights saves.")
@options.forms("table", "json", "markdown", "csv")
@options.overrides
def summary(file: str, layer: str | None, form: str, overrides: tuple[str, ...]) -> Outcome:
    """Show each layer's shape arithmetic, parameters, multiply-adds, memory and receptive field.

    FILE is a spec, `-` for standard input, or a run directory. A network that exceeds its budgets is shown too; the exit status is then 1.
    """
    plan, report = specs.require_costs(file, overrides)
    only = None if layer is None else specs.require_layer(plan, layer)

    def result(stream: TextIO) -> Iterator[str]:
        if form == "json":
            yield json.dumps(as_json(plan) if only is None else one_as_json(plan, only)) + "\n"
        elif form == "csv":
            yield _csv(_rows(plan, only))
        elif form == "markdown":
            yield _markdown(plan, _rows(plan, only), whole=only is None) + "\n"
        else:
            yield _table(plan, stream) if only is None else messages.lines(stream, _one(only))

    return Outcome(report.diagnostics, result, int(not report.ok))


def _rows(plan: Plan, only: PlannedLayer | None) -> list[list[str]]:
    """One row a layer, in the order of COLUMNS; shapes joined by x."""
    layers = [layer_as_json(plan, layer) for layer in (plan.layers if only is None else [only])]
    return [[_cell(layer[column]) for column in COLUMNS] for layer in layers]


def _cell(value: Any) -> str:
    return dimensions(tuple(value)) if isinstance(value, list) else str(value)


def _csv(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([COLUMNS, *rows])
    return out.getvalue()


def _markdown(plan: Plan, rows: list[list[str]], *, whole: bool) -> str:
    table = f"### {plan.name}\n\n{markdown.table([list(COLUMNS), ['---'] * 5 + ['---:'] * 5, *rows])}"
    if not whole:
        return table
    frozen = f" (**{plan.trained_parameters:,}** trained, the others frozen)" if plan.frozen else ""
    total = (
        f"**{plan.parameters:,}** parameters{frozen}, **{plan.macs:,}** multiply-adds, `{grammar(plan.spec)['text']}`"
    )
    return f"{table}\n\n{total}"


def _table(plan: Plan, stream: TextIO) -> str:
    parts = (
        _head(plan),
        layer_table.layers(plan, stream),
        layer_table.shares(plan, stream),
        _savings(plan),
        _totals(plan),
    )
    return messages.lines(stream, *parts)


def _head(plan: Plan) -> Text:
    from rich.text import Text

    facts = grammar(plan.spec)
    title = Text(plan.name, style="bold")
    if plan.spec.description:
        title.append(f"  {messages.safe(plan.spec.description)}", style="not bold")
    counts = facts["N"]
    assert isinstance(counts, list)
    n = _counted(counts) if len(set(counts)) > 1 else ", ".join(map(str, counts[:1])) or "-"
    title.append(f"\n{facts['text']}", style="not bold")
    return title.append(
        f"\nN = {n}; M = {facts['M']}; K = {facts['K']}; input {dimensions(plan.input)}", style="not bold dim"
    )


def _counted(counts: list[int]) -> str:
    """`1, 2, 2, 3*16`: what follows itself more than three times is written once, with its number."""
    found = []
    for count, alike in groupby(counts):
        times = len(list(alike))
        found += [f"{count}*{times}"] if times > 3 else [str(count)] * times
    return ", ".join(found)


def _savings(plan: Plan) -> Text:
    """The three savings, each with what it is worth."""
    from rich.text import Text

    s = savings(plan)
    rows = []
    if s.fully_connected:
        rows = [
            ("conv layers, if fully connected [1]", s.fully_connected, 0),
            ("local connection: weights of a window [2]", s.local, s.fully_connected),
            ("weight sharing: one filter for all windows", s.shared, s.local),
        ]
    if s.undiminished:
        rows += [
            ("first fc layer without downsampling [3]", s.undiminished, 0),
            ("downsampling: first fc layer as it is", s.downsampled, s.undiminished),
        ]
    text = Text("")
    if rows:
        text.append("\nWhat convolution saves, in parameters", style="bold")
    text.append("".join(f"\n{line}" for line in _chain(rows)))
    notes = [
        *(
            ("[1] (inputs + 1) * outputs", "[2] each output cell with weights and bias of its own")
            if s.fully_connected
            else ()
        ),
        *(("[3] every stride 1 and nothing pooled",) if s.undiminished else ()),
    ]
    return text.append("".join(f"\n  {note}" for note in notes) + ("\n" if rows else ""), style="dim")


def _chain(rows: Iterable[tuple[str, int, int]]) -> Iterator[str]:
    """Words, parameters, and how many times fewer they are than those before, where there are such."""
    for words, value, before in rows:
        # more digits than these would not fit 80 columns
        times = f"  {before / value:,.{0 if before > 1000 * value else 1}f}x fewer" if before else ""
        yield f"  {words:<44}{value:>18,}{times}"


def _one(layer: PlannedLayer) -> Text:
    """One layer, and its parameters as they are and as they would be without sharing them."""
    from rich.text import Text

    text = Text(layer.name, style="bold")
    text.append(f"  {layer_table.described(layer)}", style="not bold")
    shapes = f"{' and '.join(map(dimensions, layer.inputs))} -> {dimensions(layer.output)}"
    text.append(f"\n{shapes}: {layer.arithmetic}", style="not bold dim")
    facts = (
        f"{layer.parameters:,} parameters, {layer.macs:,} multiply-adds, {short_bytes(layer.activation_bytes)} an image"
    )
    text.append(f"\n{facts}, sees {dimensions(layer.receptive_field)}\n", style="not bold")
    chain = sharing(layer)
    if chain is None:
        return text
    text.append("\nIts parameters\n", style="bold")
    (*_, filters), inputs, cells = layer.output, sum(map(elements, layer.inputs)), elements(layer.output)
    rows = [
        (f"fully connected: ({inputs:,} + 1) * {cells:,} cells", chain.fully_connected, 0),
        (f"locally connected: {chain.local // cells:,} * {cells:,} cells", chain.local, chain.fully_connected),
        (f"shared: {chain.shared // filters:,} * {counted(filters, 'filter')}", chain.shared, chain.local),
    ]
    text.append("\n".join(_chain(rows)), style="not bold")
    others = layer.parameters - chain.shared
    return text.append(f"\n  and {others:,} of norm and activation" if others else "", style="dim")


def _totals(plan: Plan) -> Text:
    """What the whole network needs, and how much of each budget that is."""
    from rich.text import Text

    batch = plan.spec.train.value.batch_size
    memory = plan.training_memory
    text = Text(f"weights {short_bytes(plan.weight_bytes)}")
    if plan.last_map is not None:
        text.append(f"; the last map sees {dimensions(plan.receptive_field)} pixels")
    if plan.frozen:
        layers = counted(len(plan.frozen), "layer")
        frozen = plan.parameters - plan.trained_parameters
        text.append(f"\ntrained {plan.trained_parameters:,} parameters; frozen {frozen:,}, of {layers}")
    parts = sorted(asdict(memory).items(), key=lambda part: -part[1])
    listed = ", ".join(f"{name} {percent(size, memory.total)}" for name, size in parts if size)
    text.append(f"\ntraining {short_bytes(memory.total)} at batch {batch}")
    text.append(f"\n  {listed}", style="dim")
    if plan.spec.data.value.loading == "stream":
        held = streaming(plan)
        text.append(
            f"\nstreaming {short_bytes(held.bytes)}: the raw pixels of {held.batches} batches, {held.images:,} images; "
            "and in each reading thread the image that it decodes"
        )
    budget = plan.spec.budget.value
    for cost in COSTS:
        limit = getattr(budget, cost.key)
        if limit is not None:
            used = cost.of(plan)
            more = used > limit
            text.append(
                f"\nbudget {cost.key}: {used:,} of {limit:,} ({percent(used, limit)})" + ", exceeded" * more,
                _BUDGET[more],
            )
    if budget.receptive_field is not None:
        less = any(seen < least for seen, least in zip(plan.receptive_field, budget.receptive_field, strict=True))
        text.append(
            f"\nbudget receptive_field: at least {dimensions(budget.receptive_field)}" + ", not reached" * less,
            _BUDGET[less],
        )
    return text


_BUDGET = {False: "green", True: "bold red"}
