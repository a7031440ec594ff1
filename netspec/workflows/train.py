"""Training from a plan to a run directory with all that was made."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import jax

from netspec.analysis import degenerate, schedules
from netspec.analysis.figures import measured, short_bytes
from netspec.analysis.heads import BOUNDS, of_plan
from netspec.analysis.plan import Plan, known_examples, steps_per_epoch
from netspec.analysis.plausibility import too_few
from netspec.analysis.summary import as_json
from netspec.data.splits import Images
from netspec.diagnostics.diagnostic import Diagnostic, Severity, placeless
from netspec.diagnostics.errors import DeviceError, Misuse, RunError, SpecError
from netspec.language.heads import LOSS
from netspec.report import page
from netspec.report.targets import Reached
from netspec.report.tensorboard import TensorBoard
from netspec.runs import lock
from netspec.runs.best import Row
from netspec.runs.checkpoint import Checkpoint
from netspec.runs.directory import CHECKPOINTS, METRICS, MODEL, PLAN, SPEC, NotARun, RunDirectory
from netspec.storage.tensors import Corrupt
from netspec.storage.writing import make_folder
from netspec.training import memory
from netspec.training.loop import Evaluation, NotFinite
from netspec.training.not_finite import Kind, find_origin
from netspec.training.session import Outcome, Session, Watcher, default_folder
from netspec.training.step import Indivisible, batch_of
from netspec.tuning.autotune import Tuning
from netspec.workflows import beginning, resuming, tuning
from netspec.workflows.images import images_of, in_use
from netspec.workflows.runs import damaged, load
from netspec.workflows.telling import Tell, warning

Watchers = tuple[Watcher, ...]


@dataclass(frozen=True, repr=False)
class Run:
    """A training that ended, or was interrupted and can be gone on with. In a notebook it shows its page."""

    folder: Path
    plan: Plan
    outcome: Outcome
    """Loss and metrics on the test set (`.test`), the rows of `metrics.jsonl`, and how long what took."""
    report: Path | None
    """The HTML page; None where the training was interrupted."""
    report_seconds: float
    diagnostics: tuple[Diagnostic, ...]
    """What was found at its end: the target was missed."""

    @property
    def rows(self) -> list[Row]:
        """One dictionary an epoch, as in `metrics.jsonl`."""
        return self.outcome.rows

    @property
    def result(self) -> str:
        """What the test set shows, in words: the first metric of the labels, and the loss."""
        test, main = self.outcome.test, of_plan(self.plan).main
        return "" if test is None else f"{measured(main, test.metrics[main.name])}, {measured(LOSS, test.loss)}"

    def __fspath__(self) -> str:
        """The folder: a run can be given wherever its path can."""
        return str(self.folder)

    def __repr__(self) -> str:
        test = self.outcome.test
        said = "interrupted" if test is None else f"test {self.result}"
        return f"<Run {self.folder}: {said}>"

    def _repr_html_(self) -> str:
        if self.report is None:
            return f"<pre>{escape(repr(self))}</pre>"
        framed = escape(self.report.read_text("utf-8"))
        return f'<iframe srcdoc="{framed}" style="width:100%;height:40rem;border:0"></iframe>'


def train(
    plan: Plan,
    *,
    data: str | None = None,
    output: str | None = None,
    resumed: resuming.Resumed | None = None,
    devices: int = 1,
    tune: str = "auto",
    pinned: str | None = None,
    watchers: Watchers = (),
    tell: Tell,
) -> Run:
    """Trains a plan into a run directory, or goes on with `resumed`, whose plan it is.

    Raises:
        SpecError, DataError: the spec or the images are wrong.
        DeviceError: the devices are not there, do not divide the batch, or have too little memory.
        RunError, DamagedFile: there is another run, the run cannot go on, or a number was not finite.
        Misuse: `tune` is no mode, or `devices` less than 1.
        OSError: something cannot be written.
    """
    tuning.require_mode(tune)
    _require_devices(devices)
    recorded = None if resumed is None or resumed.moved else resuming.recorded(resumed.run)

    def surveying(what: str, done: int, total: int) -> None:
        for watcher in watchers:
            watcher.surveying(what, done, total)

    images = images_of(plan, data, recorded, tell, surveying)
    found = [*_too_few(plan, images), *_known_now(plan, images)]
    if any(finding.severity == "error" for finding in found):
        raise SpecError(found)
    tell(found)
    _require_divisible(plan, images, devices)
    _require_memory(plan, images, devices, tell)
    begun = None if resumed else beginning.begun(plan, watchers, tell)
    folder = resumed.run if resumed else _folder(plan, output)
    try:
        with lock.hold(folder), in_use():
            if resumed:
                start, chosen, begun = resuming.start(plan, images, folder, resumed.checkpoint, devices, tell)
            else:
                start, chosen = None, tuning.choose(plan, tune, pinned, watchers, tell, images=images, devices=devices)
            session = Session(
                plan, images, RunDirectory(folder), _summary(plan, chosen), chosen.choices, devices, begun
            )
            return _train(session, start, watchers, tell)
    except lock.InUse as error:
        help = "wait for it to end, or end it" + ("" if resumed else ", or give another --output")
        raise RunError([placeless("NS601", str(error), help)], status=2) from None


def _require_devices(devices: int) -> None:
    if devices < 1:
        raise Misuse(f"devices={devices}: it takes at least 1.")
    if devices > 1 and devices > len(jax.devices()):
        message = f"--devices {devices}: this machine has {len(jax.devices())}"
        raise DeviceError([placeless("NS612", message)], status=3)


def _too_few(plan: Plan, images: Images) -> list[Diagnostic]:
    """A finding where the training examples are fewer than a step takes, and the spec alone did not show it."""
    known = known_examples(plan)
    shown = known is not None and known < plan.spec.train.value.examples_per_step
    return [] if shown else [*too_few(plan.spec, len(images.train))]


def _known_now(plan: Plan, images: Images) -> Iterator[Diagnostic]:
    """What `validate` finds where it knows the size of the data, of data whose size is known now that they are read."""
    spec, examples = plan.spec, len(images.train)
    if known_examples(plan) == examples:
        return
    batch = batch_of(spec.train.value, examples).size
    yield from schedules.check(spec, steps_per_epoch(examples, spec.train.value) * spec.train.value.epochs)
    yield from degenerate.held_out(spec, len(images.validation))
    if batch != spec.train.value.batch_size:
        yield from degenerate.single_values(spec, plan.layers, batch)


def _require_divisible(plan: Plan, images: Images, devices: int) -> None:
    """Refuses a batch that the devices do not divide, and says which one they would."""
    try:
        batch_of(plan.spec.train.value, len(images.train), devices)
    except Indivisible as error:
        rest = error.size % devices
        above = error.size - rest + devices
        fitting = above if above <= len(images.train) else error.size - rest
        help = f"set train.batch_size={fitting}" if fitting else f"{len(images.train)} examples are too few"
        raise DeviceError([placeless("NS612", str(error), help)]) from None


def _require_memory(plan: Plan, images: Images, devices: int, tell: Tell) -> None:
    """Tells where the device may have too little memory for the batch size; refuses where that is certain."""
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
    finding = Diagnostic("NS614", message, plan.spec.source, span, help=help, severity=severity)
    if found.certain:
        raise DeviceError([finding])
    tell([finding])


def _folder(plan: Plan, output: str | None) -> Path:
    """The directory of a new run, made where it is missing."""
    if output is None:
        return default_folder(plan.name)
    folder = Path(output)
    if (folder / SPEC).exists():
        help = f"go on with it: netspec train --resume {folder}"
        raise RunError([placeless("NS603", f"`{folder}` holds a run already", help)], status=2)
    if foreign := _foreign(folder):
        names = ", ".join(f"`{name}`" for name in foreign)
        message = f"`{folder}` is no run and holds {names}, which a run would replace"
        raise RunError([placeless("NS603", message, "give another --output")], status=2)
    for parent in (*reversed(folder.parents), folder):
        make_folder(parent)
    return folder


def _foreign(folder: Path) -> list[str]:
    """What lies in a folder under the names of a run's files, though no run was begun there.

    A run that was killed while it began has left its plan at most.
    """
    found = [name for name in (METRICS, MODEL, page.NAME, CHECKPOINTS) if os.path.lexists(folder / name)]
    if os.path.lexists(folder / PLAN):
        try:
            RunDirectory(folder).made_of()
        except NotARun:
            found.append(PLAN)
    return found


class _Telling(Watcher):
    """Hands on what a session warns of."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    def warn(self, code: str, message: str, help: str) -> None:
        self._tell(warning(code, message, help))


def _summary(plan: Plan, chosen: Tuning) -> dict[str, Any]:
    """What a run directory says of its plan."""
    return {**as_json(plan), "tuning": chosen.as_json()}


def _train(session: Session, start: Checkpoint | None, watchers: Watchers, tell: Tell) -> Run:
    plan, images, folder = session.plan, session.images, session.directory.folder
    with TensorBoard(folder, start.step if start else 0) as board:
        try:
            for watcher in watchers:
                watcher.begin(session, start.step if start else 0)
            outcome = session.run(start, (_Telling(tell), *watchers, board))
        except NotFinite as failure:
            raise not_finite(session, failure) from None
        except Corrupt as error:
            raise damaged(error, f"go on without it: netspec train --resume {folder}") from None
        finally:
            for watcher in watchers:
                watcher.end()
    if outcome.test is None:
        return Run(folder, plan, outcome, None, 0.0, ())
    mark = time.monotonic()
    report = page.write(folder, load(folder, tell=tell), images, outcome.test)
    return Run(folder, plan, outcome, report, time.monotonic() - mark, _missed(plan, outcome.test))


def not_finite(session: Session, failure: NotFinite) -> RunError:
    """Which step of the session it was, what in it was not finite first, and what to try."""
    found = find_origin(session.trainer, failure)
    when = f"step {failure.step}" if failure.split is None else f"the {failure.split} set after step {failure.step}"
    message = f"{when}: {found.fact}; the learning rate there was {found.learning_rate:.3g}"
    help = f"{ADVICE[found.kind]}; the checkpoints are from before that step"
    return RunError([placeless("NS610", message, help)])


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


def _missed(plan: Plan, test: Evaluation) -> tuple[Diagnostic, ...]:
    """A finding where the spec's target is missed."""
    target = plan.spec.train.value.target
    if target is None:
        return ()
    reached = Reached.of(target, of_plan(plan), test)
    if reached.ok:
        return ()
    message = f"the test {reached.metric.words} {reached.shown} is {reached.missed} the target of {reached.bound:g}"
    span = plan.spec.train.at(f"target.{BOUNDS[reached.metric.less]}")
    help = "train longer, or change the network"
    return (Diagnostic("NS611", message, plan.spec.source, span, help=help),)
