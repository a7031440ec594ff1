"""How long measurements are shown: a bar that says what is measured to a person, one line to a file."""

from __future__ import annotations

from netspec.cli.bars import Shown


class Measuring(Shown):
    """Shown on standard error from the first `say` on."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._said = False

    def say(self, what: str, done: int, total: int) -> None:
        """`done` of `total` are measured, and `what` is next."""
        if not self._said:
            self._said = True
            self._open()
        if self._bar is not None:
            self._bar.update(self._task, what=what, completed=done, total=total)

    def _open(self) -> None:
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=16),
            TextColumn("{task.fields[what]}", markup=False),
        )
        self.show(self._title, *columns, TimeElapsedColumn(), total=None, what="")
