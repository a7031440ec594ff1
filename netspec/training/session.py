"""One training session: from a plan and a directory to a trained network, whatever happens in between."""

from __future__ import annotations

import itertools
import math
import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import jax
import numpy as np

from netspec.analysis.plan import Plan, steps_per_epoch
from netspec.analysis.watches import watching
from netspec.data.problem import Refused
from netspec.data.splits import Images
from netspec.data.streamed import Meter
from netspec.language.heads import VALIDATION
from netspec.lowering.network import Choices
from netspec.runs.beginning import Beginning
from netspec.runs.best import Row, best_of, watched
from netspec.runs.checkpoint import BEST, Background, Checkpoint, restore_best
from netspec.runs.directory import RunDirectory, record, save_model, variables_of
from netspec.runs.metrics import write_rows
from netspec.storage import writing
from netspec.storage.tensors import Corrupt
from netspec.storage.tree import to_host, unflatten
from netspec.training import tallies
from netspec.training.health import Concern, concerns, guessing, undefined
from netspec.training.loop import Evaluation, NotFinite, Trainer
from netspec.training.signals import Interruption
from netspec.training.step import TrainableNetwork, TrainingState


class Watcher(Protocol):
    """Who is told how a training goes: a terminal, a log, TensorBoard. Each method does nothing until it is overridden.

    They are called between steps, in the thread that trains, which waits for them; what they raise ends the training.
    """

    def surveying(self, what: str, done: int, total: int) -> None:
        """Streamed images are looked through before their first use: `done` of `total`, and `what` they are read for."""
        return

    def measuring(self, plan: Plan, what: str, done: int, total: int) -> None:
        """Algorithms are being chosen: `done` of `total` are measured, and `what` is next."""
        return

    def chosen(self, line: str | None) -> None:
        """The algorithms were chosen; `line` says what measuring has changed, None where nothing was measured."""
        return

    def begun(self, beginning: Beginning) -> None:
        """The arrays of a file begin the training: those that were taken, and what was not."""
        return

    def begin(self, session: Session, step: int) -> None:
        """Training begins, or goes on after `step`."""
        return

    def end(self) -> None:
        """Training has ended, however it did: nothing more comes."""
        return

    def step(self, step: int, total: int, metrics: Any) -> None:
        """A step was given to the device; `metrics` are device values that it is still computing."""
        return

    def epoch(self, row: Row, step: int, total: int) -> None:
        """An epoch is done; `row` is its line of `metrics.jsonl`."""
        return

    def warn(self, code: str, message: str, help: str) -> None:
        """Something is not as it should be, and the run goes on."""
        return


@dataclass(frozen=True, eq=False)
class Begun:
    """What a session begins with besides what it draws, and what its record says of it."""

    record: Mapping[str, Any]
    """See `netspec.runs.beginning`."""
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    """By name; none where the run goes on from a checkpoint."""


@dataclass(frozen=True)
class Outcome:
    """What a session has reached and how long its parts took."""

    rows: list[Row]
    test: Evaluation | None
    """None where the session was interrupted."""
    interrupted: signal.Signals | None
    seconds: float
    first_step_seconds: float | None
    """From the session's begin until the first step was computed: compilation, mostly."""
    saving_seconds: float = 0.0
    """How long training stood still for checkpoints: to copy the state, and to wait for the one before."""
    step_seconds: float = 0.0
    """From the first step on, the time in which steps were under way."""
    evaluation_seconds: float = 0.0
    """How long the validation and test sets took."""
    reading: Meter = field(default_factory=Meter)
    """How long steps have waited for images that are read while they run, and how long reading took."""


class Session:
    """Trains a plan into a run directory, from the beginning or from a checkpoint: `run` once."""

    def __init__(
        self,
        plan: Plan,
        images: Images,
        directory: RunDirectory,
        summary: Mapping[str, Any],
        choices: Choices,
        devices: int = 1,
        begun: Begun | None = None,
    ) -> None:
        self.plan = plan
        self.images = images
        self.directory = directory
        self.train = plan.spec.train.value
        self.network = TrainableNetwork(plan, choices, steps_per_epoch(len(images.train), self.train))
        self.trainer = Trainer(self.network, images, devices)
        self.begun = begun
        self.record = record(plan, images, choices, devices, None if begun is None else begun.record)
        self.summary = summary
        self.rows: list[Row] = []
        self.epoch_seconds = 0.0
        self.saving_seconds = 0.0
        self.step_seconds = 0.0
        self.evaluation_seconds = 0.0
        self.first_step_seconds: float | None = None
        self._told: set[str] = set()
        self._guessing = guessing(images.train.labels, len(images.classes), self.train.loss, self.trainer.weights)
        self._watched = watched(self.train, self.network.head, len(images.validation) > 0)
        self.best_after = 0
        """The best is one of the epochs after this one: what was the best before is lost."""

    @property
    def total_steps(self) -> int:
        """Steps of the whole run."""
        return self.trainer.steps_per_epoch * self.train.epochs

    def run(self, start: Checkpoint | None, watchers: Sequence[Watcher] = ()) -> Outcome:
        """Trains from the beginning or from `start` to the end. The caller holds the directory's lock.

        Raises NotFinite; Refused where a file of streamed images cannot be read (in a step, all steps before it are saved); and
        OSError where something cannot be written.
        """
        began = time.monotonic()
        writing.sweep(self.directory.folder)
        state, totals, step = self._restore(start, watchers) if start else (*self._fresh(), 0)
        self.directory.begin(self.plan.spec.source.text, self.summary, self.record)
        write_rows(self.directory.metrics, self.rows)
        checkpoints = self.directory.checkpoints(self.train.checkpoint.keep)
        with Interruption() as interruption, Background(checkpoints) as background:
            while step < self.total_steps and not self._stopped():
                mark = time.monotonic()
                try:
                    for done in self.trainer.steps(state, totals, step):
                        step, state, totals, metrics = done
                        if self.first_step_seconds is None:
                            jax.block_until_ready(metrics)
                            self.first_step_seconds = time.monotonic() - began
                            self.trainer.meter.reset()  # the first images come while it compiles
                            self.step_seconds = mark - time.monotonic()  # what `_tick` will add of it
                        for watcher in watchers:
                            watcher.step(step, self.total_steps, metrics)
                        if interruption.requested:
                            break
                        if self._due(step) and step % self.trainer.steps_per_epoch:
                            self.trainer.confirm(state, totals)
                            self._tick(mark)
                            self._save(background, step, state, totals)
                            mark = time.monotonic()
                except Refused:  # no file of the next step: the state is as after the last one
                    self.trainer.confirm(state, totals)
                    self._tick(mark)
                    if step:
                        self._save(background, step, state, totals)
                    raise
                self.trainer.confirm(state, totals)
                self._tick(mark)
                if step % self.trainer.steps_per_epoch:
                    break
                best = self._finish_epoch(step, state, totals, metrics)
                state = self.network.after_epoch(state, self.rows[-1])
                for watcher in watchers:
                    watcher.epoch(self.rows[-1], step, self.total_steps)
                self._warn(watchers)
                totals = self.trainer.no_totals
                write_rows(self.directory.metrics, self.rows)
                if self._due(step) or best or step == self.total_steps or interruption.requested or self._stopped():
                    self._save(background, step, state, totals, best=best)
                if interruption.requested:
                    break
            if step % self.trainer.steps_per_epoch:
                self._save(background, step, state, totals)
            mark = time.monotonic()
            background.wait()
            self.saving_seconds += time.monotonic() - mark
        seconds = time.monotonic() - began
        if interruption.requested:
            return self._outcome(None, interruption.requested, seconds)
        return self._outcome(self._finish(state), None, seconds)

    def _outcome(self, test: Evaluation | None, interrupted: signal.Signals | None, seconds: float) -> Outcome:
        first, saving = self.first_step_seconds, self.saving_seconds
        spent = saving, self.step_seconds, self.evaluation_seconds, self.trainer.meter
        return Outcome(self.rows, test, interrupted, seconds, first, *spent)

    def _fresh(self) -> tuple[TrainingState, Any]:
        return self.trainer.begin({} if self.begun is None else self.begun.arrays), self.trainer.no_totals

    def _restore(self, start: Checkpoint, watchers: Sequence[Watcher]) -> tuple[TrainingState, Any, int]:
        state, totals = jax.eval_shape(self._fresh)
        try:
            tree = self.trainer.place(unflatten({"state": state, "totals": totals}, start.tensors))
        except ValueError as error:
            raise self._foreign(start, str(error)) from None
        done = (int(tree["state"]["step"]), *divmod(start.step, self.trainer.steps_per_epoch))
        if done != (start.step, start.epoch, start.position) or start.step > self.total_steps:
            raise self._foreign(start, f"step {start.step} is not batch {start.position} after epoch {start.epoch}")
        self.rows = list(start.metrics)
        self.epoch_seconds = float(start.more["epoch_seconds"])
        self.best_after = int(start.more["best_after"])
        for end in range(len(self.rows)):
            self._told |= {concern.code for concern in self._concerns(self.rows[: end + 1])}
        if lost := restore_best(self.directory.checkpoints(self.train.checkpoint.keep), start, self._best_step()):
            self.best_after = start.epoch
            for watcher in watchers:
                watcher.warn("NS605", lost, "the best is chosen among the epochs from here on")
        return tree["state"], tree["totals"], start.step

    def _concerns(self, rows: Sequence[Row]) -> list[Concern]:
        """What is wrong after the last of the rows."""
        watched = (self._watched, *watching(self.train).values())
        return [*concerns(rows, self._guessing), *undefined(rows[-1], watched)]

    def _foreign(self, start: Checkpoint, reason: str) -> Corrupt:
        folder = self.directory.checkpoints().folder
        return Corrupt(folder, f"the checkpoint of step {start.step} is not of this run: {reason}")

    def _warn(self, watchers: Sequence[Watcher]) -> None:
        """Tells what the rows say is going wrong, each kind once a run."""
        for concern in self._concerns(self.rows):
            if concern.code not in self._told:
                self._told.add(concern.code)
                for watcher in watchers:
                    watcher.warn(concern.code, concern.message, concern.help)

    def _save(
        self, background: Background, step: int, state: TrainingState, totals: Any, *, best: bool = False
    ) -> None:
        """Gives a checkpoint to the background, and counts how long that held the training up."""
        jax.block_until_ready(state)
        mark = time.monotonic()
        background.save(self._checkpoint(step, state, totals), best=best)
        self.saving_seconds += time.monotonic() - mark

    def _tick(self, mark: float) -> float:
        now = time.monotonic()
        self.epoch_seconds += now - mark
        self.step_seconds += now - mark
        return now

    def _due(self, step: int) -> bool:
        settings = self.train.checkpoint
        if settings.every_steps is not None:
            return step % settings.every_steps == 0
        return step % (self.trainer.steps_per_epoch * (settings.every_epochs or 1)) == 0

    def _checkpoint(self, step: int, state: TrainingState, totals: Any) -> Checkpoint:
        epoch, position = divmod(step, self.trainer.steps_per_epoch)
        arrays = to_host({"state": state, "totals": totals})
        more = {"text": self.plan.spec.source.text, "best_after": self.best_after}
        more["epoch_seconds"] = round(self.epoch_seconds, 3)
        return Checkpoint(step, epoch, position, arrays, self.record, self.rows, more)

    def _finish_epoch(self, step: int, state: TrainingState, totals: Any, last: Any) -> bool:
        """Adds the epoch's row; says whether it is the best so far. Raises as `_evaluate`."""
        steps = self.trainer.steps_per_epoch
        head = self.network.head
        means = {name: np.asarray(totals[name]).astype(np.float64) / steps for name in tallies.NAMES[head.name]}
        row: Row = {
            "epoch": step // steps,
            "step": step,
            "loss": float(totals["loss"]) / steps,
            **tallies.metrics(head, means),
            "gradient_norm": float(totals["gradient_norm"]) / steps,
        }
        if len(self.images.validation):
            validated = self._evaluate(step, state, "validation")
            found = {"loss": validated.loss, **validated.metrics}
            row |= {f"{VALIDATION}{name}": value for name, value in found.items()}
            row |= {"dead_layers": list(validated.dead_layers)} if validated.dead_layers else {}
        row["learning_rate"] = float(last["learning_rate"])
        row["seconds"] = round(self.epoch_seconds, 3)
        row["images_per_second"] = round(steps * self.trainer.examples_per_step / max(self.epoch_seconds, 1e-9), 1)
        self.epoch_seconds = 0.0
        self.rows.append(row)
        return self.best_row() is row

    def best_row(self) -> Row | None:
        """The best of the epochs whose network is at hand."""
        rows = (row for row in self.rows if row["epoch"] > self.best_after)
        return best_of(rows, self._watched)

    def _best_step(self) -> int | None:
        best = self.best_row()
        return None if best is None else int(best["step"])

    def _stopped(self) -> bool:
        """Whether early stopping has ended the run."""
        stopping, best = self.train.early_stopping, self.best_row()
        if stopping is None or best is None:
            return False
        waited: int = self.rows[-1]["epoch"] - best["epoch"]
        return waited >= stopping.patience

    def _evaluate(self, step: int, state: TrainingState, split: str) -> Evaluation:
        """Raises NotFinite; Refused where a file of streamed images cannot be read."""
        mark = time.monotonic()
        evaluation = self.trainer.evaluate(state["variables"], getattr(self.images, split))
        self.evaluation_seconds += time.monotonic() - mark
        if not math.isfinite(evaluation.loss):
            raise NotFinite(step, state, split)
        return evaluation

    def _finish(self, state: TrainingState) -> Evaluation:
        """The trained network on the disk, measured on the test set; of an early stopped run, the best.

        Raises NotFinite; Refused where a file of streamed images cannot be read; Corrupt; OSError.
        """
        variables, step, best_step = state["variables"], int(state["step"]), self._best_step()
        if self.train.early_stopping is not None and best_step is not None:
            best = self.directory.checkpoints().best()
            if best.step != best_step:
                raise Corrupt(self.directory.checkpoints().folder / BEST, f"it holds step {best.step}, not {best_step}")
            variables, step = self.trainer.place(unflatten(variables, variables_of(best))), best_step
        test = self._evaluate(step, state | {"variables": variables}, "test")
        facts = {"step": step, "test": {"loss": test.loss, **test.metrics}}
        save_model(self.directory.model, variables, self.plan, self.record, self.rows, facts)
        return test


def default_folder(name: str, root: Path = Path("runs")) -> Path:
    """Makes a new directory for a run: `runs/<name>-<number>`, the first number that is free. Raises OSError.

    Who made it has it: of processes that ask at the same time each gets a number of its own.
    """
    for parent in (*reversed(root.parents), root):
        writing.make_folder(parent)
    folders = (root / f"{name}-{number}" for number in itertools.count(1))
    return next(folder for folder in folders if not os.path.lexists(folder) and writing.make_folder(folder))
