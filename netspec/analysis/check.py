"""From a file to a plan or to what is wrong with it: the whole front half, in order."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.analysis import budgets, consistency, shapes
from netspec.analysis.plan import Plan
from netspec.diagnostics.diagnostic import Diagnostic, from_fault, in_order
from netspec.language import structure
from netspec.language.build import build
from netspec.language.spec import Spec
from netspec.text import reader
from netspec.text.nodes import Mapping
from netspec.text.source import Source


@dataclass(frozen=True)
class Report:
    """What netspec has to say about one file."""

    source: Source
    diagnostics: tuple[Diagnostic, ...]
    spec: Spec | None = None
    plan: Plan | None = None
    """None where there is an error."""

    @property
    def ok(self) -> bool:
        """Whether there is no error; warnings may be."""
        return all(diagnostic.severity != "error" for diagnostic in self.diagnostics)


def check_source(source: Source) -> Report:
    """Checks one spec; every mistake in it becomes a diagnostic, none an exception."""
    root, faults = reader.read(source)
    found = [from_fault(fault, source) for fault in faults]
    if root is None:
        return Report(source, tuple(in_order(found)))
    findings = structure.check(source, root)
    if not isinstance(root, Mapping):
        return Report(source, tuple(in_order(found + findings.diagnostics)))
    spec = build(source, root, findings)
    inferred = shapes.infer(spec)
    found += [*findings.diagnostics, *inferred.diagnostics]
    for check in consistency.PASSES:
        found += check(spec, inferred)
    plan = None
    if inferred.complete and inferred.layers and spec.input is not None:
        size = spec.input.value
        plan = Plan(spec, (size.height, size.width, size.channels), inferred.layers)
        found += budgets.check(plan)
    ok = all(diagnostic.severity != "error" for diagnostic in found)
    return Report(source, tuple(in_order(found)), spec, plan if ok else None)
