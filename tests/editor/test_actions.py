"""Repairs, made in the text and checked again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.diagnostic import Diagnostic
from netspec.editor.actions import all_safe, changed, repairs
from netspec.editor.document import Document
from netspec.repair.check import check_source
from netspec.repair.safe import fix_all
from netspec.text.source import Source

ROOT = Path(__file__).parent.parent.parent
BROKEN = {path.stem: path.read_text() for path in sorted((ROOT / "specs" / "broken").glob("*.yaml"))}
EXAMPLES = {code.code: code.example for code in CODES.values() if code.example}
EVERYWHERE = (1, 1), (10**6, 1)


def made(text: str, edits: object) -> str:
    """The text with exactly these edits: nothing is said of line ends."""
    source = Source("", text)
    for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):  # type: ignore[call-overload]
        start = source.offset(edit.span.line, edit.span.column)
        end = source.offset(edit.span.end_line, edit.span.end_column)
        text = text[:start] + edit.text + text[end:]
    return text


def identity(found: Diagnostic) -> tuple[str, str]:
    return found.code, found.layer or found.message


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("name", [*BROKEN, *EXAMPLES])
def test_every_repair_takes_its_finding_away(name: str, newline: str) -> None:
    text = (BROKEN | EXAMPLES)[name].replace("\r\n", "\n").replace("\n", newline)
    document = Document.of(text, "x.yaml")
    found = repairs(document, *EVERYWHERE)
    if document.is_spec:
        assert len(found) == sum(
            fix.applicability != "display" for one in document.report.diagnostics for fix in one.fixes
        )
    for repair in found:
        after = made(document.source.text, repair.edits)
        assert after.count("\n") == after.count(newline) or "\r" not in newline
        left = Counter(map(identity, check_source(Source("x.yaml", after)).diagnostics))
        before = Counter(map(identity, document.report.diagnostics))
        assert left[identity(repair.finding)] < before[identity(repair.finding)]


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("name", [*BROKEN, *EXAMPLES])
def test_all_safe_ones_are_what_validate_makes(name: str, newline: str) -> None:
    text = (BROKEN | EXAMPLES)[name].replace("\r\n", "\n").replace("\n", newline)
    document = Document.of(text, "x.yaml")
    edit = all_safe(document)
    expected = fix_all(document.source)[0] if document.is_spec else document.source.text
    assert (made(document.source.text, [edit]) if edit else document.source.text) == expected


def test_a_safe_repair_is_preferred_and_found_at_its_place_alone() -> None:
    text = BROKEN["typing-errors"]
    document = Document.of(text, "x.yaml")
    found = repairs(document, *EVERYWHERE)
    assert any(repair.preferred for repair in found)
    first = found[0].finding.span
    at = (first.line, first.column)
    assert {id(repair.finding) for repair in repairs(document, at, at)} == {id(found[0].finding)}
    assert repairs(document, (1, 1), (1, 1)) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [("a\nb\nc", "a\nx\nc"), ("a\r\nb\r\n", "a\r\nb\r\nc\r\n"), ("a", "b"), ("", "a\n"), ("a\nb\n", "b\n"), ("x\nx\n", "x\n")],
)  # fmt: skip
def test_a_change_is_one_edit_of_whole_lines(before: str, after: str) -> None:
    assert made(before, [changed(before, after)]) == after
