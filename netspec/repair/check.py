"""From a text to a plan or to what is wrong with it and what repairs it: the whole front half."""

from __future__ import annotations

from netspec.analysis.check import examine, heeded
from netspec.analysis.plan import Plan
from netspec.analysis.report import Report
from netspec.diagnostics.diagnostic import from_unreadable, told
from netspec.diagnostics.errors import SpecError, UnreadableSpec
from netspec.text.files import Unreadable, read_source
from netspec.text.source import Source


def check_source(source: Source, fixes: bool = True, hints: bool = True) -> Report:
    """Checks one spec; every mistake in it becomes a diagnostic, with proved fixes where they are wanted.

    Without `hints` none are sought where nothing else is found: who shows no hints need not wait for them. What comments in the text ignore is left out.
    """
    report = examine(source)
    if fixes and (report.diagnostics if hints else told(report.diagnostics)):
        from netspec.repair.offer import offer  # a third of the start, which a sound spec does not need

        report = offer(report, examine)
    return heeded(report)


def readable_source(name: str) -> Source:
    """The text of a file, or of standard input for `-`. Raises UnreadableSpec."""
    found = read_source(name)
    if isinstance(found, Unreadable):
        raise UnreadableSpec([from_unreadable(found)], status=2)
    return found


def sound_plan(report: Report) -> Plan:
    """The plan of a report. Raises SpecError where it has none."""
    if report.plan is None:
        raise SpecError(report.for_network)
    return report.plan
