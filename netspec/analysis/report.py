"""What netspec has to say about one file."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.analysis.plan import Plan
from netspec.analysis.shapes import Shapes
from netspec.diagnostics.diagnostic import Diagnostic
from netspec.language.spec import Spec
from netspec.text.source import Source


@dataclass(frozen=True)
class Report:
    """The findings on one file, and what was made of it."""

    source: Source
    diagnostics: tuple[Diagnostic, ...]
    spec: Spec | None = None
    shapes: Shapes | None = None
    """How far the shapes go; of the data's image size where `input` contradicts it."""
    plan: Plan | None = None
    """None where there is an error."""

    @property
    def ok(self) -> bool:
        """Whether there is no error; warnings may be."""
        return all(diagnostic.severity != "error" for diagnostic in self.diagnostics)
