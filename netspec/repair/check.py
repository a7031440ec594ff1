"""From a text to a plan or to what is wrong with it and what repairs it: the whole front half."""

from __future__ import annotations

from netspec.analysis.check import examine
from netspec.analysis.report import Report
from netspec.repair.offer import offer
from netspec.text.source import Source


def check_source(source: Source, fixes: bool = True) -> Report:
    """Checks one spec; every mistake in it becomes a diagnostic, with proved fixes where they are wanted."""
    report = examine(source)
    return offer(report, examine) if fixes and report.diagnostics else report
