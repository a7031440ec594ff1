"""`netspec bench`: how fast a network trains and predicts on this machine, and where its time goes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TextIO

import click

from netspec.analysis.against_data import map_as_output
from netspec.analysis.figures import percent
from netspec.cli import computing, messages, options, specs, tuning
from netspec.cli.outcome import Outcome
from netspec.diagnostics.errors import SpecError
from netspec.language.kinds import KINDS

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from netspec.analysis.plan import Plan

DIRECTIONS = {"output": "output", "input_gradient": "input gradient", "weight_gradient": "weight gradient"}
NAME = 16
"""How much of a name stands on one line of the table, which has to fit 80 columns."""
HOW = {
    "model": "those of the rules",
    "measured": "the quickest measured",
    "cache": "the quickest measured earlier",
    "pinned": "as --choices says",
}


@click.command(
    short_help="Measure how fast a network trains and predicts.",
    epilog="Example: netspec bench specs/lenet5.yaml --compare",
)
@click.argument("file", type=options.FILE)
@click.option(
    "--batch",
    type=click.IntRange(1),
    metavar="N",
    help="The batch size.  [default: the spec's, less where a step would take seconds]",
)
@tuning.TUNE
@tuning.CHOICES
@click.option("--compare", is_flag=True, help="Time the step with the rules' choices and with plain XLA too.")
@options.forms("table", "json")
@options.overrides
def bench(
    file: str, batch: int | None, tune: str, pinned: str | None, compare: bool, form: str, overrides: tuple[str, ...]
) -> Outcome:
    """Measure a training step, each layer and direction of it, and prediction, on made-up images.

    FILE is a spec, `-` for standard input, or a run directory. FLOP/s are shown beside those of a matrix product measured in the same run.
    """
    computing.begin()
    from netspec.cli.measuring import Measuring
    from netspec.cli.progress import Progress
    from netspec.tuning.bench import bench as measure
    from netspec.workflows.tuning import choose

    plan = _sized(specs.require_plan(specs.of_run(file), overrides), batch)
    with Progress() as progress:
        chosen = choose(plan, tune, pinned, (progress,), messages.tell)
    with Measuring(f"measuring {plan.name}") as measuring:
        found = measure(plan, chosen.choices, measuring.say, compare=compare) | {"tuning": chosen.as_json()}
    if form == "json":
        return Outcome(result=lambda _: [json.dumps(found) + "\n"])
    return Outcome(result=lambda stream: [_table(found, stream)])


def _sized(plan: Plan, batch: int | None) -> Plan:
    """The plan at the batch size that is measured; says so where that is not the spec's own."""
    from netspec.tuning.bench import affordable_batch_size, expected_seconds
    from netspec.tuning.timed_step import with_batch_size

    if len(plan.output) != 1:
        raise SpecError([map_as_output(plan.spec, plan.layers[-1])])
    own = plan.spec.train.value.batch_size
    size = batch or affordable_batch_size(plan)
    if batch is None and size != own:
        seconds = expected_seconds(plan, own)
        click.echo(f"batch {size} instead of {own}, whose step would take about {seconds:.0f} s; see --batch", err=True)
    return with_batch_size(plan, size)


def _table(found: Mapping[str, Any], stream: TextIO) -> str:
    return messages.lines(stream, _head(found), _rates(found, stream), _layers(found, stream), _notes(found))


def _head(found: Mapping[str, Any]) -> Text:
    from rich.text import Text

    machine = found["machine"]
    text = Text(messages.safe(found["name"]), style="bold")
    text.append(f"  batch {found['batch_size']}, {found['precision']}", style="not bold")
    cores = f"{machine['cores']} core{'s' if machine['cores'] != 1 else ''}"
    device = f"{machine['device']}, {cores}" if machine["platform"] == "cpu" else machine["device"]
    peak = f"{found['peak_flops_per_second'] / 1e9:,.0f} GFLOP/s in a matrix product"
    text.append(f"\n{messages.safe(device)}, JAX {machine['jax']}; {peak}", style="not bold dim")
    text.append(f"\nalgorithms: {HOW[found['tuning']['how']]}", style="not bold dim")
    return text.append(f"\n{_kernels(machine)}" if machine["platform"] == "cpu" else "", style="not bold dim")


def _kernels(machine: Mapping[str, Any]) -> str:
    """Which compiled kernels there are, and why there are none."""
    from netspec import kernels

    if (known := machine["kernels"]) is not None:
        return f"compiled kernels: {known.partition(' ')[2]}"
    return "compiled kernels: off" if kernels.loaded() else "no compiled kernels: installed without a C++ compiler"


def _rates(found: Mapping[str, Any], stream: TextIO) -> Table:
    from rich.table import Table

    table = Table(box=messages.ruled(stream), pad_edge=False, header_style="bold")
    table.add_column("")
    for name in ("median", "min", "images/s", "GFLOP/s", "of peak"):
        table.add_column(name, justify="right", no_wrap=True)
    rows = {"training step": found["train_step"]}
    rows |= {f"predict {one['batch_size']}": one for one in found["predict"]}
    for name, one in rows.items():
        table.add_row(
            name,
            _ms(one["median_seconds"]),
            _ms(one["min_seconds"]),
            _number(one["images_per_second"]),
            f"{one['flops_per_second'] / 1e9:,.1f}",
            f"{one['share_of_peak']:.0%}",
        )
        if name == "training step" and "compare" in found:
            for title, other in _compared(found["compare"]):
                table.add_row(title, _ms(other["median_seconds"]), _ms(other["min_seconds"]), style="dim")
    return table


def _compared(compare: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The other ways to run the step, with how much longer they take."""
    own = compare["chosen"]["median_seconds"]
    for name, title in (("model", "by rules"), ("xla", "plain XLA")):
        yield f"  {title}, {compare[name]['median_seconds'] / own:.2f}x", compare[name]


def _ms(seconds: float) -> str:
    """Milliseconds in about three digits.

    >>> _ms(0.0123456), _ms(0.00012), _ms(1.5)
    ('12.3 ms', '0.12 ms', '1,500 ms')
    """
    return f"{_number(seconds * 1e3)} ms"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _layers(found: Mapping[str, Any], stream: TextIO) -> Table:
    """A row a layer: each direction's milliseconds and algorithm, and the layer's share of the step."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=messages.ruled(stream), pad_edge=False, header_style="bold", show_footer=True)
    rest, step = found["rest_seconds"], found["train_step"]["median_seconds"]
    sign = "-" if rest < 0 else ""
    table.add_column("layer, ms", overflow="fold", footer="saved together" if sign else "everything else")
    table.add_column("output", footer=f"{sign + _number(abs(rest) * 1e3):>6}", no_wrap=True)
    for title in ("input gradient", "weight gradient"):
        table.add_column(title, no_wrap=True)
    table.add_column(
        "share", justify="right", no_wrap=True, footer=sign + percent(round(1e6 * abs(rest)), round(1e6 * step))
    )
    for layer in found["layers"]:
        seconds = sum(one["median_seconds"] for one in layer["directions"].values())
        cells = []
        for direction in DIRECTIONS:
            one = layer["directions"].get(direction)
            cells.append(f"{_number(one['median_seconds'] * 1e3):>6} {one['algorithm']}" if one else "     -")
        share = percent(round(1e6 * seconds), round(1e6 * step))
        name = _broken(messages.safe(layer["name"]))
        table.add_row(Text(name, style=KINDS[layer["kind"]].colour.terminal), *cells, share)
    return table


def _broken(name: str) -> str:
    """A long name of a nested layer in lines that end between its parts.

    >>> _broken("block7.block2.branch1.conv1")
    'block7.block2.\\n  branch1.conv1'
    """
    lines = [""]
    for part in re.findall(r"[^.]*\.?", name):
        if lines[-1] and len(lines[-1]) + len(part) > NAME:
            lines.append("  ")
        lines[-1] += part
    return "\n".join(lines)


def _notes(found: Mapping[str, Any]) -> Text:
    from rich.text import Text

    notes = "Each direction was timed on its own. Everything else: bias, norm, activation, loss, optimizer."
    if found["rest_seconds"] < 0:
        notes = (
            "Each direction was timed on its own; together they share work and overlap, so that the step is shorter."
        )
    return Text(notes, style="dim")
