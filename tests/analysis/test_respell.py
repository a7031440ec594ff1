"""Text that is not YAML, or not what it was: the slip of one sign or one line is found and undone."""

from __future__ import annotations

import pytest

from netspec.analysis.check import check_source
from netspec.diagnostics.edits import edited
from netspec.text.source import Source

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
