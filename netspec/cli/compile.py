"""`netspec compile`: a directory that loads without netspec, and what it costs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from netspec.cli import computing, messages, options, specs
from netspec.cli.outcome import Outcome

if TYPE_CHECKING:
    from netspec.analysis.plan import Plan
    from netspec.training.trained import TrainedNetwork


def platform(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--platform NAMES`: what StableHLO is lowered for, as a tuple; None where it is not given."""
    return click.option(
        "--platform",
        "platforms",
        metavar="NAMES",
        callback=_platforms,
        help="What to lower for, separated by commas, as in `cpu,cuda`.  [default: all that can be]",
    )(command)


def _platforms(context: click.Context, option: click.Parameter, names: str | None) -> tuple[str, ...] | None:
    if names is None:
        return None
    return tuple(dict.fromkeys(names.split(",")))


def steps_per_epoch(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--steps-per-epoch N`."""
    return click.option(
        "--steps-per-epoch", metavar="N", type=click.IntRange(1), help="For a schedule in shares of the run."
    )(command)


@click.command(
    name="compile",
    short_help="Compile to StableHLO that loads without netspec.",
    epilog="Example: netspec compile specs/lenet5.yaml -o build/lenet5",
)
@click.argument("file", type=options.FILE)
@click.option(
    "-o", "--output", "output", metavar="DIR", required=True, type=options.FILE, help="The directory to write."
)
@platform
@click.option("--run", "run", metavar="RUN", type=options.FILE, help="Take the trained variables of this run.")
@options.checkpoint
@steps_per_epoch
@options.forms()
@options.overrides
def compile_(
    file: str,
    output: str,
    platforms: tuple[str, ...] | None,
    run: str | None,
    checkpoint: str,
    steps_per_epoch: int | None,
    overrides: tuple[str, ...],
) -> Outcome:
    """Compile prediction and a training step to StableHLO, on any machine for any of the platforms.

    FILE is a spec, `-` for standard input, or a run directory, whose trained variables are then taken.

    DIR then holds all that it takes to load and run them: the arrays, a loader, and what each function costs.
    """
    computing.begin()
    from netspec.workflows.runs import load

    if run is None and specs.is_run(file):
        run = file
    if run is None and checkpoint != "model":
        raise click.UsageError("--checkpoint is one of a run: name it with --run.")
    plan = specs.require_plan(specs.of_run(file), overrides)
    network = load(run, checkpoint, messages.tell, imported=True) if run is not None else None
    cost = compile_into(output, plan, run, network, platforms=platforms, steps_per_epoch=steps_per_epoch)
    return Outcome(result=lambda stream: _table(output, cost, stream))


def compile_into(
    output: str,
    plan: Plan,
    run: str | None = None,
    network: TrainedNetwork | None = None,
    *,
    platforms: tuple[str, ...] | None = None,
    steps_per_epoch: int | None = None,
) -> dict[str, Any]:
    """A plan as StableHLO in a directory, with the variables of the network of a run; gives what it costs.

    Raises BadParameter where the directory is another's or a platform none, and what `netspec.workflows.export.compiled` raises.
    """
    from netspec.export.artefact import PLATFORMS, Occupied
    from netspec.workflows.export import compiled

    if output == "-":
        raise click.BadParameter("a directory is written, not a file", param_hint="--output")
    unknown = [name for name in platforms or () if name not in PLATFORMS]
    if unknown:
        raise click.BadParameter(f"{', '.join(unknown)}: choose among {', '.join(PLATFORMS)}", param_hint="--platform")
    if len(plan.output) != 1:
        click.echo("the network ends in a map, not in logits: compiled without a training step", err=True)
    trained, lowered = Path(run) if run is not None else None, platforms or PLATFORMS
    try:
        return compiled(plan, Path(output), lowered, trained, network, steps_per_epoch=steps_per_epoch, say=_say)
    except Occupied as error:
        raise click.BadParameter(str(error), param_hint="--output") from None


def _say(stage: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"{stage} ...", err=True)


def _table(output: str, cost: dict[str, Any], stream: TextIO) -> Iterator[str]:
    """What each function takes, netspec's count beside XLA's; then the files."""
    from rich.table import Table
    from rich.text import Text

    from netspec.analysis.figures import short, short_bytes

    own, names = cost["netspec"], [name for name in ("predict", "train_step") if name in cost]
    title = f"{messages.safe(output)}: batch {cost['batch_size']} on {cost['platform']}"
    table = Table(box=messages.ruled(stream), pad_edge=False, header_style="bold")
    table.add_column("")
    for name in names:
        table.add_column(f"{name} netspec", justify="right")
        table.add_column("XLA", justify="right")
    counts = (part for name in names for part in (own[f"{name}_flops"], round(cost[name]["flops"])))
    table.add_row("FLOPs", *(short(count) for count in counts))
    memory = {"predict": "", "train_step": short_bytes(own["training_bytes"])}
    table.add_row(
        "memory", *(cell for name in names for cell in (memory[name], short_bytes(cost[name]["total_bytes"])))
    )
    for row, key in (("of it temporary", "temp_bytes"), ("bytes accessed", "bytes_accessed")):
        table.add_row(row, *(cell for name in names for cell in ("", short_bytes(round(cost[name][key])))))
    table.add_row("compiled in", *(cell for name in names for cell in ("", f"{cost[name]['compile_seconds']:.1f} s")))
    yield messages.lines(stream, Text(title), table)
    for path in sorted(Path(output).iterdir()):
        if path.is_file():
            yield f"  {messages.safe(path.name):<22} {short_bytes(path.stat().st_size):>9}\n"
