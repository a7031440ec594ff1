"""Bad specs: those of `bad/`, written by hand, say in their first line what must be found where; the others are slips."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.code import Family
from netspec.diagnostics.edits import edited
from netspec.repair.check import check_source
from netspec.text.source import Source

from .bases import known
from .figures import sample
from .slips import slips
from .slips_later import slips as later_slips
from .test_fuzz import errors, inside

FILES = sorted((Path(__file__).parent / "bad").glob("*.yaml"))


def problems(name: str, text: str) -> list[str]:
    """What of that which must hold for any bad spec does not."""
    source = Source(name, text)
    found = check_source(source).diagnostics
    missed = [f"{finding.code} is outside" for finding in found if not inside(finding.span, source)]
    for finding in found:
        for fix in finding.fixes:
            left = check_source(Source(name, edited(text, fix.edits))).diagnostics
            worse = errors(left) > errors(found) - errors((finding,))
            if worse and CODES[finding.code].family is Family.TEXT:  # it hid what is wrong besides, once it can be read
                worse = errors(left) > errors(found) or any(CODES[one.code].family is Family.TEXT for one in left)
            if finding in left or (worse and not fix.safe):
                missed.append(f"{fix.title} makes nothing better")
    return missed


def test_there_are_enough() -> None:
    assert len(FILES) >= 60


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_is_expected_is_found_alone_and_at_its_line(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    _, _, code, line = text.split("\n")[0].split(" ")
    [finding] = check_source(Source(file.name, text)).diagnostics
    assert (finding.code, finding.span.line) == (code, int(line))
    assert finding.help
    assert not problems(file.name, text)


@pytest.mark.slow
def test_slips_of_every_kind() -> None:
    rng = random.Random(5)
    corpus = [slip for base in known() for slip in (*slips(base, rng), *later_slips(base, rng))]
    chosen = sample(corpus, 2, 5)
    assert len(chosen) + len(FILES) >= 300
    missed = {slip.id: found for slip in chosen if (found := problems(slip.base.name, slip.text))}
    assert not missed
