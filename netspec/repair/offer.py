"""Help that proves itself: of the changes that may repair a finding, those that do.

A change is offered only after it was made in the text and the text was checked again: the finding is gone and no
other has come; where every change brings a warning, the first such. What a pass proposes comes before what a solver finds; each solver yields smaller changes first.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from netspec.analysis.causes import Contradiction
from netspec.analysis.report import Report
from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.code import Family
from netspec.diagnostics.diagnostic import Diagnostic, Fix, Label, in_order
from netspec.diagnostics.edits import edited
from netspec.language.causes import BrokenValue, UnknownKey
from netspec.repair import blame, text
from netspec.repair.proposers import blamed, proposals
from netspec.text.causes import Cause, RepeatedKey
from netspec.text.source import Source

OFFERED = 3
"""How many fixes a finding shows."""
TRIED = 16
"""How many changes are tried for one finding."""
FURTHER = 3
"""How many more after one that repairs it."""
CHARACTERS = 200_000
"""How much text is checked again in all: about 0.2 s. One KB takes about a millisecond."""
SPARED = 3
"""How many trials a large spec has nevertheless."""

OTHERS = 4
"""How many more layers with the same finding are named."""


def offer(report: Report, examine: Callable[[Source], Report]) -> Report:
    """The report with each finding at what most likely caused it, and with the fixes that were proved."""
    trials = _Trials(report, examine)
    helped = trials.merged([trials.helped(finding) for finding in report.diagnostics])
    if trials.cure is not None and len(helped) > 1:
        cured = next(finding for finding in helped if trials.cure in finding.fixes)
        helped = [replace(cured, fixes=(trials.cure,), help=trials.cure.title)]
    return replace(report, diagnostics=tuple(in_order([_at_fix(finding) for finding in _once_a_place(helped)])))


def _at_fix(finding: Diagnostic) -> Diagnostic:
    follows = isinstance(finding.cause, Contradiction) and finding.cause.follows_data and finding.fixes
    return blame.at_fix(finding, finding.fixes[0]) if follows else finding


def _once_a_place(findings: list[Diagnostic]) -> list[Diagnostic]:
    """What is found at one place for several layers is found once: one value under `defaults` serves many."""
    places: dict[object, list[Diagnostic]] = {}
    for finding in findings:
        place = (finding.code, finding.span) if finding.layer else id(finding)
        places.setdefault(place, []).append(finding)
    return [_with_others(*same) for same in places.values()]


def _with_others(first: Diagnostic, *others: Diagnostic) -> Diagnostic:
    names = [f"`{other.layer}`" for other in others]
    if not names:
        return first
    shown = ", ".join(names[:OTHERS]) + f" and {len(names) - OTHERS} more" * (len(names) > OTHERS)
    return replace(first, notes=(*first.notes, f"the same in {shown}"))


@dataclass(slots=True)
class _Trials:
    report: Report
    examine: Callable[[Source], Report]
    characters: int = 0
    count: int = 0
    cure: Fix | None = None
    """The change of the text, or of a typo, that leaves no finding at all: then the others followed from what it repairs."""

    warned: Fix | None = None
    """The first change for the finding at hand that is right but for a warning: better than none."""

    def helped(self, finding: Diagnostic) -> Diagnostic:
        """The finding with up to three proved fixes, the first of which is its help."""
        found = blamed(self.report, finding)
        code = CODES[finding.code]
        proved: list[Fix] = []
        self.warned = None
        tried, limit = 0, TRIED
        of_text = code.family is Family.TEXT
        for fix in proposals(self.report, found):
            plain = proved and (proved[0].safe or (of_text and proved[0] == self.cure))
            if len(proved) == OFFERED or tried == limit or self._spent() or (plain and not code.several_repairs):
                break
            if all(fix.edits != other.edits for other in proved):
                tried += 1
                if (good := self._proved(finding, fix)) is not None:
                    proved.append(good)
                    limit = min(limit, tried + FURTHER)
        if not proved and self.warned is not None and finding.severity == "error":
            proved.append(self.warned)
        if proved and of_text:
            found = text.blamed(found, proved[0])
        help = proved[0].title if proved else found.help
        return replace(found, fixes=tuple(proved), help=help)

    def merged(self, findings: list[Diagnostic]) -> list[Diagnostic]:
        """Budgets that are exceeded together are one finding, with a label at each, and with what repairs all."""
        exceeded = [finding for finding in findings if CODES[finding.code].told_as_one]
        if len(exceeded) < 2:
            return findings
        first = exceeded[0]
        raised = [finding.fixes[-1] for finding in exceeded if finding.fixes]
        together = Fix(
            " and ".join(fix.title.removeprefix("raise ") if i else fix.title for i, fix in enumerate(raised)),
            tuple(edit for fix in raised for edit in fix.edits),
        )
        offered = dict.fromkeys([*(fix for finding in exceeded for fix in finding.fixes), together])
        fixes = tuple(fix for fix in offered if self._within_budgets(fix))[:OFFERED]
        if not fixes:
            return findings
        labels = [*first.labels]
        for other in exceeded[1:]:
            labels += other.labels[:1] if other.span == first.span else [Label(other.span, other.message)]
        notes = tuple(dict.fromkeys(note for finding in exceeded for note in finding.notes))
        one = replace(first, labels=tuple(labels), notes=notes, fixes=fixes, help=fixes[0].title)
        return [
            one if finding is first else finding for finding in findings if finding is first or finding not in exceeded
        ]

    def _within_budgets(self, fix: Fix) -> bool:
        """Whether nothing is found with it but the warnings that are there without."""
        warnings = {_identity(one) for one in self.report.diagnostics if one.severity == "warning"}
        return all(_identity(one) in warnings for one in self._examined(fix))

    def _examined(self, fix: Fix) -> tuple[Diagnostic, ...]:
        source = self.report.source
        source = replace(source, text=edited(source, fix.edits), faults=())
        self.characters += len(source.text) + 500
        self.count += 1
        return self.examine(source).diagnostics

    def _spent(self) -> bool:
        return self.characters > CHARACTERS and self.count >= SPARED

    def _proved(self, finding: Diagnostic, fix: Fix) -> Fix | None:
        """The fix, if it is one. It is no safe one where more errors of structure come to light than it repairs."""
        after = self._examined(fix)
        silenced = self.report.shapes.silenced if self.report.shapes else ()
        before = Counter(map(_identity, (*self.report.diagnostics, *silenced)))
        new = Counter(map(_identity, after)) - (before - Counter([_identity(finding)]))
        others = [other for other in self.report.diagnostics if other is not finding]
        if not after and self.cure is None and _is_cure(finding, fix, others):
            self.cure = fix
        if any(_of_text(one) and one.span.line == finding.span.line for one in others):
            # a fault of the text in the same line may be what this follows from
            new += Counter(_identity(one) for one in after if _of_text(one))
        if isinstance(finding.cause, RepeatedKey) or (_of_structure(finding) and not _writes(fix)):
            # among several mistakes, what is left out may be what the others lack
            new += Counter(_identity(one) for one in after if isinstance(one.cause, RepeatedKey) or _of_structure(one))
        if fix.safe and _of_structure(finding) and len(self.report.diagnostics) > 1:
            # among several mistakes, a typo may hide what only a sound layer can show
            new = Counter({one: count for one, count in new.items() if CODES[one[0]].structural})
        if fix.safe and isinstance(finding.cause, UnknownKey) and ":" not in fix.edits[0].text:
            # what stands below an unknown key has not been looked at
            later = (one for one in after if one.span > fix.edits[0].span)
            below = [one for one in later if _revealed(one.cause)]
            # a budget that was misspelt was not checked: that it is exceeded is no fault of its right name
            new -= Counter(
                map(_identity, (*below, *(one for one in after if CODES[one.code].told_as_one and one not in below)))
            )
        if new and self.warned is None and not any(one.severity == "error" and _identity(one) in new for one in after):
            self.warned = fix
        if new:
            return None
        return replace(
            fix, applicability="safe" if fix.safe and _errors(after) <= _errors(self.report.diagnostics) else "unsafe"
        )


def _errors(findings: tuple[Diagnostic, ...]) -> int:
    return sum(CODES[finding.code].structural for finding in findings)


def _is_cure(finding: Diagnostic, fix: Fix, others: list[Diagnostic]) -> bool:
    """Whether a change that leaves no finding at all shows that the other findings followed from this one.

    Writing something else does; leaving something out, or allowing more, would silence independent mistakes too.
    """
    if _of_text(finding):
        return True
    if CODES[finding.code].told_as_one:
        return all(other.severity == "warning" for other in others)
    words = (re.search(r"\w", finding.source.excerpt(edit.span)) for edit in fix.edits if not edit.text.strip())
    return fix.safe or not any(words)


def _writes(fix: Fix) -> bool:
    return any(edit.text.strip() for edit in fix.edits)


def _of_text(finding: Diagnostic) -> bool:
    return CODES[finding.code].family is Family.TEXT


def _of_structure(finding: Diagnostic) -> bool:
    return CODES[finding.code].family is Family.STRUCTURE


def _revealed(cause: Cause | None) -> bool:
    """Whether what is wrong can be seen only once the key above it is known."""
    return isinstance(cause, UnknownKey) or (
        isinstance(cause, BrokenValue) and (cause.keyword != "type" or bool(cause.meant))
    )


def _identity(finding: Diagnostic) -> tuple[str, str]:
    """What stays the same of a finding while lines and numbers around it change."""
    return finding.code, finding.layer or finding.message
