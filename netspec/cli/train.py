"""`netspec train`: from a spec to a trained network in a run directory."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click
from click.core import ParameterSource

from netspec.cli import computing, farewell, messages, options, specs, tuning
from netspec.cli.outcome import Outcome
from netspec.diagnostics.render.wording import counted
from netspec.text.recognition import RUN_SPEC

if TYPE_CHECKING:
    from netspec.analysis.plan import Plan
    from netspec.data.streamed import Meter
    from netspec.training.session import Outcome as Session
    from netspec.workflows.train import Run


@click.command(
    short_help="Train a network into a run directory.",
    epilog="Example: netspec train specs/digits.yaml --set train.epochs=10",
)
@click.argument("file", required=False, type=options.FILE)
@click.option(
    "--resume",
    "resume",
    metavar="RUN",
    type=options.FILE,
    help="Go on with the run in this directory, or from this one of its checkpoints; FILE may be left out.",
)
@options.data
@options.overrides
@click.option(
    "--output",
    "output",
    metavar="DIR",
    type=options.FILE,
    help="The run directory.  [default: the next free runs/NAME-1, NAME-2, ...]",
)
@click.option(
    "--devices",
    type=click.IntRange(1),
    metavar="N",
    default=1,
    show_default=True,
    help="Divide each batch among N devices.",
)
@tuning.TUNE
@tuning.CHOICES
@options.forms()
@click.pass_context
def train(
    ctx: click.Context,
    file: str | None,
    resume: str | None,
    data: str | None,
    overrides: tuple[str, ...],
    output: str | None,
    devices: int,
    tune: str,
    pinned: str | None,
) -> Outcome:
    """Train the network of a spec into a run directory, which holds all that was made and can be resumed.

    \b
    Exit status: 0 done, 1 the spec or the data are wrong or the target was
    missed, 2 wrong usage, 3 the environment or a bug; 129, 130 and 143 after
    SIGHUP, SIGINT and SIGTERM, with a checkpoint to go on from.
    """
    computing.begin()
    if file is None and resume is None:
        raise click.UsageError("name a spec, or a run with --resume.")
    if file is not None and specs.is_run(file):
        go_on, again = f"netspec train --resume {file}", f"netspec train {specs.of_run(file)}"
        raise click.UsageError(f"{file} is a run: go on with it by {go_on}, or begin another by {again}.")
    from netspec.cli.progress import Progress
    from netspec.workflows import resuming
    from netspec.workflows import train as workflow

    resumed = None
    if resume is not None:
        chosen = pinned is not None or ctx.get_parameter_source("tune") is not ParameterSource.DEFAULT
        moved = file is not None or any(item.startswith("data.path") for item in overrides)
        resumed = resuming.resumed(Path(resume), output, chosen=chosen, moved=moved)
    spec = file or str((resumed.run if resumed else Path()) / RUN_SPEC)
    plan = specs.require_plan(spec, overrides)
    with Progress() as progress, farewell.cleared():
        run = workflow.train(
            plan,
            data=data,
            output=output,
            resumed=resumed,
            devices=devices,
            tune=tune,
            pinned=pinned,
            watchers=(progress,),
            tell=progress.tell,
        )
        return _ended(run, progress.began)


SHORT_SECONDS = 0.05
"""What takes less is not named among what a run took."""
MUCH_UNNAMED = 0.05
"""The share of a run's time above which what is none of its parts is named."""


def _ended(run: Run, began: float) -> Outcome:
    """How the training ended; the status is what the signal or the target asks for."""
    done = run.outcome
    if done.interrupted is not None:
        step = messages.safe(f"netspec train --resume {run.folder}")
        click.echo(f"interrupted and saved; go on with: {step}", err=True)
        return Outcome(status=128 + done.interrupted)
    if done.first_step_seconds is None:
        click.echo(messages.fitted(_complete(run.plan, done), sys.stderr), err=True)
    click.echo(messages.fitted(_times(done, began, run.report_seconds), sys.stderr), err=True)
    if (words := waiting(done.reading, done.step_seconds)) is not None:
        click.echo(messages.fitted(words, sys.stderr), err=True)
    return Outcome(run.diagnostics, lambda stream: _result(run, stream))


def _result(run: Run, stream: TextIO) -> Iterator[str]:
    yield messages.safe(f"run: {run.folder}") + "\n"
    result = f"test {run.result}; report: {run.report}"
    yield messages.fitted(messages.safe(result), stream) + "\n"


def _complete(plan: Plan, outcome: Session) -> str:
    """Says that a resumed run had nothing left to do."""
    epochs, done = plan.spec.train.value.epochs, outcome.rows[-1]["epoch"]
    if done < epochs:
        return f"the run was complete: it was stopped early, after epoch {done} of {epochs}; nothing is trained"
    longer = f"--set train.epochs={2 * epochs}"
    return f"the run was complete, with {counted(epochs, 'epoch')}; nothing is trained (for more: {longer})"


def _times(outcome: Session, began: float, report: float) -> str:
    """How long the command took, to its first step, and on what after it; `began` is when the session did."""
    from netspec.cli.main import STARTED

    whole = time.monotonic() - STARTED
    if outcome.first_step_seconds is None:
        return f"{whole:.1f} s"
    first = began + outcome.first_step_seconds - STARTED
    parts = {
        "steps": outcome.step_seconds,
        "evaluation": outcome.evaluation_seconds,
        "checkpoints": outcome.saving_seconds,
        "report": report,
    }
    if (rest := whole - first - sum(parts.values())) >= MUCH_UNNAMED * whole:
        parts["between them"] = rest
    waited = outcome.reading.waited
    spent = [f"{words} {seconds:.1f}" for words, seconds in parts.items() if seconds >= SHORT_SECONDS]
    if waited >= SHORT_SECONDS and outcome.step_seconds >= SHORT_SECONDS:
        spent[0] += f" ({waited:.1f} of it waiting for images)"
    return f"{whole:.1f} s: {', '.join([f'start {first:.1f}', *spent])}"


MUCH_WAITING = 0.05
"""The share of the steps' time above which waiting for images is worth a word."""
JUDGED_SECONDS = 5.0
"""Shorter steps say little: the first images are always waited for."""


def waiting(reading: Meter, steps: float) -> str | None:
    """What would help where steps that took `steps` seconds have waited for images; None where they hardly did."""
    from netspec.data.streamed import VARIABLE, cores, workers

    if reading.waited < MUCH_WAITING * steps or steps < JUDGED_SECONDS:
        return None
    share, now, have = reading.waited / steps, workers(), cores()
    needed = max(now + 1, math.ceil(reading.read / max(steps - reading.waited, 1e-9)))
    text = f"{share:.0%} of the steps' time was waiting for images: reading and decoding is the limit. "
    if needed <= have:
        return f"{text}{needed} threads would keep up, {now} read: {VARIABLE}={needed}"
    nearer = f", {VARIABLE}={have} comes nearer" if now < have else ""
    return (
        f"{text}{needed} threads on as many cores would keep up; {now} read on {counted(have, 'core')}{nearer}. "
        "Images that are stored smaller are decoded sooner"
    )
