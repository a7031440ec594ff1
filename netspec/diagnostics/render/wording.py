"""What several formats say in the same words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from netspec.diagnostics.diagnostic import Diagnostic


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of each."""

    files: int
    errors: int
    warnings: int


def count(diagnostics: Sequence[Diagnostic], files: Sequence[str]) -> Counts:
    """The counts every summary is made of, with what is not told one by one."""
    errors = sum(1 + found.more for found in diagnostics if found.severity == "error")
    both = sum(1 + found.more for found in diagnostics)
    return Counts(len(all_files(diagnostics, files)), errors, both - errors)


def tally(diagnostics: Sequence[Diagnostic]) -> dict[str, Counts]:
    """The counts of each file that has a finding, the worst first: by errors, then by warnings, then by name."""
    errors, both = Counter[str](), Counter[str]()
    for found in diagnostics:
        if found.placed:
            both[found.source.name] += 1 + found.more
            errors[found.source.name] += (1 + found.more) * (found.severity == "error")
    worst = sorted(both, key=lambda name: (-errors[name], -both[name], name))
    return {name: Counts(1, errors[name], both[name] - errors[name]) for name in worst}


def worst_first(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Those of no file, then the diagnostics of the worst file first; those of one file keep their order."""
    place = {name: number for number, name in enumerate(tally(diagnostics))}
    return sorted(diagnostics, key=lambda found: place[found.source.name] if found.placed else -1)


def all_files(diagnostics: Sequence[Diagnostic], files: Sequence[str]) -> list[str]:
    """The files that were checked or are spoken of, each once."""
    return list(dict.fromkeys([*files, *(found.source.name for found in diagnostics if found.placed)]))


def counted(number: int, thing: str) -> str:
    """The number with the thing in its singular or plural.

    >>> counted(1, "error"), counted(2000, "error")
    ('1 error', '2,000 errors')
    """
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def in_words(found: Diagnostic) -> str:
    """The message, then the notes and what helps, a line each: for formats that show no source."""
    lines = [found.message, *found.notes]
    helps = dict.fromkeys([found.help, *(fix.title for fix in found.fixes)])
    return "\n".join([*lines, *(f"help: {text}" for text in helps if text)])
