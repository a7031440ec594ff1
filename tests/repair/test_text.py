"""Text that is not YAML, or not what it was: the slip of one sign or one line is found and undone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netspec.diagnostics.edits import edited
from netspec.repair.check import check_source
from netspec.text.source import Source

SPECS = Path(__file__).parents[2] / "specs"
GOOD = """\
netspec: 1
name: slips
input: {height: 28, width: 28, channels: 1}
defaults:
  activation: tanh
blocks:
  - conv: {filters: 4, kernel: [3, 3]}
    pool: {type: max, window: 2}
  - conv:
      filters: 8
      kernel: 4
    pool:
      window: 2
fc: [{units: 32, dropout: 0.3}, 10]
data:
  source: mnist
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("{filters: 4, kernel: [3, 3]}", "{filters: 4, kernel: [3, 3]]"),
        ("{filters: 4, kernel: [3, 3]}", "(filters: 4, kernel: [3, 3]}"),
        ("{filters: 4, kernel: [3, 3]}", "{filters: 4, kernel: [3, 3]}}"),
        ("{filters: 4, kernel: [3, 3]}", "{{filters: 4, kernel: [3, 3]}"),
        ("{filters: 4, kernel: [3, 3]}", "{filters: 4, kernel: 3, 3]}"),
        ("{filters: 4, kernel: [3, 3]}", "{filters 4, kernel: [3, 3]}"),
        ("{filters: 4, kernel: [3, 3]}", "{filters=4, kernel: [3, 3]}"),
        ("{filters: 4, kernel: [3, 3]}", "{filters: 4; kernel: [3, 3]}"),
        ("{filters: 4, kernel: [3, 3]}", "{filters: 4, kernel: [3 3]}"),
        ("dropout: 0.3", "dropout: 0,3"),
        ("dropout: 0.3", "dropout: '0.3"),
        ("{units: 32, dropout: 0.3}, 10", "{units: 32, dropout: 0.3} 10"),
        ("      kernel: 4", "      kernel = 4"),
        ("      kernel: 4", "      kernel; 4"),
        ("      kernel: 4", "      # kernel: 4"),
        ("  - conv:\n", "  -conv:\n"),
        ("  - conv:\n", "    conv:\n"),
        ("  - conv:\n", "  # - conv:\n"),
        ("    pool:\n", ""),
        ("data:\n", ""),
        ("defaults:\n", ""),
        ("      window: 2\n", "window: 2\n"),
        ("      filters: 8\n      kernel: 4\n", "      kernel: 4\n      kernel: 4\n      filters: 8\n"),
        ("data:\n", "  data:\n"),
        ("data:\n  source: mnist", "  source: mnist\ndata:"),
        ("window: 2}", 'window: 2"}'),
        ("      filters: 8\n", "      filters\n"),
        ("      kernel: 4\n", "      : 4\n"),
        ("      kernel: 4\n", "q      kernel: 4\n"),
        ("  - conv:\n", "  - conv.\n"),
        ("defaults:\n", "// as usual\ndefaults:\n"),
        ("defaults:\n", "<<<<<<< HEAD\ndefaults:\n"),
        ("blocks:\n", ""),
        ("fc: [{units: 32, dropout: 0.3}, 10]\n", "- fc: [{units: 32, dropout: 0.3}, 10]\n"),
        ("{filters: 4, kernel: [3, 3]}", "[filters: 4, kernel: [3, 3], stride: 1]"),
        ("kernel: [3, 3]}", "kernel: 3, norm: gelu, activation: batch}"),
        ("kernel: [3, 3]}", "kernel: same, padding: 3}"),
        ("defaults:\n", "common:\n"),
    ],
)
def test_one_slip_is_one_finding_and_is_undone(right: str, wrong: str) -> None:
    assert right in GOOD
    source = Source("slip.yaml", GOOD.replace(right, wrong, 1))
    [finding] = check_source(source).diagnostics
    assert finding.fixes, finding
    for fix in finding.fixes:
        assert check_source(Source("slip.yaml", edited(source.text, fix.edits))).ok, fix


def test_a_section_that_lost_its_name_gets_it_back() -> None:
    source = Source("lost.yaml", GOOD.replace("data:\n", ""))
    [finding] = check_source(source).diagnostics
    assert edited(source.text, finding.fixes[0].edits) == GOOD


def test_a_comment_that_swallowed_a_bracket_is_the_place() -> None:
    source = Source("comment.yaml", GOOD.replace("height: 28, ", "height: 28, # rows "))
    [finding] = check_source(source).diagnostics
    assert (finding.code, finding.span.line) == ("NS007", 3)
    assert source.excerpt(finding.span).startswith("# rows")


def test_a_line_cut_off_inside_a_bracket_is_the_place() -> None:
    source = Source("cut.yaml", GOOD.replace("filters: 4, kernel: [3, 3]}", "filters: 4, ker"))
    [finding] = check_source(source).diagnostics
    assert (finding.code, finding.span.line, finding.span.column) == ("NS007", 7, 11)


def test_the_same_in_several_layers_from_one_value_is_one_finding() -> None:
    text = (SPECS / "vgg19.yaml").read_text().replace("kernel: 3, padding: 1", "kernel: 2, padding: 1")
    unread, costly = check_source(Source("same.yaml", text)).diagnostics
    assert (unread.code, costly.code) == ("NS302", "NS401")
    assert unread.notes[-1] == "the same in `block3.pool`, `block5.pool`"


def test_independent_mistakes_stay_apart() -> None:
    text = GOOD.replace("filters: 8", "filters: 0").replace("source: mnist", "sources: mnist")
    assert [finding.span.line for finding in check_source(Source("two.yaml", text)).diagnostics] == [10, 16]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("      kernel: 4", "      kernel -> 4"),
        ("      kernel: 4", "      kernel\uff1a 4"),
        ("      kernel: 4", "      kernel:\u00a04"),
        ("      kernel: 4", "      kernel: !!int 4"),
        ("      kernel: 4", "      kernel: 4 \\"),
        ("      kernel: 4", ">       kernel: 4"),
        ("      kernel: 4", "      kernel: 4\n..."),
        ("  - conv:\n", "  \u2013 conv:\n"),
        ("      filters: 8", "      <<: *base\n      filters: 8"),
        ("{type: max, window: 2}", "type: max, window: 2"),
        ("{type: max, window: 2}", "[type: max, window: 2]"),
        ("{type: max, window: 2}", "(type=max, window=2)"),
        ("{type: max, window: 2}", "{type: max}, window: 2"),
        ("{type: max, window: 2}", "{type: max, type: 2}"),
        ("fc: [{units: 32, dropout: 0.3}, 10]", "fc: 32, 10"),
        ("fc: [{units: 32, dropout: 0.3}, 10]", "fc: (32, 10)"),
        ("source: mnist", "source: sets/mine.npz"),
        ("source: mnist", "source: ./photos"),
    ],
)
def test_signs_and_brackets_of_other_hands_are_one_finding_too(right: str, wrong: str) -> None:
    test_one_slip_is_one_finding_and_is_undone(right, wrong)


def test_a_bracket_that_is_never_closed_is_what_is_marked() -> None:
    text = GOOD.replace("{filters: 4, kernel: [3, 3]}", "{filters: 4, kernel: [3, 3]")
    [finding] = check_source(Source("open.yaml", text)).diagnostics
    assert (finding.code, finding.span) == ("NS007", (7, 11, 7, 12))


def test_numbers_with_commas_are_a_list_and_no_thousands() -> None:
    text = GOOD.replace("      kernel: 4", "      kernel: 4, 4")
    [finding] = check_source(Source("pair.yaml", text)).diagnostics
    assert finding.fixes[0].title == "set `kernel: [4, 4]`"
    assert not finding.fixes[0].safe


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "blocks:\n  - conv: {filters: 8,\n           kernel: 3\n           stride: 1,\n           padding: 1}\nfc: [10]\n",
            [6],
        ),
        (
            "blocks:\n  - conv: {filters: 8   # few\n           kernel: 3\n           # none\n           stride: 1\n    }\nfc: [10]\n",
            [5, 6],
        ),
        ("blocks:\n  - conv:\n    - {filters: 8\n      kernel: 3}\nfc: [10]\n", [6]),
        ("fc: [10]\ntrain: {epochs: 3\nbatch_size: 32}\n", [5]),
        ("blocks: [\n  {conv: {filters: 8, kernel: 3}}\n  {conv: {filters: 8, kernel: 3}}\n]\nfc: [10]\n", [5]),
        ("fc: [\n  9   # wide\n  10\n]\n", [5]),
        ("fc: [9, {units: 10\n  name: 'last'\n  bias: true}]\n", [4, 5]),
    ],
)
def test_a_comma_left_out_at_the_end_of_a_line_is_found_and_put_there(text: str, lines: list[int]) -> None:
    source = Source("spec.yaml", "netspec: 1\nname: x\ninput: [8, 8, 1]\n" + text)
    (found,) = check_source(source).diagnostics
    ends = [re.split(r"\s#", source.lines[line - 1])[0].rstrip() for line in lines]
    assert (found.code, found.message) == ("NS005", "a comma is missing here")
    assert (found.span.line, found.span.column) == (lines[0], len(ends[0]) + 1)
    assert [label.message[:6] for label in found.labels] == ["this `"]
    fix = found.fixes[0]
    assert [(edit.span.line, edit.span.column, edit.text) for edit in fix.edits] == [
        (line, len(end) + 1, ",") for line, end in zip(lines, ends, strict=True)
    ]


def test_a_bracket_that_is_never_closed_is_no_comma() -> None:
    text = "netspec: 1\nname: x\ninput: [8, 8, 1]\nblocks:\n  - conv: {filters: 8, kernel: 3\n    pool: {window: 2}\nfc: [10]\n"
    (found,) = check_source(Source("spec.yaml", text)).diagnostics
    assert (found.code, found.span.line) == ("NS007", 5)
