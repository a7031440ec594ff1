"""`netspec compile`: a directory that loads without netspec, and what it costs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from netspec.cli import messages, specs
from netspec.diagnostics.diagnostic import Diagnostic


@click.command(name="compile", epilog="Example: netspec compile specs/lenet5.yaml -o build/lenet5")
@click.argument("file")
@click.option("-o", "--output", "output", metavar="DIR", required=True, help="The directory to write.")
@click.option("--platform", "platform", default="cpu,cuda,tpu", show_default=True, help="What to lower for.")
@click.option("--run", "run", metavar="RUN", help="Takes the trained variables of this run.")
@click.option("--steps-per-epoch", type=click.IntRange(1), help="For a schedule in shares of the run.")
@click.option("--set", "overrides", metavar="KEY=VALUE", multiple=True, help="Another value for a key of the spec.")
def compile_(
    file: str, output: str, platform: str, run: str | None, steps_per_epoch: int | None, overrides: tuple[str, ...]
) -> None:
    """Lowers a network to StableHLO for prediction and training, from any machine for any of the platforms."""
    messages.require_training()
    from netspec.export.artefact import PLATFORMS, Occupied, write
    from netspec.training.optimizer import StepsUnknown

    platforms = tuple(dict.fromkeys(platform.split(",")))
    unknown = [name for name in platforms if name not in PLATFORMS]
    if unknown:
        raise click.BadParameter(f"{', '.join(unknown)}: choose among {', '.join(PLATFORMS)}", param_hint="--platform")
    plan = specs.require_plan(file, overrides)
    variables = messages.load_run(run, "model").variables if run is not None else None
    try:
        cost = write(plan, Path(output), platforms, variables=variables, steps_per_epoch=steps_per_epoch, say=_say)
    except StepsUnknown as error:
        span = plan.spec.train.at("schedule")
        messages.show([Diagnostic("NS613", str(error), plan.spec.source, span, help="pass --steps-per-epoch")])
        raise SystemExit(1) from None
    except Occupied as error:
        raise click.BadParameter(str(error), param_hint="--output") from None
    except ValueError as error:
        if run is None:
            raise
        messages.fail("NS608", f"`{run}` is a run of another network: {error}", None, status=1)
    _table(output, cost)


def _say(stage: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"{stage} ...", err=True)


def _table(output: str, cost: dict[str, Any]) -> None:
    from rich import box
    from rich.table import Table

    from netspec.cli.summary import short, short_bytes

    table = Table(
        box=box.SIMPLE_HEAD, title=f"{output}: batch {cost['batch_size']} on {cost['platform']}", title_justify="left"
    )
    table.add_column("")
    for name in ("netspec", "XLA predict", "XLA train step"):
        table.add_column(name, justify="right")
    predict, step = cost["predict"], cost["train_step"]
    own = cost["netspec"]
    table.add_row("FLOPs", short(own["predict_flops"]), short(round(predict["flops"])), short(round(step["flops"])))
    table.add_row("training memory", short_bytes(own["training_bytes"]), "", short_bytes(step["total_bytes"]))
    table.add_row("bytes accessed", "", *(short_bytes(round(part["bytes_accessed"])) for part in (predict, step)))
    table.add_row("temporary memory", "", *(short_bytes(part["temp_bytes"]) for part in (predict, step)))
    table.add_row("compiled in", "", *(f"{part['compile_seconds']:.1f} s" for part in (predict, step)))
    messages.console().print(table)
