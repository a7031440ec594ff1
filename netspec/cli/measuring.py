"""How long measurements are shown: a bar that says what is measured to a person, one line to a file."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

import click


class Measuring:
    """Shown on standard error from the first `say` on."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._said = False
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Measuring:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leaves the terminal as it was."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def say(self, what: str, done: int, total: int) -> None:
        """`done` of `total` are measured, and `what` is next."""
        if not self._said:
            self._said = True
            if sys.stderr.isatty():
                self._open()
            else:
                click.echo(f"{self._title} ...", err=True)
        if self._bar is not None:
            self._bar.update(self._task, what=what, completed=done, total=total)

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(bar_width=16), TextColumn("{task.fields[what]}"))
        self._bar = Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True)
        self._bar.start()
        self._task = self._bar.add_task(self._title, total=None, what="")
