"""Comments that say that a finding is meant."""

from __future__ import annotations

import pytest

from netspec.analysis.report import Report
from netspec.repair.check import check_source
from netspec.text.source import Source

# 13 - 3 is no multiple of 4: NS302, a warning, on line 5
WARNED = "netspec: 1\nname: x\ninput: [13, 13, 1]\nblocks:\n  - conv: {filters: 4, kernel: 3, stride: 4}\nfc: [10]\n"
# 8 x 8 x 10 + 10 parameters: NS401, an error, on line 5
EXCEEDED = "netspec: 1\nname: x\ninput: [8, 8, 1]\nfc: [10]\nbudget: {parameters: 100}\n"
BROKEN = "netspec: 1\nname: x\ninput: [8, 8, 1]\nfc: [{unitz: 10}]\n"


def check(text: str) -> Report:
    return check_source(Source("x.yaml", text))


def codes(text: str) -> list[str]:
    return [finding.code for finding in check(text).diagnostics]


def at_end(text: str, line: int, comment: str) -> str:
    lines = text.split("\n")
    lines[line - 1] += f"  {comment}"
    return "\n".join(lines)


def test_the_specs_are_what_they_are_said_to_be() -> None:
    assert (codes(WARNED), codes(EXCEEDED), codes(BROKEN)) == (["NS302"], ["NS401"], ["NS104"])


@pytest.mark.parametrize(
    "comment",
    [
        "# netspec: ignore[NS302]",
        "# netspec:ignore [ NS302 ]",
        "#netspec: ignore[NS302]",
        "# a step is lost # netspec: ignore[NS302] as in the paper",
        "# netspec: ignore[NS3]",
    ],
)
def test_a_comment_takes_the_findings_of_its_line(comment: str) -> None:
    assert codes(at_end(WARNED, 5, comment)) == []
    assert codes(at_end(WARNED, 4, comment)) == ["NS023", "NS302"]


@pytest.mark.parametrize("before", ["", "# a network\n\n", "%YAML 1.2\n---\n", "---\r\n"])
def test_above_the_first_key_it_takes_those_of_the_file(before: str) -> None:
    assert codes(f"{before}# netspec: ignore[NS302]\n{WARNED}") == []
    assert codes(f"{before}{WARNED}# netspec: ignore[NS302]\n") == ["NS302", "NS023"]


def test_one_comment_may_name_several_codes_and_each_must_take_something() -> None:
    report = check(at_end(WARNED, 5, "# netspec: ignore[NS302, NS401]"))
    (unused,) = report.diagnostics
    assert (unused.code, unused.severity) == ("NS023", "warning")
    assert report.source.excerpt(unused.span) == "NS401"


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("# netspec: ignore", "names no code"),
        ("# netspec: ignore[]", "names no code"),
        ("# netspec: ignore[ns302]", "no code `ns302`"),
        ("# netspec: ignore[NS999]", "no code `NS999`"),
        ("# netspec: ignore[NS]", "no code `NS`"),
    ],
)
def test_what_names_no_code_is_said_even_where_there_are_errors(comment: str, said: str) -> None:
    for text in (WARNED, BROKEN):
        first = [finding for finding in check(at_end(text, 2, comment)).diagnostics if finding.code == "NS023"]
        assert [said in finding.message for finding in first] == [True]


def test_where_an_error_may_hide_findings_no_comment_is_called_unused() -> None:
    assert codes(at_end(BROKEN, 4, "# netspec: ignore[NS302]")) == ["NS104"]
    assert codes(at_end("netspec: 1\nname: [\n", 1, "# netspec: ignore[NS302]")) == ["NS007"]


@pytest.mark.parametrize(
    "description", ['"a # netspec: ignore[NS302]"', "'# netspec: ignore[NS302]'", "|\n  # netspec: ignore[NS302]"]
)
def test_a_value_is_no_comment(description: str) -> None:
    assert codes(f"description: {description}\n{WARNED}") == ["NS302"]


def test_a_budget_that_may_be_exceeded_leaves_a_network() -> None:
    report = check(at_end(EXCEEDED, 5, "# netspec: ignore[NS401]"))
    assert (report.ok, report.diagnostics, report.plan is not None) == (True, (), True)
    assert [finding.code for finding in report.ignored] == ["NS401"]


def test_an_error_that_leaves_no_network_is_told_where_one_is_needed() -> None:
    report = check(at_end(BROKEN, 4, "# netspec: ignore[NS104]"))
    assert (report.diagnostics, report.ok, report.plan) == ((), False, None)
    assert [finding.code for finding in report.for_network] == ["NS104"]
