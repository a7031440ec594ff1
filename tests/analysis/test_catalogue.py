"""Every code proves itself: its example raises it, exactly it and once, and the repaired example nothing."""

from __future__ import annotations

import pytest

from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.diagnostic import told
from netspec.diagnostics.edits import edited
from netspec.repair.check import check_source
from netspec.text.source import Source

UNFIXED = {"NS220", "NS221", "NS222", "NS223", "NS241", "NS242", "NS243", "NS617", "NS269"}
"""Whose help says what to think about: there is no one edit."""
CHECKED = [code for code in CODES.values() if code.alone]


def found(text: str) -> list[str]:
    return [diagnostic.code for diagnostic in check_source(Source("example.yaml", text)).diagnostics]


def told_of(text: str) -> list[str]:
    return [diagnostic.code for diagnostic in told(check_source(Source("example.yaml", text), fixes=False).diagnostics)]


@pytest.mark.parametrize("code", CHECKED, ids=lambda code: code.code)
def test_example(code) -> None:  # type: ignore[no-untyped-def]
    assert found(code.example) == [code.code]
    assert found(code.repaired) == []


@pytest.mark.parametrize("code", [code for code in CHECKED if code.code > "NS1"], ids=lambda code: code.code)
def test_every_fix_of_an_example_repairs_it(code) -> None:  # type: ignore[no-untyped-def]
    (finding,) = check_source(Source("example.yaml", code.example)).diagnostics
    assert bool(finding.fixes) == (code.code not in UNFIXED)
    assert all(told_of(edited(code.example, fix.edits)) == [] for fix in finding.fixes)
    assert finding.help in {fix.title for fix in finding.fixes} or not finding.fixes


@pytest.mark.parametrize("code", CHECKED, ids=lambda code: code.code)
def test_the_place_is_in_the_file(code) -> None:  # type: ignore[no-untyped-def]
    source = Source("example.yaml", code.example)
    for finding in check_source(source).diagnostics:
        for span in (finding.span, *(label.span for label in finding.labels)):
            assert 1 <= span.line <= span.end_line <= len(source.lines)
            assert 1 <= span.column <= len(source.lines[span.line - 1]) + 1
            assert (span.line, span.column) <= (span.end_line, span.end_column)
