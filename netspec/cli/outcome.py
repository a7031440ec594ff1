"""What a command returns: `main` shows it, and ends the process with its status."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from netspec.diagnostics.diagnostic import Diagnostic


@dataclass(frozen=True, slots=True)
class Document:
    """All findings of a command as one text for a program, or as `validate` has them for people."""

    form: str
    """A key of `RENDERERS`."""
    files: Sequence[str] = ()
    """What was checked, the sound ones too."""
    errors: bool = False
    """Whether it goes to standard error, since something else is on standard output."""
    copies: Sequence[tuple[str, Path]] = ()
    """Further formats, each into a file."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command found, what it made, and its exit status."""

    findings: Sequence[Diagnostic] = ()
    """Beside those that were told while it ran."""
    result: Callable[[TextIO], Iterable[str | bytes]] | None = None
    """The result as text for a stream, piece by piece, each with its line ends; None where there is none.

    Bytes are written as they are. It may raise NetspecError after the pieces that could be made."""
    status: int | None = None
    """None: 1 where one of the findings is an error, else 0."""
    document: Document | None = None
    """Where the findings are the result; None: as `--format` says."""

    @property
    def exit_status(self) -> int:
        """The status of the process, unless making the result fails."""
        if self.status is not None:
            return self.status
        return int(any(found.severity == "error" for found in self.findings))
