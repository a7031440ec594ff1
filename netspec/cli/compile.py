"""`netspec compile`: a directory that loads without netspec, and what it costs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import click

from netspec.cli import computing, messages, options, specs
from netspec.cli.outcome import Outcome
from netspec.diagnostics.diagnostic import Diagnostic, placeless
from netspec.diagnostics.errors import RunError, SpecError


@click.command(
    name="compile",
    short_help="Compile to StableHLO that loads without netspec.",
    epilog="Example: netspec compile specs/lenet5.yaml -o build/lenet5",
)
@click.argument("file", type=options.FILE)
@click.option(
    "-o", "--output", "output", metavar="DIR", required=True, type=options.FILE, help="The directory to write."
)
@click.option(
    "--platform",
    "platform",
    metavar="NAMES",
    default="cpu,cuda,tpu",
    show_default=True,
    help="What to lower for, separated by commas.",
)
@click.option("--run", "run", metavar="RUN", type=options.FILE, help="Take the trained variables of this run.")
@options.checkpoint
@click.option("--steps-per-epoch", metavar="N", type=click.IntRange(1), help="For a schedule in shares of the run.")
@options.forms()
@options.overrides
def compile_(
    file: str,
    output: str,
    platform: str,
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
    from netspec.analysis import schedules
    from netspec.export.artefact import PLATFORMS, AnotherNetwork, Occupied, write
    from netspec.export.trained import of_run
    from netspec.training.optimizer import Contradiction, StepsUnknown
    from netspec.workflows.runs import load

    platforms = tuple(dict.fromkeys(platform.split(",")))
    unknown = [name for name in platforms if name not in PLATFORMS]
    if unknown:
        raise click.BadParameter(f"{', '.join(unknown)}: choose among {', '.join(PLATFORMS)}", param_hint="--platform")
    if run is None and specs.is_run(file):
        run = file
    if run is None and checkpoint != "model":
        raise click.UsageError("--checkpoint is one of a run: name it with --run.")
    plan = specs.require_plan(specs.of_run(file), overrides)
    trained: Any = None
    classes: tuple[str, ...] | None = None
    pixels: Any = None
    if run is not None:
        network = load(run, checkpoint, messages.tell)
        trained, known = of_run(Path(run), network)
        steps_per_epoch = steps_per_epoch or known
        classes, pixels = network.classes, network.pixels
    if len(plan.output) != 1:
        click.echo("the network ends in a map, not in logits: compiled without a training step", err=True)
    try:
        cost = write(
            plan,
            Path(output),
            platforms,
            trained=trained,
            classes=classes,
            pixels=pixels,
            steps_per_epoch=steps_per_epoch,
            say=_say,
        )
    except StepsUnknown as error:
        span = plan.spec.train.at("schedule")
        finding = Diagnostic("NS613", str(error), plan.spec.source, span, help="pass --steps-per-epoch")
        raise SpecError([finding]) from None
    except Contradiction:
        steps = steps_per_epoch and steps_per_epoch * plan.spec.train.value.epochs
        raise SpecError(list(schedules.check(plan.spec, steps))) from None
    except Occupied as error:
        raise click.BadParameter(str(error), param_hint="--output") from None
    except AnotherNetwork as error:
        raise RunError(
            [placeless("NS608", f"`{run}` is of the network `{network.plan.name}`, not of this `{plan.name}`: {error}")]
        ) from None
    return Outcome(result=lambda stream: _table(output, cost, stream))


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
