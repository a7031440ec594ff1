"""What netspec has to say about a file, as data. How it looks is the renderers' business."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from netspec.diagnostics.catalogue import CODES
from netspec.text.causes import Cause
from netspec.text.files import Unreadable
from netspec.text.source import NOWHERE, START, Fault, Source, Span

Severity = Literal["error", "warning", "hint"]
"""An `error` refuses the spec, a `warning` may be a mistake, a `hint` says what could be left out: only an editor, and
`validate --hints`, show it."""
Applicability = Literal["safe", "unsafe", "display"]


@dataclass(frozen=True, slots=True)
class Label:
    """Another place that matters, with a few words on why."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text of `span` by `text`; an empty span inserts."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that was checked: with its edits made, the diagnostic is gone and no error has come.

    Only `netspec.repair` makes one.
    """

    title: str
    edits: tuple[Edit, ...]
    applicability: Applicability = "unsafe"
    """`safe`: there is one thing the author can have meant, and `validate --fix` writes it unasked. `unsafe`: it repairs, and
    whether it was meant only the author knows. `display`: it shows what would help; to write it would lose what stands there."""

    @property
    def safe(self) -> bool:
        """Whether it may be made unasked."""
        return self.applicability == "safe"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: a fact, at a place, with what helps."""

    code: str
    message: str
    source: Source = field(repr=False)
    span: Span
    cause: Cause | None = field(default=None, repr=False, kw_only=True)
    """What is wrong, as data that a repair starts from; None where nothing proposes repairs."""
    layer: str | None = None
    label: str | None = None
    """A few words under the carets, where they say more than the message."""
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    """The arithmetic and the chain of shapes that led here, a line each."""
    help: str | None = None
    fixes: tuple[Fix, ...] = ()
    severity: Severity = "error"
    more: int = 0
    """How many places are wrong in the same way, and not told one by one."""

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise KeyError(f"no such diagnostic code: {self.code}")

    @property
    def placed(self) -> bool:
        """Whether it stands in a text; otherwise its source and span mean nothing."""
        return self.source != NOWHERE


def placeless(code: str, message: str, help: str | None = None, severity: Severity = "error") -> Diagnostic:
    """A finding that stands in no text: its message names the run, the data file or the device that it is about."""
    return Diagnostic(code, message, NOWHERE, START, help=help, severity=severity)


def from_fault(fault: Fault, source: Source) -> Diagnostic:
    """A fault of the text as a diagnostic."""
    labels = tuple(Label(span, message) for span, message in fault.related)
    return Diagnostic(fault.code, fault.message, source, fault.span, labels=labels, help=fault.help, cause=fault.cause)


def from_unreadable(file: Unreadable) -> Diagnostic:
    """A file that could not be read, as a diagnostic of a source without text."""
    return Diagnostic("NS022", f"the file cannot be read: {file.reason}", Source(file.name, ""), START)


def told(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Those that are told outside an editor: all but hints."""
    return [diagnostic for diagnostic in diagnostics if diagnostic.severity != "hint"]


ALIKE = 100
"""How many findings of one kind, about places alike, are told one by one; of more, how many they are."""


def and_more(finding: Diagnostic, more: int) -> Diagnostic:
    """The last finding of many alike, with the number of those that are not told."""
    return replace(finding, notes=(*finding.notes, f"and {more:,} more like this"), more=more) if more else finding


def in_order(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """By place, errors before warnings at the same place."""
    return sorted(diagnostics, key=lambda d: (d.source.name, d.span, d.severity, d.code, d.message))
