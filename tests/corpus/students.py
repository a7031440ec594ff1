"""Where the first fixes lead on specs as people hand them in: `python -m tests.corpus.students --help`.

A pair under `students/` is a spec with a person's mistakes, `NAME.yaml`, and the spec that was meant, `NAME.meant.yaml`,
whose first line says so in words. Whoever always makes the first fix of the first finding ends in what was meant, in
another network or training, or nowhere. A fix for `display` is shown and not made. The meant specs were written by hand, before any fix was looked at.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher, unified_diff
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

from netspec.analysis.report import Report
from netspec.diagnostics.diagnostic import Diagnostic
from netspec.diagnostics.edits import edited
from netspec.repair.check import check_source
from netspec.text.source import Source

FOLDER = Path(__file__).parent / "students"
ROUNDS = 12

End = Literal["meant", "another", "stuck", "silent", "crash"]
"""`meant`: the meant network and training; `another`: valid, but not that; `stuck`: something is left to repair and no fix
does it; `silent`: nothing was found to begin with; `crash`: an exception, which `followed` passes on."""


def checked(text: str) -> Report:
    return check_source(Source("spec.yaml", text))


def fixed(text: str, finding: Diagnostic) -> str:
    """A text after the first fix of a finding."""
    return edited(text, finding.fixes[0].edits)


def offered(finding: Diagnostic) -> bool:
    """Whether a finding has a fix that is there to be made: one for `display` is not, in no editor either."""
    return any(fix.applicability != "display" for fix in finding.fixes[:1])


def content(report: Report) -> object:
    """What a valid spec says, for comparison: without its name, its description and the grouping of its layers."""
    spec = report.spec
    assert spec is not None
    assert spec.input is not None
    settings = [layer.settings for layer in spec.layers]
    layers = [(each.kind, asdict(each) | {"repeat": 1}) for each in settings if each is not None]
    assert len(layers) == len(settings)
    return spec.input.value, layers, spec.data.value, spec.train.value, spec.budget.value


@dataclass(frozen=True)
class Pair:
    name: str
    text: str
    meant: str

    @property
    def kind(self) -> str:
        """The first word of the name: the habit, or what part of the spec is wrong."""
        return self.name.partition("-")[0]

    @cached_property
    def lines(self) -> frozenset[int]:
        """The lines of `text` that are otherwise in the meant spec, and those on both sides of one that is missing."""
        text, meant = self.text.splitlines(), self.meant.splitlines()[1:]
        changes = SequenceMatcher(None, text, meant, autojunk=False).get_opcodes()
        spans = ((start, end) for change, start, end, *_ in changes if change != "equal")
        return frozenset(
            line for start, end in spans for line in range(start + (end > start), end + 1 + (end == start))
        )


def pairs(folder: Path) -> list[Pair]:
    """The pairs of a folder, with their ends of lines as they are."""
    files = sorted(file for file in folder.glob("*.yaml") if not file.name.endswith(".meant.yaml"))
    return [
        Pair(file.stem, *(each.read_bytes().decode() for each in (file, file.with_suffix(".meant.yaml"))))
        for file in files
    ]


@dataclass(frozen=True)
class Outcome:
    pair: Pair
    end: End
    trail: tuple[Diagnostic, ...]
    """The findings whose first fix was made, in the order it was done."""
    left: Diagnostic | None
    """The first finding after that."""
    text: str
    """What the fixes made of the spec."""

    @property
    def on_line(self) -> bool:
        """Whether the first finding of all is at a line that is not as meant."""
        first = (*self.trail, self.left)[0]
        return first is not None and first.span.line in self.pair.lines


def followed(pair: Pair) -> Outcome:
    """Makes the first fix of the first error again and again; of the first finding, where the pair has no error."""
    text, report = pair.text, checked(pair.text)
    severities = {"error", "warning"} if report.ok else {"error"}

    def first() -> Diagnostic | None:
        return next((finding for finding in report.diagnostics if finding.severity in severities), None)

    trail: list[Diagnostic] = []
    while (finding := first()) and offered(finding) and len(trail) < ROUNDS:
        trail.append(finding)
        text = fixed(text, finding)
        report = checked(text)
    end: End
    if finding:
        end = "stuck"
    elif not trail:
        end = "silent"
    else:
        end = "meant" if content(report) == content(checked(pair.meant)) else "another"
    return Outcome(pair, end, tuple(trail), finding, text)


def attempted(pair: Pair) -> Outcome:
    """As `followed`, but an exception is printed and counted."""
    try:
        return followed(pair)
    except Exception:
        print(f"{pair.name}: {traceback.format_exc()}", file=sys.stderr)
        return Outcome(pair, "crash", (), None, pair.text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", default="first", help="a folder of pairs: its name under students/, or its path")
    parser.add_argument("--misses", action="store_true", help="print every pair that does not end in what was meant")
    given = parser.parse_args()
    outcomes = [attempted(pair) for pair in pairs(FOLDER / given.set)]
    if given.misses:
        for outcome in outcomes:
            if outcome.end != "meant":
                print_miss(outcome)
    print_table(outcomes)


def print_miss(outcome: Outcome) -> None:
    pair = outcome.pair
    print(f"{outcome.end}{'' if outcome.on_line else ', elsewhere'}: {pair.name}, {pair.meant.splitlines()[0]}")
    for finding in outcome.trail:
        print(
            f"    {finding.code} {finding.span.line}:{finding.span.column} {finding.message} -> {finding.fixes[0].title}"
        )
    if left := outcome.left:
        print(f"    {left.code} {left.span.line}:{left.span.column} {left.message} | {left.help}")
    ends = [text.splitlines() for text in (outcome.text, "\n".join(pair.meant.splitlines()[1:]))]
    for line in [*unified_diff(*ends, n=0, lineterm="")][2:14]:
        if not line.startswith("@@"):
            print(f"      {line}")


def print_table(outcomes: Iterable[Outcome]) -> None:
    """How many pairs of each kind end where, and how often the first finding is at a line that is not as meant."""
    outcomes = list(outcomes)
    ends = get_args(End)
    print(f"{'':12}{'pairs':>7}" + "".join(f"{end:>14}" for end in ends) + f"{'on line':>14}")
    for kind in [*sorted({outcome.pair.kind for outcome in outcomes}), "all"]:
        chosen = [outcome for outcome in outcomes if kind in ("all", outcome.pair.kind)]
        counts = [sum(outcome.end == end for outcome in chosen) for end in ends]
        counts.append(sum(outcome.on_line for outcome in chosen))
        print(f"{kind:12}{len(chosen):7}" + "".join(f"{n:7}{100 * n / len(chosen):6.1f}%" for n in counts))


if __name__ == "__main__":
    main()
