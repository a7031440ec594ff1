"""One edit, one finding: at the edited line, with a fix that makes the spec valid."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from netspec.analysis.report import Report
from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.diagnostic import Diagnostic, Fix
from netspec.diagnostics.edits import edited
from netspec.repair.check import check_source
from netspec.text.source import Source

from .one_edit import SPECS, Mistake, mistakes

CHAINS = (
    *(
        "alexnet",
        "all-cnn-c",
        "digits-sigmoid",
        "digits",
        "fully-connected",
        "lenet5-fashion",
        "lenet5",
        "mobilenet-v1",
    ),
    *("vgg-small", "vgg11", "vgg16", "vgg19"),
)
"""Networks with joins have lists of mistakes of their own: `python -m tests.corpus.figures --bases grown`."""
FILES = [SPECS / f"{name}.yaml" for name in CHAINS]


@dataclass(frozen=True)
class Outcome:
    mistake: Mistake
    found: tuple[Diagnostic, ...]
    cured: tuple[bool, ...]
    """Of each offered fix, whether the spec is valid with it, or, for the plain reading of a slip, contradicts itself alone."""

    @property
    def on_line(self) -> bool:
        return self.found[0].span.line in self.mistake.lines


def _cured(fix: Fix, report: Report) -> bool:
    return report.ok or (fix.safe and not any(CODES[finding.code].structural for finding in report.diagnostics))


def outcomes(corpus: Iterable[Mistake]) -> list[Outcome]:
    """What is found, for every edit that is a mistake: one that leaves the spec valid is none."""
    results = []
    for mistake in corpus:
        found = check_source(Source(mistake.name, mistake.text)).diagnostics
        if any(finding.severity == "error" for finding in found):
            made = ((fix, edited(mistake.text, fix.edits)) for fix in found[0].fixes)
            cured = tuple(_cured(fix, check_source(Source(mistake.name, text))) for fix, text in made)
            results.append(Outcome(mistake, found, cured))
    return results


def assert_proved(results: list[Outcome]) -> None:
    n = len(results)
    several = [result for result in results if len(result.found) != 1]
    elsewhere = [result for result in results if not result.on_line]
    helpless = [result for result in results if not result.cured]
    wrong = [result for result in results if not all(result.cured)]
    for title, misses in (("several", several), ("elsewhere", elsewhere), ("no fix", helpless), ("wrong fix", wrong)):
        for miss in misses:
            print(title, miss.mistake.id, [(d.code, d.span.line, d.message, d.help) for d in miss.found[:3]])
    assert len(several) <= 0.01 * n
    assert len(elsewhere) <= 0.005 * n
    assert len(helpless) <= 0.02 * n
    assert not wrong


def test_sample() -> None:
    corpus = [mistake for file in FILES for mistake in mistakes(file)]
    assert len(corpus) > 300
    assert_proved(outcomes(random.Random(0).sample(corpus, 250)))


@pytest.mark.skipif("NETSPEC_LONG" not in os.environ, reason="NETSPEC_LONG is not set: minutes of repairs")
def test_every_third_mistake() -> None:
    corpus = [mistake for file in FILES for mistake in mistakes(file)][::3]
    results = outcomes(corpus)
    assert len(results) > 0.95 * len(corpus) > 1000, "nearly every edit is a mistake"
    assert_proved(results)


def test_the_known_specs_are_valid() -> None:
    for file in FILES:
        assert check_source(Source(file.name, file.read_text())).ok, file
