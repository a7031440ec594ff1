"""`netspec bench`: how fast a network trains and predicts on this machine, and where its time goes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from netspec.analysis.figures import percent
from netspec.cli import messages, specs
from netspec.cli.summary import COLOURS

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from netspec.analysis.plan import Plan

DIRECTIONS = {"output": "output", "input_gradient": "input gradient", "weight_gradient": "weight gradient"}
BAR = 12


@click.command(epilog="Example: netspec bench specs/lenet5.yaml --compare")
@click.argument("file")
@click.option("--batch", type=click.IntRange(1), help="The batch size. Default: the spec's, less where steps are long.")
@click.option("--compare", is_flag=True, help="Times the step with the cost model's choices and plain XLA too.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--set", "overrides", metavar="KEY=VALUE", multiple=True, help="Another value for a key of the spec.")
def bench(file: str, batch: int | None, compare: bool, form: str, overrides: tuple[str, ...]) -> None:
    """Measures a training step, each layer and direction of it, and prediction, on made-up images.

    FLOP/s are shown beside those of a matrix product measured in the same run.
    """
    messages.require_training()
    import jax

    from netspec.cli.measuring import Measuring
    from netspec.lowering.planner import choices
    from netspec.training.speed.bench import bench as measure

    plan = _sized(specs.require_plan(file, overrides), batch)
    chosen = choices(plan, plan.spec.train.value.batch_size, jax.default_backend())
    with Measuring(f"measuring {plan.name}") as measuring:
        found = measure(plan, chosen, measuring.say, compare=compare)
    if form == "json":
        click.echo(json.dumps(found))
    else:
        messages.lines(_head(found), _rates(found), _layers(found), _notes(found))


def _sized(plan: Plan, batch: int | None) -> Plan:
    """The plan at the batch size that is measured; says so where that is not the spec's own."""
    from netspec.training.speed.bench import affordable_batch_size, expected_seconds
    from netspec.training.speed.step import with_batch_size

    if len(plan.output) != 1:
        messages.fail("NS209", f"`{plan.name}` ends in a map: it has no training step", None, status=1)
    own = plan.spec.train.value.batch_size
    size = batch or affordable_batch_size(plan)
    if batch is None and size != own:
        seconds = expected_seconds(plan, own)
        click.echo(f"batch {size} instead of {own}, whose step would take about {seconds:.0f} s; see --batch", err=True)
    return with_batch_size(plan, size)


def _head(found: Mapping[str, Any]) -> Text:
    from rich.text import Text

    machine = found["machine"]
    text = Text(messages.safe(found["name"]), style="bold")
    text.append(f"  batch {found['batch_size']}, {found['precision']}", style="not bold")
    cores = f"{machine['cores']} core{'s' if machine['cores'] != 1 else ''}"
    device = f"{machine['device']}, {cores}" if machine["platform"] == "cpu" else machine["device"]
    peak = f"{found['peak_flops_per_second'] / 1e9:,.0f} GFLOP/s in a matrix product"
    return text.append(f"\n{messages.safe(device)}, JAX {machine['jax']}; {peak}", style="not bold dim")


def _rates(found: Mapping[str, Any]) -> Table:
    from rich.table import Table

    table = Table(box=messages.ruled(), pad_edge=False, header_style="bold")
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
            f"{one['images_per_second']:,.0f}",
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
    for name, title in (("model", "cost model"), ("xla", "plain XLA")):
        yield f"  {title}, {compare[name]['median_seconds'] / own:.2f}x", compare[name]


def _ms(seconds: float) -> str:
    """Milliseconds in three digits.

    >>> _ms(0.0123456), _ms(0.00012), _ms(1.5)
    ('12.3 ms', '0.12 ms', '1,500 ms')
    """
    return f"{_number(seconds * 1e3)} ms"


def _number(ms: float) -> str:
    return f"{ms:,.0f}" if ms >= 100 else f"{ms:.1f}" if ms >= 10 else f"{ms:.2f}"


def _layers(found: Mapping[str, Any]) -> Table:
    """A row a layer: each direction's milliseconds and algorithm, and the layer's share of the step."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=messages.ruled(), pad_edge=False, header_style="bold", show_footer=True)
    table.add_column("layer, ms", overflow="fold", footer="everything else")
    rest, step = found["rest_seconds"], found["train_step"]["median_seconds"]
    table.add_column("output", footer=f"{_number(max(rest, 0) * 1e3):>6}", no_wrap=True)
    for title in ("input gradient", "weight gradient"):
        table.add_column(title, no_wrap=True)
    table.add_column(
        "share", justify="right", no_wrap=True, footer=percent(round(1e6 * max(rest, 0)), round(1e6 * step))
    )
    for layer in found["layers"]:
        seconds = sum(one["median_seconds"] for one in layer["directions"].values())
        cells = []
        for direction in DIRECTIONS:
            one = layer["directions"].get(direction)
            cells.append(f"{_number(one['median_seconds'] * 1e3):>6} {one['algorithm']}" if one else "     -")
        share = percent(round(1e6 * seconds), round(1e6 * step))
        table.add_row(Text(messages.safe(layer["name"]), style=COLOURS[layer["kind"]]), *cells, share)
    return table


def _notes(found: Mapping[str, Any]) -> Text:
    from rich.text import Text

    notes = "Each direction was timed on its own. Everything else: bias, norm, activation, loss, optimizer."
    if found["rest_seconds"] < 0:
        notes = "Each direction was timed on its own; together they share work, so that the step is shorter."
    return Text(notes, style="dim")
