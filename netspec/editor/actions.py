"""The repairs that a place offers: what was proved for the findings there, and all safe ones at once."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netspec.diagnostics.edits import line_end
from netspec.editor.document import Document
from netspec.repair.safe import fix_all
from netspec.text.source import Source


@dataclass(frozen=True, slots=True)
class Repair:
    """A fix, and the finding that it takes away."""

    title: str
    edits: tuple[Edit, ...]
    """With the line ends of the text."""
    finding: Diagnostic
    preferred: bool
    """Whether it is the one thing that can have been meant."""


def repairs(document: Document, first: tuple[int, int], last: tuple[int, int]) -> list[Repair]:
    """The fixes of the findings that touch the range (lines and columns from 1, the end included)."""
    if not document.is_spec:
        return []
    newline = line_end(document.source.text)
    return [
        Repair(fix.title, _exact(fix, newline), found, fix.safe)
        for found in document.report.diagnostics
        if (found.span.line, found.span.column) <= last and first <= (found.span.end_line, found.span.end_column)
        for fix in found.fixes
        if fix.applicability != "display"
    ]


def _exact(fix: Fix, newline: str) -> tuple[Edit, ...]:
    return tuple(Edit(edit.span, edit.text.replace("\n", newline)) for edit in fix.edits)


def all_safe(document: Document) -> Edit | None:
    """What `netspec validate --fix` would do, as one edit of the lines that change; None where that is nothing."""
    if not document.is_spec or not any(fix.safe for found in document.report.diagnostics for fix in found.fixes):
        return None
    before, after = document.source.text, fix_all(document.source, document.configuration.check)[0]
    return None if before == after else changed(before, after)


def changed(before: str, after: str) -> Edit:
    """The one edit, of whole lines, that makes `after` of `before`."""
    old, new = _lines(before), _lines(after)
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    at = sum(map(len, old[:start]))
    place = Source("", before).span(at, at + sum(map(len, old[start : len(old) - end])))
    return Edit(place, "".join(new[start : len(new) - end]))


def _lines(text: str) -> list[str]:
    """The lines with their ends: LF, CRLF and CR alone, as everywhere in netspec."""
    source = Source("", text)
    starts = [source.offset(number, 1) for number in range(1, len(source.lines) + 1)]
    return [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
