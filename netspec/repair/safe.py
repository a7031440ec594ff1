"""The changes that may be made unasked: `validate --fix`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from netspec.analysis.report import Report
from netspec.diagnostics.diagnostic import Fix
from netspec.diagnostics.edits import edited
from netspec.repair.check import check_source
from netspec.text.source import Source


def fix_all(source: Source, check: Callable[[Source], Report] = check_source) -> tuple[str, tuple[Fix, ...]]:
    """The text with every safe fix of what `check` finds made, and the fixes in the order they were made.

    One at a time, as each may move the places of the others, until none is left: made again, nothing changes.
    Comments, layout and line ends stay. A text that comes back to what it was is left there.
    """
    applied: list[Fix] = []
    seen = {source.text}
    while (fix := _first_safe(check(source))) is not None:
        text = edited(source.text, fix.edits)
        if text in seen:
            break
        seen.add(text)
        source = replace(source, text=text)
        applied.append(fix)
    return source.text, tuple(applied)


def _first_safe(report: Report) -> Fix | None:
    return next((fix for diagnostic in report.diagnostics for fix in diagnostic.fixes if fix.safe), None)
