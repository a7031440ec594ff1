"""The proof of a change: it is made in the text, and the text is checked again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import cached_property

from netspec.analysis.report import Report
from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.code import Family
from netspec.diagnostics.diagnostic import Diagnostic, Fix
from netspec.diagnostics.edits import edited
from netspec.language.causes import BrokenValue, MissingKey, UnknownKey
from netspec.language.other_systems import KEYS, squeezed
from netspec.repair.kept import takes_words
from netspec.text.nodes import Path
from netspec.text.source import Source

WORK = 200_000
"""How much may be checked again in all: about 0.2 s. One KB of text takes about a millisecond, as 30 findings do, or two that are not told."""
A_CHECK, A_FINDING, UNTOLD = 500, 50, 500
READINGS = 80
"""How often a text is read for guesses at one fault, a check being ten."""
SPARED, UNSPARED = 2, 2_000_000
"""How many trials a text has that would take more, and from which size on it has none."""


FEW = 3
"""How many mistakes may have stood behind a fault of the text that hid everything."""


class Verdict(Enum):
    """What a trial shows."""

    PROVED = auto()
    """The finding is gone and nothing has come."""
    WARNS = auto()
    """The finding is gone, and a warning or a hint has come."""
    REVEALS = auto()
    """The finding is gone, and what it hid has come to light."""
    FAILED = auto()


@dataclass
class Trials:
    """Tries changes of one text, up to an amount of work."""

    report: Report
    examine: Callable[[Source], Report]
    work: int = 0
    count: int = 0
    cure: Fix | None = None
    """The change of the text, or of a typo, that leaves no finding at all: then the others followed from what it repairs."""

    @property
    def spent(self) -> bool:
        """Whether no more may be tried."""
        return self.work > WORK and (self.count >= SPARED or self.work > UNSPARED)

    @property
    def unaffordable(self) -> bool:
        """Whether even the first trial would take too long."""
        return _work(self.report.source, self.report.diagnostics) > UNSPARED

    def after(self, fix: Fix) -> tuple[Diagnostic, ...]:
        """What is found with a change. A hint is no mistake."""
        source = self.report.source
        source = replace(source, text=edited(source, fix.edits), faults=())
        found = tuple(one for one in self.examine(source).diagnostics if one.severity != "hint")
        self.work += A_CHECK + _work(source, found)
        self.count += 1
        return found

    def sought(self, reading: bool) -> None:
        """Counts that the fixes of a finding were sought, whether or not there was something to try; `reading` where the text
        was read anew for each guess."""
        self.count += 1
        self.work += A_CHECK + len(self.report.source.text) * (READINGS if reading else 1) // 10

    def verdict(self, findings: Sequence[Diagnostic], fix: Fix) -> Verdict:
        """What a change shows that is to take these findings away."""
        after = self.after(fix)
        new = Counter(map(identity, after)) - (self._before - Counter(map(identity, findings)))
        others = [other for other in self.report.diagnostics if other not in findings] if not after else []
        alone = len(findings) == 1 and findings[0].severity == "error"
        if not after and self.cure is None and alone and _is_cure(findings[0], fix, others):
            self.cure = fix
        if _hangs_on_text(findings[0], self.report.diagnostics):
            new += Counter(identity(one) for one in after if CODES[one.code].family is Family.TEXT)
        taken = fix.applicability == "display" and takes_words(self.report.source, fix)
        if taken and (mapping := _mapping(findings[0])) is not None:
            # beside another mistake in the same mapping, what is left out may be what that lacks, unless it said nothing
            new += Counter(
                identity(one) for one in after if _mapping(one) == mapping and not getattr(one.cause, "meant", None)
            )
        if _of_budget(findings[0], fix):
            # what could not be read was not held to: that it is exceeded is no fault of what was meant
            new = Counter({one: count for one, count in new.items() if not CODES[one[0]].told_as_one})
        if not new:
            return Verdict.PROVED
        come = [one for one in after if identity(one) in new]
        if any(identity(one) in new and CODES[one.code].family is not Family.TEXT for one in findings):
            return Verdict.FAILED  # it is still there
        if all(one.severity != "error" for one in come):
            return Verdict.WARNS
        unread = self.report.root is None
        hidden = all(
            CODES[one.code].latent
            or _below(one, findings[0])
            or (unread and (_tree_found(one) or not _beside(fix, one) or _later(fix, one)))
            for one in come
        )
        hidden = hidden and (not unread or len(come) <= FEW)
        return (
            Verdict.REVEALS
            if hidden and not takes_words(self.report.source, fix) and not CODES[findings[0].code].told_as_one
            else Verdict.FAILED
        )

    @cached_property
    def _before(self) -> Counter[tuple[str, Hashable]]:
        return Counter(map(identity, (*self.report.diagnostics, *self.report.silenced)))


def identity(finding: Diagnostic) -> tuple[str, Hashable]:
    """What stays the same of a finding while lines and numbers around it change."""
    code = CODES[finding.code]
    if code.structural:
        return finding.code, finding.message
    return finding.code, finding.cause if code.told_as_one else finding.layer or finding.cause or finding.message


def _work(source: Source, found: Iterable[Diagnostic]) -> int:
    """What it takes to check a text in which this is found."""
    return len(source.text) + sum(A_FINDING + UNTOLD * one.more for one in found)


def _is_cure(finding: Diagnostic, fix: Fix, others: list[Diagnostic]) -> bool:
    """Whether a change that leaves no finding at all shows that the other findings followed from this one.

    Writing something else does; leaving something out, or allowing more, would silence independent mistakes too.
    """
    code = CODES[finding.code]
    if code.told_as_one:
        return all(other.severity != "error" for other in others)
    return code.family is Family.TEXT or fix.safe or not takes_words(finding.source, fix)


def _of_budget(finding: Diagnostic, fix: Fix) -> bool:
    """Whether a change writes a budget as it was meant."""
    cause = finding.cause
    meant = (cause.meant, *cause.others) if isinstance(cause, BrokenValue) and cause.path[:1] == ("budget",) else ()
    return fix.edits[0].text in meant


def _hangs_on_text(finding: Diagnostic, all_found: Sequence[Diagnostic]) -> bool:
    """Whether a fault of the text in the same line may be what a finding follows from."""
    return any(
        CODES[one.code].family is Family.TEXT and one.span.line == finding.span.line and one is not finding
        for one in all_found
    )


def _tree_found(finding: Diagnostic) -> bool:
    """Whether a finding needs a tree, and is none that guesses at the text bring forth: what is plainly a slip."""
    cause = finding.cause
    return bool(getattr(cause, "meant", None)) or not CODES[finding.code].structural


def _beside(fix: Fix, finding: Diagnostic) -> bool:
    """Whether a finding stands in the section of the text that a change is made in, and may be brought forth by it."""
    lines = finding.source.lines
    first, last = fix.edits[0].span.line, max(edit.span.end_line for edit in fix.edits)
    while first > 1 and lines[first - 1][:1] in ("", " ", "#", "-"):
        first -= 1
    while last < len(lines) and lines[last][:1] in ("", " ", "#", "-"):
        last += 1
    return first <= finding.span.line <= last


def _later(fix: Fix, finding: Diagnostic) -> bool:
    """Whether a finding is a fault of the text below a change, by which the text is read further."""
    return CODES[finding.code].family is Family.TEXT and finding.span.line > fix.edits[-1].span.line


def _mapping(finding: Diagnostic) -> Path | None:
    """The path of the mapping that has an unknown or lacks a key, or one of whose values is broken."""
    cause = finding.cause
    if isinstance(cause, UnknownKey | MissingKey):
        return cause.path
    return cause.path[:-1] if isinstance(cause, BrokenValue) else None


def _below(finding: Diagnostic, unknown: Diagnostic) -> bool:
    """Whether a finding is about what stands below an unknown key, or a value of another type: it was not looked at before."""
    cause, of = finding.cause, unknown.cause
    if (
        isinstance(of, BrokenValue)
        and of.keyword == "type"
        and isinstance(cause, UnknownKey | MissingKey | BrokenValue)
    ):
        return len(cause.path) > len(of.path) and cause.path[: len(of.path)] == of.path
    if isinstance(of, UnknownKey) and isinstance(cause, UnknownKey) and cause.meant and cause.path == of.path:
        return True  # one level up
    if not isinstance(of, UnknownKey) or not isinstance(cause, UnknownKey | MissingKey | BrokenValue):
        return False
    if any(step in cause.path for step in (of.name, *KEYS.get(squeezed(of.name), ()))):
        return True  # moved as a whole
    above = (*of.path, (of.meant or "").partition(":")[0])
    return cause.path[: len(above)] == above
