"""What is wrong with a data set. The caller turns each into a Diagnostic at the spec's `data` key."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Literal

from netspec.text.characters import escaped


class Advice(Enum):
    """What kind of help a problem has, where something besides its words depends on that."""

    NAME_THE_PLACE = auto()
    """Nothing is at the path, nor anything that can have been meant."""
    SAVE_AS_PNG = auto()
    """It is an image, of a format that is not read."""
    ONE_HOT = auto()
    """Labels are rows of zeros and a one, in both parts if in one."""
    ROWS = auto()
    """Labels have other columns than the network gives numbers, in both parts if in one."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `message` is complete: it names the path and the place in it.

    What it says can be written anywhere: what cannot be shown in a file's or an array's name is escaped.
    """

    code: str
    message: str
    help: str | None = None
    path: Path | None = None
    where: str | None = None
    """The place in the file: `byte 16`, `row 7`, ``array `x_train` ``."""
    severity: Literal["error", "warning"] = "error"
    fact: str = ""
    """What is wrong, without the path and the place."""
    advice: Advice | None = None
    other_source: str | None = None
    """The source that reads what is there."""

    def __post_init__(self) -> None:
        for name in ("message", "help", "where", "fact"):
            text = getattr(self, name)
            if text is not None:
                object.__setattr__(self, name, escaped(text))


class Refused(Exception):
    """Leaves a reader with what it found; `sources.load` turns it into data again."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*(problem.message for problem in problems))
        self.problems = problems


def problem(
    code: str,
    path: Path,
    fact: str,
    *,
    where: str | None = None,
    help: str | None = None,
    warning: bool = False,
    advice: Advice | None = None,
    other_source: str | None = None,
) -> Problem:
    """A finding about the file at `path`, its message composed of path, place and fact."""
    place = f"`{path}`, {where}" if where else f"`{path}`"
    severity: Literal["error", "warning"] = "warning" if warning else "error"
    return Problem(code, f"{place}: {fact}", help, path, where, severity, fact, advice, other_source)
