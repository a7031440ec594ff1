"""How long measurements are shown: a bar that says what is measured to a person, one line to a file."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

import click


class Measuring:
    """Shown on standard error while it is entered; `say` moves it."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Measuring:
        if not sys.stderr.isatty():
            click.echo(f"{self._title} ...", err=True)
            return self
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), TextColumn("{task.fields[what]}"))
        self._bar = Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True)
        self._bar.start()
        self._task = self._bar.add_task(self._title, total=None, what="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def say(self, what: str, done: int, total: int) -> None:
        """`done` of `total` are measured, and `what` is next."""
        if self._bar is not None:
            self._bar.update(self._task, what=what, completed=done, total=total)
