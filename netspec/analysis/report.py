"""What netspec has to say about one file."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.analysis.plan import Plan
from netspec.analysis.shapes import Shapes
from netspec.diagnostics.diagnostic import Diagnostic, in_order
from netspec.diagnostics.render import renderer
from netspec.diagnostics.render.wording import counted
from netspec.language.spec import Spec
from netspec.text.nodes import Node
from netspec.text.source import Source


@dataclass(frozen=True, repr=False)
class Report:
    """The findings on one file, and what was made of it. As a string it is what `netspec validate` prints."""

    source: Source
    diagnostics: tuple[Diagnostic, ...]
    spec: Spec | None = None
    shapes: Shapes | None = None
    """How far the shapes go; of the data's image size where `input` contradicts it."""
    plan: Plan | None = None
    """None where there is an error, an ignored one too where it leaves no network."""
    silenced: tuple[Diagnostic, ...] = ()
    """What is found too, and not told: it hangs on what is."""
    root: Node | None = None
    """The tree of the text; None where it has none."""
    ignored: tuple[Diagnostic, ...] = ()
    """The findings that the author says are meant."""

    @property
    def ok(self) -> bool:
        """Whether there is no error; warnings may be, and what was ignored if it leaves a network."""
        return all(diagnostic.severity != "error" for diagnostic in self.for_network)

    @property
    def for_network(self) -> tuple[Diagnostic, ...]:
        """What is said where a network is needed: the findings and, where there is none, the errors that were ignored."""
        errors = (one for one in self.ignored if one.severity == "error" and self.plan is None)
        return tuple(in_order([*self.diagnostics, *errors]))

    def __repr__(self) -> str:
        return f"<Report {self.source.name}: {counted(len(self.diagnostics), 'finding')}, {self.plan}>"

    def __str__(self) -> str:
        return renderer("full")(self.diagnostics, (self.source.name,), color=False, width=80).rstrip()

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"
