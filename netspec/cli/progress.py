"""How a training session is shown: a live bar to a person, plain lines to a file."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from netspec.analysis.figures import measured, short_loss
from netspec.cli import farewell, messages
from netspec.cli.bars import Shown
from netspec.cli.measuring import Measuring
from netspec.diagnostics.render.wording import counted
from netspec.language.heads import VALIDATION

if TYPE_CHECKING:
    from netspec.analysis.plan import Plan
    from netspec.diagnostics.diagnostic import Diagnostic
    from netspec.runs.beginning import Beginning
    from netspec.runs.best import Row
    from netspec.training.session import Session

REFRESH_SECONDS = 0.2
SHOWN_ANEW = 6
"""How many layers are named of those that a file does not begin."""


class Progress(Shown):
    """A watcher that writes to standard error; outside of a training it is nothing."""

    began = 0.0
    """When the training did, by the monotonic clock."""
    _measuring: Measuring | None = None
    _surveying: Measuring | None = None

    def close(self) -> None:
        """Leaves the terminal as it was."""
        super().close()
        for bar in (self._surveying, self._measuring):
            if bar is not None:
                bar.close()

    def surveying(self, what: str, done: int, total: int) -> None:
        """A bar of its own, until something else is shown."""
        if self._surveying is None:
            self._surveying = Measuring("looking once through the images")
        self._surveying.say(what, done, total)

    def measuring(self, plan: Plan, what: str, done: int, total: int) -> None:
        """A bar of its own, from the first one on."""
        if self._measuring is None:
            self.close()
            self._measuring = Measuring(f"choosing algorithms for {plan.name}")
        self._measuring.say(what, done, total)

    def chosen(self, line: str | None) -> None:
        """The line."""
        self.close()
        if line is not None:
            click.echo(line, err=True)

    def begun(self, beginning: Beginning) -> None:
        """A line on what is taken of the file, and one on what begins anew; a format for programs has all of it."""
        messages.current().facts["begun"] = beginning.as_json()
        for line in begun_lines(beginning):
            click.echo(messages.fitted(messages.safe(line), sys.stderr), err=True)

    def begin(self, session: Session, step: int) -> None:
        """A line on what is trained; from then on the bar. A signal that ends the process says how to go on."""
        self.close()
        farewell.work_on(session.directory.folder)
        self._session, self._begin, self._taken = session, step, session.trainer.examples_per_step
        self.began = self._started = time.monotonic()
        self._shown = 0.0
        images, train, steps = session.images, session.train, session.trainer.steps_per_epoch
        text = (
            f"{session.plan.name}: {session.plan.parameters:,} parameters{_frozen(session.plan)}; {len(images.train):,} training, "
            f"{len(images.validation):,} validation, {len(images.test):,} test images; "
            f"{counted(train.epochs, 'epoch')} of {counted(steps, 'step')}"
        )
        click.echo(messages.fitted(text, sys.stderr), err=True)
        self._open()

    def end(self) -> None:
        """The terminal is left as it was."""
        self.close()

    def _open(self) -> None:
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            TextColumn("{task.percentage:>3.0f}%", markup=False),
            TextColumn("{task.fields[rate]}", markup=False),
            TimeRemainingColumn(),
        )
        total = self._session.total_steps
        title = "compiling" if self._begin < total else "evaluating"
        self.show(title, *columns, refresh=False, total=total, completed=self._begin, rate="")

    def step(self, step: int, total: int, metrics: Any) -> None:
        """Moves the bar a few times a second; never waits for the device."""
        now = time.monotonic()
        if step == self._begin + 1:
            self._started = now  # compilation is over: rates and estimates begin here
        if self._bar is None or now - self._shown < REFRESH_SECONDS:
            return
        self._shown = now
        rate = (step - self._begin - 1) * self._taken / max(now - self._started, 1e-9)
        epoch = (step - 1) // self._session.trainer.steps_per_epoch + 1
        epochs = self._session.train.epochs
        self._bar.update(
            self._task, completed=step, description=f"epoch {epoch}/{epochs}", rate=f"{rate:,.0f} images/s"
        )
        self._bar.refresh()

    def warn(self, code: str, message: str, help: str) -> None:
        """Nothing: what is found is told, by `tell` among the rest."""

    def tell(self, findings: Sequence[Diagnostic]) -> None:
        """Findings between the lines."""
        if self._surveying is not None:
            self._surveying.close()
        if self._bar is not None:
            self._bar.stop()
        messages.tell(findings)
        if self._bar is not None:
            self._bar.start()

    def epoch(self, row: Row, step: int, total: int) -> None:
        """One line an epoch."""
        epochs = self._session.train.epochs
        parts = [f"epoch {row['epoch']:>{len(str(epochs))}}/{epochs}", f"loss {short_loss(row['loss'])}"]
        main = self._session.network.head.main
        parts.append(measured(main, row[main.name]))
        if "validation_loss" in row:
            value = measured(main, row[f"{VALIDATION}{main.name}"]).removeprefix(f"{main.words} ")
            parts.append(f"validation {short_loss(row['validation_loss'])} {value}")
        rate = f"{row['images_per_second']:,.0f} images/s"
        left = (time.monotonic() - self._started) / max(step - self._begin, 1) * (total - step)
        remaining = [f"{_clock(left)} left"] if step < total else []
        if self._bar is None:
            click.echo("  ".join([*parts, rate, *remaining]), err=True)
            return
        line = fitting([[*parts, rate, *remaining], [*parts, *remaining], parts], messages.width(sys.stderr))
        self._bar.console.print(line, highlight=False, markup=False, soft_wrap=True)


def _frozen(plan: Plan) -> str:
    return f", {plan.trained_parameters:,} of them trained" if plan.frozen else ""


def begun_lines(beginning: Beginning) -> Iterator[str]:
    """What a training begins with, in words."""
    anew, unused = beginning.anew, beginning.unused
    count = len(beginning.taken)
    yield f"begins from {beginning.weights.path}: {count:,} of {counted(count + len(anew), 'array')} are taken"
    reasons: dict[str, list[str]] = {}
    for one in anew:
        reasons.setdefault(one.layer, []).append(one.words)
    for layer, words in [*reasons.items()][:SHOWN_ANEW]:
        yield f"  {layer} begins anew: {words[0]}"  # of its kernel: the sizes of the others follow
    if len(reasons) > SHOWN_ANEW:
        yield f"  and {counted(len(reasons) - SHOWN_ANEW, 'more layer')}: plan.json in the run lists them"
    if unused:
        layers = dict.fromkeys(name.split("/")[1] if name.count("/") == 2 else name for name in unused)
        names = [*layers][:SHOWN_ANEW]
        more = f" and {len(layers) - SHOWN_ANEW} more" if len(layers) > SHOWN_ANEW else ""
        yield f"  not here, and left: {', '.join(names)}{more}"


def fitting(choices: Sequence[Sequence[str]], width: int) -> str:
    """The first line of parts that fits a terminal, else the last in several lines, broken between parts."""
    for parts in choices:
        line = "  ".join(parts)
        if len(line) <= width:
            return line
    lines = [""]
    for part in choices[-1]:
        joined = f"{lines[-1]}  {part}" if lines[-1] else part
        if len(joined) <= width or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(f"  {part}")
    return "\n".join(lines)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
