"""`netspec train`: from a spec to a trained network in a run directory."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from click.core import ParameterSource

from netspec.analysis.plan import known_examples
from netspec.analysis.plausibility import too_few
from netspec.cli import computing, farewell, messages, options, resuming, specs, tuning
from netspec.diagnostics.diagnostic import Diagnostic, Severity
from netspec.diagnostics.render.wording import counted

if TYPE_CHECKING:
    from netspec.analysis.plan import Plan
    from netspec.data.splits import Images
    from netspec.runs.checkpoint import Checkpoint
    from netspec.training.loop import NotFinite
    from netspec.training.not_finite import Kind
    from netspec.training.session import Outcome, Session
    from netspec.tuning.autotune import Tuning


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
) -> None:
    """Train the network of a spec into a run directory, which holds all that was made and can be resumed.

    \b
    Exit status: 0 done, 1 the spec or the data are wrong or the target was
    missed, 2 wrong usage, 3 the environment or a bug; 129, 130 and 143 after
    SIGHUP, SIGINT and SIGTERM, with a checkpoint to go on from.
    """
    computing.begin()
    if file is None and resume is None:
        raise click.UsageError("name a spec, or a run with --resume.")
    if resume is not None and output is not None:
        raise click.UsageError("a run goes on where it is: leave --output out.")
    if resume is not None and (pinned or ctx.get_parameter_source("tune") is not ParameterSource.DEFAULT):
        raise click.UsageError("a run goes on with the algorithms that it has: leave --tune and --choices out.")
    if file is not None and specs.is_run(file):
        go_on, again = f"netspec train --resume {file}", f"netspec train {specs.of_run(file)}"
        raise click.UsageError(f"{file} is a run: go on with it by {go_on}, or begin another by {again}.")
    from netspec.runs import lock
    from netspec.runs.directory import SPEC, place

    run, checkpoint = place(Path(resume)) if resume is not None else (None, None)
    if run is not None:
        resuming.require(run, checkpoint)
    plan = specs.require_plan(file or str((run or Path()) / SPEC), overrides)
    _devices(devices)
    moved = file is not None or any(item.startswith("data.path") for item in overrides)
    images = messages.require_images(plan, data, None if run is None or moved else resuming.recorded(run))
    messages.show(found := [*_too_few(plan, images), *_known_now(plan, images)])
    if any(finding.severity == "error" for finding in found):
        raise SystemExit(1)
    _divided(plan, images, devices)
    _fits(plan, images, devices)
    folder = run or _folder(plan, output)
    try:
        with lock.hold(folder):
            if run is not None:
                start, chosen = resuming.start(plan, images, folder, checkpoint, devices)
            else:
                start, chosen = None, tuning.choose(plan, tune, pinned, images=images, devices=devices)
            _train(plan, images, folder, start, chosen, devices)
    except lock.InUse as error:
        help = "wait for it to end, or end it"
        messages.fail("NS601", str(error), help if run else f"{help}, or give another --output", status=2)


def _devices(devices: int) -> None:
    """Refuses devices that are not there."""
    if devices == 1:
        return
    import jax

    if devices > len(jax.devices()):
        messages.fail("NS612", f"--devices {devices}: this machine has {len(jax.devices())}", None, status=3)


def _too_few(plan: Plan, images: Images) -> list[Diagnostic]:
    """A warning where the training examples are fewer than a batch, and the spec alone did not show it."""
    known = known_examples(plan)
    shown = known is not None and known < plan.spec.train.value.batch_size
    return [] if shown else [*too_few(plan.spec, len(images.train))]


def _known_now(plan: Plan, images: Images) -> Iterator[Diagnostic]:
    """What `validate` finds where it knows the size of the data, of data whose size is known now that they are read."""
    from netspec.analysis import degenerate, schedules
    from netspec.analysis.plan import steps_per_epoch
    from netspec.training.step import batch_of

    spec, examples = plan.spec, len(images.train)
    if known_examples(plan) == examples:
        return
    batch = batch_of(spec.train.value, examples).size
    yield from schedules.check(spec, steps_per_epoch(examples, batch) * spec.train.value.epochs)
    yield from degenerate.held_out(spec, len(images.validation))
    if batch != spec.train.value.batch_size:
        yield from degenerate.single_values(spec, plan.layers, batch)


def _divided(plan: Plan, images: Images, devices: int) -> None:
    """Refuses a batch that the devices do not divide, and says which one they would."""
    from netspec.training.step import Indivisible, batch_of

    try:
        batch_of(plan.spec.train.value, len(images.train), devices)
    except Indivisible as error:
        rest = error.size % devices
        above = error.size - rest + devices
        fitting = above if above <= len(images.train) else error.size - rest
        help = f"set train.batch_size={fitting}" if fitting else f"{len(images.train)} examples are too few"
        messages.fail("NS612", str(error), help, status=1)


def _fits(plan: Plan, images: Images, devices: int) -> None:
    """Says where the device may have too little memory for the batch size; exits where that is certain."""
    from netspec.analysis.figures import short_bytes
    from netspec.training import memory

    found = memory.shortage(plan, images, devices)
    if found is None:
        return
    batch = plan.spec.train.value.batch_size
    message = (
        f"training at batch {batch} is predicted to take about {short_bytes(found.needed)}, "
        f"and the device has {short_bytes(found.available)} to give"
    )
    help = f"the largest batch that should fit: --set train.batch_size={found.largest_batch}"
    if not found.largest_batch:
        help = "not even one image at a time should fit: make the network or the data set smaller"
    span = plan.spec.train.at("batch_size")
    severity: Severity = "error" if found.certain else "warning"
    messages.show([Diagnostic("NS614", message, plan.spec.source, span, help=help, severity=severity)])
    if found.certain:
        raise SystemExit(1)


def _folder(plan: Plan, output: str | None) -> Path:
    """The directory of a new run, made where it is missing."""
    from netspec.runs.directory import SPEC
    from netspec.storage.writing import make_folder
    from netspec.training.session import default_folder

    if output is None:
        return default_folder(plan.name)
    folder = Path(output)
    if (folder / SPEC).exists():
        messages.fail(
            "NS603", f"`{folder}` holds a run already", f"go on with it: netspec train --resume {folder}", status=2
        )
    if foreign := _foreign(folder):
        names = ", ".join(f"`{name}`" for name in foreign)
        message = f"`{folder}` is no run and holds {names}, which a run would replace"
        messages.fail("NS603", message, "give another --output", status=2)
    for parent in (*reversed(folder.parents), folder):
        make_folder(parent)
    return folder


def _foreign(folder: Path) -> list[str]:
    """What lies in a folder under the names of a run's files, though no run was begun there.

    A run that was killed while it began has left its plan at most.
    """
    from netspec.report.page import NAME
    from netspec.runs.directory import CHECKPOINTS, METRICS, MODEL, PLAN, NotARun, RunDirectory

    found = [name for name in (METRICS, MODEL, NAME, CHECKPOINTS) if os.path.lexists(folder / name)]
    if os.path.lexists(folder / PLAN):
        try:
            RunDirectory(folder).made_of()
        except NotARun:
            found.append(PLAN)
    return found


def _train(plan: Plan, images: Images, folder: Path, start: Checkpoint | None, chosen: Tuning, devices: int) -> None:
    from netspec.analysis.summary import as_json
    from netspec.cli.progress import Progress
    from netspec.report.tensorboard import TensorBoard
    from netspec.runs.directory import RunDirectory
    from netspec.storage.tensors import Corrupt
    from netspec.training.loop import NotFinite
    from netspec.training.session import Session

    summary = {**as_json(plan), "tuning": chosen.as_json()}
    session = Session(plan, images, RunDirectory(folder), summary, chosen.choices, devices=devices)
    with farewell.resumable(folder):
        with Progress(session, start) as progress, TensorBoard(folder, start.step if start else 0) as board:
            began = time.monotonic()
            try:
                outcome = session.run(start, (progress, board))
            except NotFinite as failure:
                progress.close()
                not_finite(session, failure)
            except Corrupt as error:
                progress.close()
                messages.fail("NS605", str(error), f"go on without it: netspec train --resume {folder}", status=1)
        _finished(plan, images, folder, outcome, began)


def not_finite(session: Session, failure: NotFinite) -> NoReturn:
    """Says which step of the session it was, what in it was not finite first, and what to try."""
    from netspec.training.not_finite import find_origin

    found = find_origin(session.trainer, failure)
    when = f"step {failure.step}" if failure.split is None else f"the {failure.split} set after step {failure.step}"
    messages.fail(
        "NS610",
        f"{when}: {found.fact}; the learning rate there was {found.learning_rate:.3g}",
        f"{ADVICE[found.kind]}; the checkpoints are from before that step",
        status=1,
    )


SLOWER = "lower `train.optimizer.learning_rate`, add `train.gradient_clip: 1.0`, or add a `warmup` to the schedule"
ADVICE: dict[Kind, str] = {
    "images": "look for infinite or missing values in the data, and at `data.normalize`",
    "augmented images": "look for values near the largest number in the data, and at `data.normalize`",
    "output": SLOWER,
    "statistics": SLOWER,
    "loss": SLOWER,
    "gradient": SLOWER,
    "parameters": SLOWER,
    "sum": SLOWER,
}
"""What to try, by what was not finite first."""


SHORT_SECONDS = 0.05
"""What takes less is not named among what a run took."""


def _finished(plan: Plan, images: Images, folder: Path, outcome: Outcome, began: float) -> None:
    """Says how it ended, writes the report, and exits with what the signal or the target asks for."""
    if outcome.test is None:
        assert outcome.interrupted is not None
        step = messages.safe(f"netspec train --resume {folder}")
        click.echo(f"interrupted and saved; go on with: {step}", err=True)
        raise SystemExit(128 + outcome.interrupted)
    from netspec.report import page

    if outcome.first_step_seconds is None:
        click.echo(messages.fitted(_complete(plan, outcome), sys.stderr), err=True)
    mark = time.monotonic()
    report = page.write(folder, messages.load_run(str(folder)), images, outcome.test)
    click.echo(messages.fitted(_times(outcome, began, time.monotonic() - mark), sys.stderr), err=True)
    target = plan.spec.train.value.target
    missed = target is not None and outcome.test.accuracy < target.at_least
    if target is not None and missed:
        message = f"the test accuracy {outcome.test.accuracy:.4f} is below the target of {target.at_least:g}"
        span = plan.spec.train.at("target.at_least")
        help = "train longer, or change the network"
        messages.show([Diagnostic("NS611", message, plan.spec.source, span, help=help)])
    click.echo(messages.safe(f"run: {folder}"))
    result = f"test accuracy {outcome.test.accuracy:.2%}, loss {outcome.test.loss:.4f}; report: {report}"
    click.echo(messages.fitted(messages.safe(result), sys.stdout))
    if missed:
        raise SystemExit(1)


def _complete(plan: Plan, outcome: Outcome) -> str:
    """That a resumed run had nothing left to do."""
    epochs, done = plan.spec.train.value.epochs, outcome.rows[-1]["epoch"]
    if done < epochs:
        return f"the run was complete: it was stopped early, after epoch {done} of {epochs}; nothing is trained"
    longer = f"--set train.epochs={2 * epochs}"
    return f"the run was complete, with {counted(epochs, 'epoch')}; nothing is trained (for more: {longer})"


def _times(outcome: Outcome, began: float, report: float) -> str:
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
    spent = [f"{words} {seconds:.1f}" for words, seconds in parts.items() if seconds >= SHORT_SECONDS]
    return f"{whole:.1f} s: {', '.join([f'start {first:.1f}', *spent])}"
