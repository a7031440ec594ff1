"""`netspec summary`: the layers of a network with their shapes and costs."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import click

from netspec.analysis.budgets import COSTS
from netspec.analysis.plan import Plan, PlannedLayer, grammar
from netspec.analysis.summary import Savings, as_json, savings
from netspec.cli import messages, specs
from netspec.language.kind import dimensions

if TYPE_CHECKING:
    from rich.console import Console

COLUMNS = ("name", "kind", "input", "output", "arithmetic", "parameters", "macs", "activation_bytes", "receptive_field")
WIDE = 118
"""Columns of a terminal in which the arithmetic has a column of its own."""


@click.command(epilog="Example: netspec summary specs/lenet5.yaml")
@click.argument("file")
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "markdown", "csv"]), default="table", show_default=True
)
@click.option("--set", "overrides", metavar="KEY=VALUE", multiple=True, help="Another value for a key of the spec.")
def summary(file: str, form: str, overrides: tuple[str, ...]) -> None:
    """Shows each layer's shape arithmetic, parameters, multiply-adds, memory and receptive field."""
    plan = specs.require_plan(file, overrides)
    if form == "json":
        click.echo(json.dumps(as_json(plan)))
    elif form == "csv":
        click.echo(_csv(plan), nl=False)
    elif form == "markdown":
        click.echo(_markdown(plan))
    else:
        _table(plan)


def _rows(plan: Plan) -> list[list[str]]:
    """One row a layer, in the order of COLUMNS; shapes joined by x."""
    return [[_cell(layer[column]) for column in COLUMNS] for layer in as_json(plan)["layers"]]


def _cell(value: Any) -> str:
    return dimensions(tuple(value)) if isinstance(value, list) else str(value)


def _csv(plan: Plan) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([COLUMNS, *_rows(plan)])
    return out.getvalue()


def _markdown(plan: Plan) -> str:
    rows = [list(COLUMNS), ["---"] * 5 + ["---:"] * 4, *_rows(plan)]
    table = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)
    total = f"**{plan.parameters:,}** parameters, **{plan.macs:,}** multiply-adds, `{grammar(plan.spec)['text']}`"
    return f"### {plan.name}\n\n{table}\n\n{total}"


def _table(plan: Plan) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    console = messages.console()
    _head(console, plan)
    wide = console.width >= WIDE
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=True, footer_style="bold", header_style="bold")
    table.add_column("layer", footer="total", overflow="fold")
    if wide:
        table.add_column("what")
        table.add_column("arithmetic", style="dim")
    for name, total in (("output", ""), ("parameters", f"{plan.parameters:,}"), ("MACs", short(plan.macs))):
        table.add_column(name, footer=total, justify="right", no_wrap=True)
    if wide:
        table.add_column("memory", justify="right", no_wrap=True)
    table.add_column("sees", justify="right", no_wrap=True)
    for layer in plan.layers:
        title = Text(layer.name, style=COLOURS[layer.kind])
        if not wide:
            title.append(f"  {described(layer)}", style="default")
            title.append(f"\n  {layer.arithmetic}", style="dim default")
        numbers = [f"{layer.parameters:,}" if layer.parameters else "", short(layer.macs) if layer.macs else ""]
        row = [title, *([described(layer), layer.arithmetic] if wide else []), dimensions(layer.output), *numbers]
        row += [short_bytes(layer.activation_bytes)] if wide else []
        table.add_row(*row, dimensions(layer.receptive_field))
    console.print(table)
    _shares(console, plan)
    _savings(console, savings(plan))
    _budgets(console, plan)


COLOURS = {"conv": "cyan", "pool": "green", "fc": "magenta"}


def _head(console: Console, plan: Plan) -> None:
    from rich.text import Text

    facts = grammar(plan.spec)
    title = Text(plan.name, style="bold")
    if plan.spec.description:
        title.append(f"  {messages.safe(plan.spec.description)}", style="not bold")
    console.print(title)
    counts = facts["N"]
    assert isinstance(counts, list)
    n = str(counts[0]) if len(set(counts)) == 1 else ", ".join(map(str, counts)) or "-"
    console.print(Text(f"{facts['text']}   (N = {n}, M = {facts['M']}, K = {facts['K']})"))
    console.print(Text(f"input {dimensions(plan.input)}", style="dim"))


def described(layer: PlannedLayer) -> str:
    """A layer in a few words: `conv 5x5 /2, relu`."""
    s: Any = layer.settings
    if layer.kind == "fc":
        words = ["fc"]
    elif layer.kind == "pool":
        words = [f"{s.type} pool all" if s.window == "all" else f"{s.type} pool {dimensions(s.window)}"]
        if s.window not in ("all", s.stride):
            words[0] += f" /{dimensions(tuple(dict.fromkeys(s.stride)))}"
    else:
        words = [
            f"conv {dimensions(s.kernel)}"
            + (f" /{dimensions(tuple(dict.fromkeys(s.stride)))}" if s.stride != (1, 1) else "")
        ]
        if s.groups == "depthwise" or s.groups > 1:
            words.append("depthwise" if s.groups == "depthwise" else f"{s.groups} groups")
    if layer.kind != "pool":
        words += ["batch norm"] if s.norm == "batch" else []
        words += [s.activation] if s.activation != "none" else []
        words += [f"dropout {s.dropout:g}"] if s.dropout else []
    return ", ".join(words)


def short(number: int) -> str:
    """A count in three or four digits.

    >>> short(416520), short(15470264320), short(840)
    ('416.5k', '15.5G', '840')
    """
    for unit, size in (("T", 10**12), ("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= size:
            return f"{number / size:.1f}{unit}"
    return str(number)


def short_bytes(number: int) -> str:
    """A size in bytes, by powers of 1024.

    >>> short_bytes(18816), short_bytes(40)
    ('18.4KiB', '40B')
    """
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if number >= size:
            return f"{number / size:.1f}{unit}"
    return f"{number}B"


def _shares(console: Console, plan: Plan) -> None:
    """Where the parameters and the multiply-adds are: a bar for each layer that has any."""
    from rich.text import Text

    size = 24
    trained = [layer for layer in plan.layers if layer.parameters]
    named = max(len(layer.name) for layer in trained) if trained else 0
    if trained:
        console.print(Text(f"{'':<{named}}  {'share of parameters':<{size + 6}}  share of MACs", style="bold"))
    for layer in trained:
        line = Text(f"{layer.name:<{named}}  ", style=COLOURS[layer.kind])
        for share in (layer.parameters / plan.parameters, layer.macs / max(plan.macs, 1)):
            bar = "#" * round(share * size)
            line.append(f"{bar:<{size}} {share:>4.0%}   ", style="default")
        console.print(line)


def _savings(console: Console, s: Savings) -> None:
    from rich.text import Text

    if not s.fully_connected:
        return
    console.print(Text("\nWhat convolution saves, in parameters", style="bold"))
    lines = [
        ("fully connected layers instead", s.fully_connected, 0),
        ("local connection: own weights for each window", s.local, s.fully_connected),
        ("weight sharing: one filter for the whole image", s.shared, s.local),
    ]
    if s.undiminished:
        lines += [
            ("first fc without downsampling", s.undiminished, 0),
            ("downsampling: first fc as it is", s.downsampled, s.undiminished),
        ]
    for words, value, before in lines:
        times = f"  {before / value:,.1f}x fewer" if before else ""
        console.print(Text(f"  {words:<46} {value:>17,}{times}"))


def _budgets(console: Console, plan: Plan) -> None:
    from rich.text import Text

    budget = plan.spec.budget.value
    console.print(
        Text(
            f"\nweights {short_bytes(plan.weight_bytes)}, training about {short_bytes(plan.training_bytes)} at batch "
            f"{plan.spec.train.value.batch_size}; a unit of the last map sees {dimensions(plan.receptive_field)} pixels"
        )
    )
    for cost in COSTS:
        limit = getattr(budget, cost.key)
        if limit is not None:
            used = cost.of(plan)
            console.print(Text(f"budget {cost.key}: {used:,} of {limit:,} ({used / max(limit, 1):.0%})", style="green"))
