"""Bars on standard error: to a person something that moves, to a file one line that says what has begun."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Self

import click


class Shown:
    """Something that lasts. Inside its `with`, `show` shows it; at the end the terminal is left as it was."""

    _bar: Any = None
    _task: Any = None

    def __enter__(self) -> Self:
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

    def show(self, title: str, *columns: Any, refresh: bool = True, **task: Any) -> None:
        """`columns` and `task` are as rich has them; without `refresh` the bar moves only when it is told to."""
        if not sys.stderr.isatty():
            click.echo(f"{title} ...", err=True)
            return
        from rich.console import Console
        from rich.progress import Progress

        self._bar = Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=refresh)
        self._bar.start()
        self._task = self._bar.add_task(title, **task)
