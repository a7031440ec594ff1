"""One training session: from a plan and a directory to a trained network, whatever happens in between."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import jax

from netspec.analysis.plan import Plan
from netspec.lowering.network import Choices
from netspec.lowering.options import compiler_options
from netspec.training import files
from netspec.training.checkpoint import Background, Checkpoint
from netspec.training.loop import Evaluation, Trainer
from netspec.training.record import Difference, compare
from netspec.training.run import RunDirectory, record, save_model, variables_of
from netspec.training.signals import Interruption
from netspec.training.sources import Images
from netspec.training.step import TrainableNetwork, TrainingState
from netspec.training.tree import to_host, unflatten

Row = dict[str, Any]


class Watcher(Protocol):
    """Who is told how a session goes: a terminal, a log, TensorBoard."""

    def step(self, step: int, total: int, metrics: Any) -> None:
        """A step was given to the device; `metrics` are device values that it is still computing."""

    def epoch(self, row: Row, step: int, total: int) -> None:
        """An epoch is done; `row` is its line of `metrics.jsonl`."""


@dataclass(frozen=True)
class Outcome:
    """How a session ended."""

    rows: list[Row]
    test: Evaluation | None
    """None where the session was interrupted."""
    interrupted: signal.Signals | None
    seconds: float
    first_step_seconds: float | None
    """From the session's begin until the first step was computed: compilation, mostly."""


class Session:
    """The state of one session."""

    def __init__(
        self,
        plan: Plan,
        images: Images,
        directory: RunDirectory,
        summary: Mapping[str, Any],
        choices: Choices,
        devices: int = 1,
    ) -> None:
        self.plan = plan
        self.images = images
        self.directory = directory
        self.train = plan.spec.train.value
        batch = min(self.train.batch_size, len(images.train))
        self.network = TrainableNetwork(plan, choices, max(1, len(images.train) // batch))
        self.trainer = Trainer(self.network, images, devices)
        self.record = record(plan, images.fingerprint, compiler_options(jax.default_backend()), choices)
        self.record["classes"] = list(images.classes)
        self.summary = summary
        self.rows: list[Row] = []
        self.epoch_seconds = 0.0
        self.first_step_seconds: float | None = None

    @property
    def total_steps(self) -> int:
        """Steps of the whole run."""
        return self.trainer.steps_per_epoch * self.train.epochs

    def run(self, start: Checkpoint | None, watchers: Sequence[Watcher] = ()) -> Outcome:
        """Trains from the beginning or from `start` to the end. The caller holds the directory's lock.

        Raises NotFinite, and OSError where something cannot be written.
        """
        began = time.monotonic()
        state, totals, step = self._restore(start) if start else self._fresh()
        files.sweep(self.directory.folder)
        files.write_rows(self.directory.metrics, self.rows)
        checkpoints = self.directory.checkpoints(self.train.checkpoint.keep)
        with Interruption() as interruption, Background(checkpoints) as background:
            while step < self.total_steps and not self._stopped():
                mark = time.monotonic()
                for done in self.trainer.steps(state, totals, step):
                    step, state, totals, metrics = done
                    if self.first_step_seconds is None:
                        jax.block_until_ready(metrics)
                        self.first_step_seconds = time.monotonic() - began
                    for watcher in watchers:
                        watcher.step(step, self.total_steps, metrics)
                    if interruption.requested:
                        break
                    if self._due(step) and step % self.trainer.steps_per_epoch:
                        self.trainer.confirm(state, totals)
                        mark = self._tick(mark)
                        background.save(self._checkpoint(step, state, totals))
                self.trainer.confirm(state, totals)
                self._tick(mark)
                if step % self.trainer.steps_per_epoch:
                    break
                best = self._finish_epoch(step, state, totals)
                for watcher in watchers:
                    watcher.epoch(self.rows[-1], step, self.total_steps)
                totals = self.trainer.no_totals
                files.write_rows(self.directory.metrics, self.rows)
                if self._due(step) or best or step == self.total_steps or interruption.requested or self._stopped():
                    background.save(self._checkpoint(step, state, totals), best=best)
                if interruption.requested:
                    break
            if step % self.trainer.steps_per_epoch:
                background.save(self._checkpoint(step, state, totals))
            background.wait()
        seconds = time.monotonic() - began
        if step < self.total_steps and not self._stopped():
            return Outcome(self.rows, None, interruption.requested, seconds, self.first_step_seconds)
        return self._finish(state, seconds)

    def _fresh(self) -> tuple[TrainingState, Any, int]:
        self.directory.begin(self.plan.spec.source.text, self.summary, self.record)
        return self.trainer.begin(), self.trainer.no_totals, 0

    def _restore(self, start: Checkpoint) -> tuple[TrainingState, Any, int]:
        like = {"state": jax.eval_shape(self.trainer.begin), "totals": self.trainer.no_totals}
        tree = jax.device_put(unflatten(like, start.tensors))
        self.rows = list(start.metrics)
        self.epoch_seconds = float(start.record.get("epoch_seconds", 0.0))
        return tree["state"], tree["totals"], start.step

    def _tick(self, mark: float) -> float:
        now = time.monotonic()
        self.epoch_seconds += now - mark
        return now

    def _due(self, step: int) -> bool:
        settings = self.train.checkpoint
        if settings.every_steps is not None:
            return step % settings.every_steps == 0
        return step % (self.trainer.steps_per_epoch * (settings.every_epochs or 1)) == 0

    def _checkpoint(self, step: int, state: TrainingState, totals: Any) -> Checkpoint:
        epoch, position = divmod(step, self.trainer.steps_per_epoch)
        arrays = to_host({"state": state, "totals": totals})
        facts = {**self.record, "epoch_seconds": round(self.epoch_seconds, 3)}
        return Checkpoint(step, epoch, position, arrays, facts, self.rows)

    def _finish_epoch(self, step: int, state: TrainingState, totals: Any) -> bool:
        """Adds the epoch's row; says whether it is the best so far."""
        steps = self.trainer.steps_per_epoch
        row: Row = {
            "epoch": step // steps,
            "step": step,
            "loss": float(totals["loss"]) / steps,
            "accuracy": float(totals["accuracy"]) / steps,
        }
        if len(self.images.validation):
            found = self.trainer.evaluate(state["variables"], self.images.validation)
            row |= {"validation_loss": found.loss, "validation_accuracy": found.accuracy}
        row["learning_rate"] = float(self.network.optimizer.learning_rate(step - 1))
        row["seconds"] = round(self.epoch_seconds, 3)
        row["images_per_second"] = round(steps * self.trainer.batch_size / max(self.epoch_seconds, 1e-9), 1)
        self.epoch_seconds = 0.0
        self.rows.append(row)
        return self.best_row() is row

    @property
    def watched(self) -> str:
        """The metric by which the best epoch is chosen."""
        if self.train.early_stopping is not None:
            return self.train.early_stopping.metric
        return "validation_accuracy" if len(self.images.validation) else "accuracy"

    def best_row(self) -> Row:
        """The first of the best epochs by the watched metric; of equal accuracy, the one of lower loss."""
        name = self.watched
        loss = name.replace("accuracy", "loss")
        return min(self.rows, key=lambda row: (row[name] if name.endswith("loss") else -row[name], row[loss]))

    def _stopped(self) -> bool:
        """Whether early stopping has ended the run."""
        stopping = self.train.early_stopping
        if stopping is None or not self.rows:
            return False
        waited: int = self.rows[-1]["epoch"] - self.best_row()["epoch"]
        return waited >= stopping.patience

    def _finish(self, state: TrainingState, seconds: float) -> Outcome:
        """The trained network on the disk, measured on the test set; of an early stopped run, the best."""
        variables = state["variables"]
        step = int(state["step"])
        if self.train.early_stopping is not None:
            best = self.directory.checkpoints().best()
            variables = jax.device_put(unflatten(variables, variables_of(best)))
            step = best.step
        test = self.trainer.evaluate(variables, self.images.test)
        if not math.isfinite(test.loss):
            raise FloatingPointError("the test loss is not finite, though every step was")
        facts = {"step": step, "test": {"loss": test.loss, "accuracy": test.accuracy}}
        save_model(self.directory.model, variables, self.plan, self.images.classes, facts)
        return Outcome(self.rows, test, None, seconds, self.first_step_seconds)


def differences(session: Session, start: Checkpoint) -> list[Difference]:
    """What differs between a session and the run that it would go on with."""
    old = {name: value for name, value in start.record.items() if name != "epoch_seconds"}
    return compare(old, session.record)


def default_folder(name: str, root: Path = Path("runs")) -> Path:
    """A new directory for a run: `runs/<name>-<number>`, the first number that is free."""
    number = 1
    while (root / f"{name}-{number}").exists():
        number += 1
    return root / f"{name}-{number}"
