"""Comments by which a spec's author says that a finding is meant: `# netspec: ignore[NS302]`."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from netspec.analysis.report import Report
from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.diagnostic import Diagnostic, in_order
from netspec.text.characters import shown
from netspec.text.source import Source, Span

_COMMENT = re.compile(r"(?<!\S)#[ \t]*netspec:[ \t]*ignore\b(?:[ \t]*\[(?P<codes>[^\]\r\n]*)\])?")
_BEFORE = re.compile(r"(?:[ \t]*(?:#[^\r\n]*)?(?:\r\n|\r|\n)|%[^\r\n]*(?:\r\n|\r|\n)|---[ \t]*(?:\r\n|\r|\n))*")
"""The lines before the first that says something: what stands there alone on its line is said of the file."""


FAMILY = len("NS3")
"""How long the name of a family of codes is: `NS3` stands for all that begin with it."""


def covers(item: str, code: str) -> bool:
    """Whether a code, or the beginning of one that stands for a family, names this code.

    >>> covers("NS302", "NS302"), covers("NS3", "NS302"), covers("NS", "NS302"), covers("NS301", "NS302")
    (True, True, False, False)
    """
    return len(item) >= FAMILY and code.startswith(item)


def known(item: str) -> bool:
    """Whether a word names a code of the catalogue, or a family of them."""
    return any(covers(item, code) for code in CODES)


@dataclass(frozen=True, slots=True)
class _Ignored:
    """One code in one comment."""

    code: str
    place: Span
    line: int | None
    """The line whose findings it takes; None for the whole file."""
    alone: bool
    """Whether nothing but the comment stands on its line."""

    def warning(self, source: Source) -> Diagnostic:
        """Says that it takes nothing, and why."""
        message, help = self._useless()
        return Diagnostic("NS023", message, source, self.place, help=help, severity="warning")

    def _useless(self) -> tuple[str, str]:
        if not self.code:
            return "the comment names no code", "name the codes, as in `# netspec: ignore[NS302]`"
        if not known(self.code):
            return f"there is no code `{shown(self.code)}`", "take the code from the finding's first line"
        if self.line is None:
            return f"nothing in this file is `{self.code}`", "remove the comment"
        if self.alone:
            help = "put it at the end of the line that it is about, or above the first key for the whole file"
            return f"a comment of its own line takes no `{self.code}`", help
        return f"nothing on this line is `{self.code}`", "remove the comment"


def divided(report: Report) -> tuple[tuple[Diagnostic, ...], tuple[Diagnostic, ...]]:
    """The findings that stay, with a warning for each code in a comment that takes nothing, and those that are taken.

    Where the text gives no spec all stay: nothing else was looked for, so that no comment can be judged.
    """
    comments = [] if report.spec is None else list(_comments(report.source))
    if not comments:
        return report.diagnostics, ()
    by_place: dict[tuple[int | None, str], list[_Ignored]] = {}
    for one in comments:
        by_place.setdefault((one.line, one.code), []).append(one)
    stay: list[Diagnostic] = []
    taken: list[Diagnostic] = []
    used = set()
    for finding in report.diagnostics:
        names = [finding.code[:end] for end in range(FAMILY, len(finding.code) + 1)]
        takers = [place for line in (None, finding.span.line) for name in names if (place := (line, name)) in by_place]
        used.update(takers)
        (taken if takers else stay).append(finding)
    # an error hides what else would be found: only where all was looked for is it known that a comment takes nothing
    whole = report.shapes is not None and report.shapes.complete and all(one.severity != "error" for one in stay)
    unused = [
        one for place, same in by_place.items() if place not in used for one in same if whole or not known(one.code)
    ]
    return tuple(in_order([*stay, *(one.warning(report.source) for one in unused)])), tuple(taken)


def _comments(source: Source) -> Iterator[_Ignored]:
    found = list(_COMMENT.finditer(source.text))
    if not found:
        return
    before = _BEFORE.match(source.text)
    top = before.end() if before else 0
    scalars = _scalars(source.text)
    for comment in found:
        last = bisect_right(scalars, (comment.start(), len(source.text))) - 1
        if last >= 0 and comment.start() < scalars[last][1]:
            continue
        place = source.span(*comment.span())
        alone = not source.lines[place.line - 1][: place.column - 1].strip()
        line = None if alone and comment.start() < top else place.line
        codes = list(re.finditer(r"[^\s,]+", comment["codes"] or ""))
        at = comment.start("codes")
        for code in codes:
            yield _Ignored(code[0], source.span(at + code.start(), at + code.end()), line, alone)
        if not codes:
            yield _Ignored("", place, line, alone)


def _scalars(text: str) -> list[tuple[int, int]]:
    """Where text is a value, in which `#` begins no comment."""
    tokens = yaml.scan(text, Loader=yaml.CSafeLoader)
    return [(one.start_mark.index, one.end_mark.index) for one in tokens if isinstance(one, yaml.ScalarToken)]
