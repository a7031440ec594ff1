"""What is said of shortcuts and branches and does nothing, beside what looks like it and does something."""

from __future__ import annotations

import pytest

from netspec.diagnostics.edits import edited
from netspec.repair.check import check_source
from netspec.text.source import Source

HEAD = "netspec: 1\nname: x\ninput: [8, 8, 4]\nblocks:\n"
CONV = "  - conv: {filters: 4, kernel: 1%s}\n"
POOL = "{pool: {window: 3, stride: 1, padding: 1%s}}"


def checked(blocks: str) -> tuple[list[tuple[str, int]], Source, tuple[str, ...]]:
    """The codes and lines of a spec, and its text with each of the fixes."""
    source = Source("x.yaml", HEAD + blocks + "fc: [10]\n")
    found = check_source(source).diagnostics
    fixes = [fix for one in found for fix in one.fixes]
    return [(one.code, one.span.line) for one in found], source, tuple(edited(source.text, fix.edits) for fix in fixes)


@pytest.mark.parametrize(
    ("blocks", "repaired"),
    [
        (CONV % "" + "    shortcut: {type: add, projection: pool}\n", CONV % "" + "    shortcut: {type: add}\n"),
        (
            CONV % "" + "    repeat: 2\n    shortcut: {type: concat, drop: 0.1, projection: {kernel: 3}}\n",
            CONV % "" + "    repeat: 2\n    shortcut: {type: concat, drop: 0.1}\n",
        ),
        ("  - {branches: [[], [], []], join: add}\n", "  - {branches: [[]], join: add}\n"),
        (
            "  - branches:\n      - []\n      - {conv: {filters: 4, kernel: 1}}\n      - []\n    join: add\n",
            "  - branches:\n      - []\n      - {conv: {filters: 4, kernel: 1}}\n    join: add\n",
        ),
        (f"  - {{branches: [{POOL % ''}, {POOL % ', name: p'}], join: add}}\n", f"  - {{branches: [{POOL % ''}], join: add}}\n"),
        ("  - {branches: [[]], join: add, shortcut: add}\n", "  - {branches: [[]], join: add}\n"),
        ("  - {branches: [[], []], join: concat, pool: {window: 2}}\n", "  - {branches: [[]], join: concat, pool: {window: 2}}\n"),
    ],
)  # fmt: skip
def test_what_does_nothing_is_warned_of_and_taken_away(blocks: str, repaired: str) -> None:
    codes, source, fixed = checked(blocks)
    assert len(codes) == 1
    assert fixed == (source.text.replace(blocks, repaired),)


@pytest.mark.parametrize(
    "blocks",
    [
        CONV % "" + "    shortcut: {type: add, projection: none}\n",
        CONV % "" + "    shortcut: {type: add, projection: skip}\n",
        "".join(
            f"  - {{conv: {{filters: {n}, kernel: 1}}, shortcut: {{type: add, projection: pool}}}}\n" for n in (4, 8)
        ),
        "  - {conv: {filters: 8, kernel: 1}, repeat: 2, shortcut: {type: add, projection: {norm: batch}}}\n",
        "  - {branches: [[]], join: add, activation: relu}\n",
        f"  - {{branches: [[], {POOL % ''}], join: add}}\n",
        "  - {branches: [[], [{branches: [[]], join: add, activation: relu}]], join: add}\n",
        "  - {branches: [[], []], join: concat, norm: batch, activation: relu}\n",
        "  - {branches: [[], []], join: concat}\n" + CONV % ", groups: 2",
        "  - {branches: [[{branches: [[], []], join: concat}], {conv: {filters: 8, kernel: 1}}], join: add}\n",
    ],
)
def test_what_does_something_is_not(blocks: str) -> None:
    assert checked(blocks)[0] == []


def test_no_branches_at_all_are_one_mistake() -> None:
    assert checked("  - {branches: [], join: add}\n")[0] == [("NS107", 5)]
