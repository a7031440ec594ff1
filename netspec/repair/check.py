"""From a text to a plan or to what is wrong with it and what repairs it: the whole front half."""

from __future__ import annotations

from netspec.analysis.check import examine, heeded
from netspec.analysis.report import Report
from netspec.repair.offer import offer
from netspec.text.source import Source


def check_source(source: Source, fixes: bool = True) -> Report:
    """Checks one spec; every mistake in it becomes a diagnostic, with proved fixes where they are wanted.

    What comments in the text ignore is left out.
    """
    report = examine(source)
    return heeded(offer(report, examine) if fixes and report.diagnostics else report)
