"""From a text to a plan or to what is wrong with it: the passes, in order."""

from __future__ import annotations

from dataclasses import replace

from netspec.analysis import against_data, budgets, consistency, shapes, suppression
from netspec.analysis.plan import Plan
from netspec.analysis.report import Report
from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.code import Family
from netspec.diagnostics.diagnostic import Diagnostic, from_fault, in_order
from netspec.language import structure
from netspec.language.build import build
from netspec.language.causes import MissingKey
from netspec.language.spec import Spec
from netspec.text import reader
from netspec.text.causes import RepeatedKey
from netspec.text.nodes import Mapping, Node
from netspec.text.source import Source

__all__ = ["Report", "costed", "examine", "examined", "heeded", "plan_of", "without"]


def heeded(report: Report) -> Report:
    """A report without the findings that comments in the text ignore."""
    return without(report, *suppression.divided(report))


def without(report: Report, stay: tuple[Diagnostic, ...], taken: tuple[Diagnostic, ...]) -> Report:
    """A report whose findings were divided; a network that only exceeds budgets stands where that is ignored."""
    report = replace(report, diagnostics=stay, ignored=(*report.ignored, *taken))
    return report if any(map(_is_error, stay)) else replace(report, plan=report.plan or costed(report))


def examine(source: Source) -> Report:
    """The findings of one text, each with its cause; every mistake is one, none an exception."""
    root, faults = reader.read(source)
    found = [from_fault(fault, source) for fault in faults]
    return examined(source, root, found)


def examined(source: Source, root: Node | None, found: list[Diagnostic]) -> Report:
    """Runs the passes over a tree; `found` is what is wrong with the text that it was read from."""
    if root is None:
        return Report(source, tuple(in_order(found)))
    faulty = bool(found)
    findings = structure.check(source, root)
    root = findings.root
    if not isinstance(root, Mapping):
        return Report(source, tuple(in_order(found + findings.diagnostics)), root=root)
    spec = build(source, root, findings)
    inferred = shapes.infer(against_data.sized_by_data(spec))
    twice = [fault for fault in found if isinstance(fault.cause, RepeatedKey) and fault.span.column > 1]
    about_layers = [] if twice else [*inferred.diagnostics, *against_data.source(spec, inferred)]
    found = [*found, *(finding for finding in findings.diagnostics if not _by_twin(finding, twice)), *about_layers]
    whole = shapes.of_sound_layers(spec, inferred)
    for check in consistency.PASSES:
        found += check(*whole)
    plan = plan_of(spec, inferred)
    if plan is not None and not faulty and not any(map(_is_error, about_layers)):
        found += budgets.check(plan)
    structural = {finding.span for finding in found if CODES[finding.code].structural}
    hanging = [one for one in found if not CODES[one.code].structural and one.span in structural]
    found = [one for one in found if CODES[one.code].structural or one.span not in structural]
    plan = None if any(map(_is_error, found)) else plan
    return Report(source, tuple(in_order(found)), spec, inferred, plan, tuple(hanging), root)


def _by_twin(finding: Diagnostic, twice: list[Diagnostic]) -> bool:
    """Whether a key is missing near one that is given twice: one of the two was to be the missing one."""
    return isinstance(finding.cause, MissingKey) and any(
        min(label.span.line for label in fault.labels) - 1 <= finding.span.line <= fault.span.line for fault in twice
    )


def _is_error(finding: Diagnostic) -> bool:
    return finding.severity == "error"


def plan_of(spec: Spec, inferred: shapes.Shapes) -> Plan | None:
    """The plan of a spec whose shapes go to the end, whatever else is wrong with it."""
    if not inferred.complete or not inferred.layers or spec.input is None:
        return None
    return Plan(spec, spec.input.value.shape, inferred.layers)


def costed(report: Report) -> Plan | None:
    """The plan of a report, also where budgets are exceeded and nothing else is wrong."""
    found = (*report.diagnostics, *report.ignored)
    wrong = any(_is_error(finding) and CODES[finding.code].family is not Family.BUDGETS for finding in found)
    if wrong or report.spec is None or report.shapes is None:
        return None
    return plan_of(report.spec, report.shapes)
