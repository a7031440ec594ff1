"""Help that proves itself: of the changes that may repair a finding, those that do, the best first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from netspec.analysis.causes import Contradiction
from netspec.analysis.report import Report
from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.code import Family
from netspec.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label, in_order
from netspec.diagnostics.render.wording import counted
from netspec.language.causes import BrokenValue, UnknownKey
from netspec.language.structure import wherever
from netspec.repair import blame, text
from netspec.repair.kept import rank, told
from netspec.repair.proof import Trials, Verdict
from netspec.repair.proposers import blamed, proposals
from netspec.text.source import Source

OFFERED = 3
"""How many fixes a finding shows."""
TRIED = 16
"""How many changes are tried for one finding."""
FURTHER = 3
"""How many more after one that repairs it."""
PROPOSED = 48
"""How many changes are ranked for one finding before any is tried."""
SEVERITIES = ("error", "warning", "hint")
"""In the order in which findings are helped: what is spent on one is not left for the next."""
OTHERS = 4
"""How many more layers with the same finding are named."""


def offer(report: Report, examine: Callable[[Source], Report]) -> Report:
    """The report with each finding at what most likely caused it, and with the fixes that were proved."""
    offers = _Offers(Trials(report, examine))
    helped = offers.told_as_one([*offers.helped()])
    cure = offers.trials.cure
    errors = [finding for finding in helped if finding.severity == "error"]
    if cure is not None and len(errors) > 1:
        cured = next((finding for finding in errors if cure in finding.fixes), None)
        helped = [replace(cured, fixes=(cure,), help=cure.title)] if cured else helped
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


def _alike(finding: Diagnostic) -> Hashable:
    """What findings share of which only so many are told: their code and, but for places in lists, their path."""
    return finding.code, wherever(getattr(finding.cause, "path", ()))


def _mistake(finding: Diagnostic) -> Hashable:
    """What is the same mistake in several places: an unknown key, or a value that breaks a rule."""
    written = finding.source.excerpt(finding.span)
    if isinstance(finding.cause, UnknownKey):
        return written, finding.cause.meant
    if isinstance(finding.cause, BrokenValue):
        return written, finding.cause.keyword, finding.cause.path[-1:], finding.cause.meant
    return id(finding)


@dataclass
class _Offers:
    trials: Trials
    together: dict[Hashable, list[Diagnostic]] = field(default_factory=lambda: defaultdict(list))
    """The findings that are the same mistake."""

    def helped(self) -> Iterator[Diagnostic]:
        """The findings with up to three proved fixes each, of which the first is the help; those behind what there is time
        for, without."""
        report = self.trials.report
        if not self.trials.unaffordable:
            for finding in report.diagnostics:
                self.together[_mistake(finding)].append(finding)
        shared: dict[Hashable, tuple[Fix, ...]] = {}
        # a change of one of many alike would bring up another that is not told: nothing is tried for them
        many = {_alike(finding) for finding in report.diagnostics if finding.more}
        graver_first = sorted(report.diagnostics, key=lambda one: (_alike(one) in many, SEVERITIES.index(one.severity)))
        for number, finding in enumerate(graver_first):
            mistake = _mistake(finding)
            if mistake not in shared and (self.trials.unaffordable or self.trials.spent or _alike(finding) in many):
                left = len(graver_first) - number
                other = "other " * (number > 0)
                note = f"no fixes were sought for the {other}{counted(left, 'finding')}"
                yield replace(finding, notes=(*finding.notes, note))
                yield from graver_first[number + 1 :]
                return
            if mistake not in shared:
                found, fixes, joint = self._proved(finding)
                if joint:
                    shared[mistake] = fixes
            else:
                found, fixes = finding, shared[mistake]
            self.trials.sought(CODES[finding.code].family is Family.TEXT)
            yield replace(found, fixes=fixes, help=fixes[0].title if fixes else found.help)

    def _proved(self, finding: Diagnostic) -> tuple[Diagnostic, tuple[Fix, ...], bool]:
        """The finding where its cause stands, its fixes, and whether they repair it everywhere."""
        code, source = CODES[finding.code], finding.source
        of_text = code.family is Family.TEXT
        found = blamed(self.trials.report, finding)
        same = self.together[_mistake(finding)]
        proved: list[Fix] = []
        fallback: dict[Verdict, tuple[Fix, bool]] = {}
        tried, limit, joint = 0, TRIED, len(same) > 1
        for fix in self._ranked(found, of_text):
            plain = proved and (proved[0].safe or (of_text and proved[0] == self.trials.cure))
            if len(proved) == OFFERED or tried == limit or self.trials.spent or (plain and not code.several_repairs):
                break
            same_text = all(source.excerpt(edit.span) == edit.text for edit in fix.edits)
            if same_text or any(fix.edits == other.edits for other in proved):
                continue
            tried += 1
            everywhere = _everywhere(fix, finding, same) if joint else None
            made = told(source, everywhere or fix)
            verdict = self.trials.verdict(same if everywhere else [finding], made)
            if verdict is Verdict.PROVED:
                proved.append(made)
                joint = joint and everywhere is not None
                limit = min(limit, tried + FURTHER)
            elif verdict not in fallback:
                fallback[verdict] = replace(made, applicability="unsafe") if made.safe else made, everywhere is not None
        partial = [fallback[verdict] for verdict in (Verdict.WARNS, Verdict.REVEALS) if verdict in fallback]
        shown_only = isinstance(finding.cause, UnknownKey) and all(fix.applicability == "display" for fix in proved)
        if partial and finding.severity == "error" and (shown_only or not proved):
            made, joint = partial[0]
            proved = [made, *proved][:OFFERED]
        proved.sort(key=lambda fix: rank(source, fix))
        if proved and of_text:
            found = text.blamed(found, proved[0])
        return found, tuple(proved), joint and bool(proved)

    def _ranked(self, finding: Diagnostic, of_text: bool) -> Iterable[Fix]:
        """What may repair a finding, the best first. Guesses at a text that is no YAML come as they are: each is parsed."""
        proposed = proposals(self.trials.report, finding)
        if of_text:
            return proposed
        return sorted(islice(proposed, PROPOSED), key=lambda fix: rank(finding.source, fix))

    def told_as_one(self, findings: list[Diagnostic]) -> list[Diagnostic]:
        """Budgets that are exceeded together are one finding, with a label at each, and with what repairs all."""
        exceeded = [finding for finding in findings if CODES[finding.code].told_as_one]
        if len(exceeded) < 2:
            return findings
        first = exceeded[0]
        raised = [fix for finding in exceeded for fix in finding.fixes if self._is_of_budget(fix)]
        together = Fix(
            " and ".join(fix.title.removeprefix("raise ") if i else fix.title for i, fix in enumerate(raised)),
            tuple(edit for fix in raised for edit in fix.edits),
        )
        offered = dict.fromkeys([*(fix for finding in exceeded for fix in finding.fixes), together])
        fixes = tuple(fix for fix in offered if self._repairs_all(exceeded, fix))[:OFFERED]
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

    def _is_of_budget(self, fix: Fix) -> bool:
        """Whether it changes what the network may cost, not what it costs."""
        spec = self.trials.report.spec
        return spec is not None and any(fix.edits[0].span == place.value for place in spec.budget.places.values())

    def _repairs_all(self, exceeded: list[Diagnostic], fix: Fix) -> bool:
        """Whether a change takes all of these away and brings nothing."""
        return self.trials.verdict(exceeded, fix) is Verdict.PROVED


def _everywhere(fix: Fix, finding: Diagnostic, same: list[Diagnostic]) -> Fix | None:
    """A change of the very place of a finding, made at every place of the same mistake; None for any other change."""
    if len(fix.edits) != 1 or fix.edits[0].span != finding.span:
        return None
    edits = tuple(Edit(other.span, fix.edits[0].text) for other in same)
    return replace(fix, title=f"{fix.title} in {len(edits)} places", edits=edits)
