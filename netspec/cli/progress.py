"""How a training session is shown: a live bar to a person, plain lines to a file."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

import click

from netspec.cli import messages
from netspec.cli.bars import Shown

if TYPE_CHECKING:
    from netspec.training.best import Row
    from netspec.training.checkpoint import Checkpoint
    from netspec.training.session import Session

REFRESH_SECONDS = 0.2


class Progress(Shown):
    """A watcher that writes to standard error."""

    def __init__(self, session: Session, start: Checkpoint | None) -> None:
        self._session = session
        self._begin = start.step if start else 0
        self._batch = session.trainer.batch_size
        self._started = time.monotonic()
        self._shown = 0.0

    def __enter__(self) -> Self:
        images, train, steps = self._session.images, self._session.train, self._session.trainer.steps_per_epoch
        click.echo(
            f"{self._session.plan.name}: {self._session.plan.parameters:,} parameters; {len(images.train):,} training, "
            f"{len(images.validation):,} validation, {len(images.test):,} test images; {train.epochs} epochs of "
            f"{steps:,} step{'s' if steps > 1 else ''}",
            err=True,
        )
        self._open()
        return self

    def _open(self) -> None:
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
        )
        total = self._session.total_steps
        self.begin("compiling", *columns, refresh=False, total=total, completed=self._begin, rate="")

    def step(self, step: int, total: int, metrics: Any) -> None:
        """Moves the bar a few times a second; never waits for the device."""
        now = time.monotonic()
        if step == self._begin + 1:
            self._started = now  # compilation is over: rates and estimates begin here
        if self._bar is None or now - self._shown < REFRESH_SECONDS:
            return
        self._shown = now
        rate = (step - self._begin - 1) * self._batch / max(now - self._started, 1e-9)
        epoch = (step - 1) // self._session.trainer.steps_per_epoch + 1
        epochs = self._session.train.epochs
        self._bar.update(
            self._task, completed=step, description=f"epoch {epoch}/{epochs}", rate=f"{rate:,.0f} images/s"
        )
        self._bar.refresh()

    def warn(self, code: str, message: str, help: str) -> None:
        """A warning between the lines."""
        if self._bar is not None:
            self._bar.stop()
        messages.warn(code, message, help)
        if self._bar is not None:
            self._bar.start()

    def epoch(self, row: Row, step: int, total: int) -> None:
        """One line an epoch."""
        epochs = self._session.train.epochs
        line = (
            f"epoch {row['epoch']:>{len(str(epochs))}}/{epochs}  loss {row['loss']:.4f}  accuracy {row['accuracy']:.2%}"
        )
        if "validation_loss" in row:
            line += f"  validation {row['validation_loss']:.4f} {row['validation_accuracy']:.2%}"
        line += f"  {row['images_per_second']:,.0f} images/s"
        left = (time.monotonic() - self._started) / max(step - self._begin, 1) * (total - step)
        line += f"  {_clock(left)} left" if step < total else ""
        if self._bar is not None:
            self._bar.console.print(line, highlight=False, markup=False, soft_wrap=True)
        else:
            click.echo(line, err=True)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
