"""A text in an editor, and what is known of it: each answer is worked out once, when it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from netspec.analysis.check import Report, examine, examined, heeded, plan_of
from netspec.analysis.plan import Plan, PlannedLayer
from netspec.diagnostics.diagnostic import Diagnostic, in_order
from netspec.language.fields import keys
from netspec.language.top import Top
from netspec.project.configuration import Configuration, Configurations, told_of
from netspec.repair.check import check_source
from netspec.repair.offer import offer
from netspec.text.files import decode
from netspec.text.nodes import Mapping, Node
from netspec.text.outline import Outline
from netspec.text.recognition import says_spec
from netspec.text.source import START, Source

SHOWN = 500
"""How many findings a text shows: a client and the pipe to it take long over thousands."""


@dataclass(frozen=True)
class Document:
    """One version of a text."""

    source: Source

    @classmethod
    def of(cls, text: str, path: str) -> Document:
        """The text of the file at `path`, as `source_of` has it."""
        return cls(source_of(text, path))

    @cached_property
    def examined(self) -> Report:
        """The findings without what repairs them."""
        return examine(self.source)

    @cached_property
    def configuration(self) -> Configuration:
        """What the project says of the file: it is looked for again for each version of a text."""
        return Configurations().of(self.source.name)

    @cached_property
    def report(self) -> Report:
        """The findings with the fixes that were proved, as `netspec validate` has them, their causes, which hold nodes, left out; none where the file is left out."""
        configuration = self.configuration
        if configuration.leaves_out(self.source.name):
            return replace(self.examined, diagnostics=())
        unset: list[Diagnostic] = []
        if configuration.budgets:
            limited, made, unset = configuration.limited(self.source)
            report = told_of(check_source(limited), made)
        else:
            report = heeded(offer(self.examined, examine) if self.examined.diagnostics else self.examined)
        told = [*unset, *map(self._told_here, configuration.problems)]
        judged = configuration.judged(report)
        found = in_order([*told, *judged.diagnostics])
        return replace(judged, diagnostics=tuple(replace(finding, cause=None) for finding in found))

    def _told_here(self, problem: Diagnostic) -> Diagnostic:
        """What is wrong with the configuration, at the beginning of a text that it is for."""
        message = f"`{problem.source.name}`, line {problem.span.line}: {problem.message}"
        return replace(problem, source=self.source, span=START, message=message)

    @cached_property
    def known(self) -> Report:
        """What is known of the network, though the text may be broken: the sound layers up to the first that is not."""
        if self.examined.spec is not None or self.source.faults:
            return self.examined
        return examined(self.source, self.outline, [])

    @cached_property
    def outline(self) -> Node | None:
        """The tree of the text as far as it can be meant."""
        return Outline(self.source.text).root

    @property
    def root(self) -> Node | None:
        """The tree that the layers' nodes are of, or the outline where there is none."""
        return self.known.spec.root if self.known.spec is not None else self.outline

    @property
    def layers(self) -> tuple[PlannedLayer, ...]:
        """The layers whose shapes are known."""
        return self.known.shapes.layers if self.known.shapes is not None else ()

    @cached_property
    def plan(self) -> Plan | None:
        """The whole network, where all shapes are known; it may exceed a budget."""
        spec, shapes = self.known.spec, self.known.shapes
        return plan_of(spec, shapes) if spec is not None and shapes is not None else None

    @cached_property
    def is_spec(self) -> bool:
        """Whether it says that it is one: an editor shows every YAML file to the server."""
        return says_spec(self.source)

    @cached_property
    def may_become_spec(self) -> bool:
        """Whether nothing in it says that it is something else, one key that is being typed aside."""
        names = {entry.name for entry in self.outline} if isinstance(self.outline, Mapping) else set()
        return self.is_spec or len(names - {key.name for key in keys(Top)}) < 2


def findings(document: Document) -> tuple[tuple[Diagnostic, ...], int]:
    """What `netspec validate` says of a spec, as much as is shown, and how many more there are; nothing of another file."""
    found = document.report.diagnostics if document.is_spec else ()
    return found[:SHOWN], max(0, len(found) - SHOWN)


def source_of(text: str, path: str) -> Source:
    """The text of the file at `path` as an editor has it; what a file may not hold is a fault here too."""
    return decode(text.encode(errors="surrogatepass"), path, Path(path))
