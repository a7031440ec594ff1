"""Specs as people hand them in, and where the first fixes lead."""

from __future__ import annotations

from collections import Counter

import pytest

from .students import FOLDER, Pair, checked, content, followed, pairs

FIRST, SECOND, THIRD = (pairs(FOLDER / name) for name in ("first", "second", "third"))

SOUND = "netspec: 1\nname: small\ninput: [28, 28, 1]\nblocks:\n  - conv: {filters: 8, kernel: 3}\nfc: [10]\n"
SOUND += "data: {source: mnist}\n"


def test_every_file_is_half_of_a_pair() -> None:
    assert len(FIRST) >= 150
    assert len(SECOND) >= 80
    assert len(THIRD) >= 100
    for name, given in (("first", FIRST), ("second", SECOND), ("third", THIRD)):
        assert len([*(FOLDER / name).iterdir()]) == 2 * len(given)


@pytest.mark.parametrize("pair", [*FIRST, *SECOND, *THIRD], ids=lambda pair: pair.name)
def test_what_was_meant_is_valid_and_said_and_not_what_was_handed_in(pair: Pair) -> None:
    first, rest = pair.meant.split("\n", 1)
    assert first.startswith("# meant: ")
    assert rest != pair.text
    meant = checked(pair.meant)
    assert meant.ok
    if checked(pair.text).ok:  # then warnings are followed, which must end where they were meant to
        assert not meant.diagnostics


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "meant", "another"),
    [(FIRST, 0.95, 0.01), (SECOND, 0.98, 0.01), (THIRD, 0.5, 0.05)],
    ids=["first", "second", "third"],
)
def test_where_the_first_fixes_lead(given: list[Pair], meant: float, another: float) -> None:
    outcomes = [followed(pair) for pair in given]
    ends = Counter(outcome.end for outcome in outcomes)
    assert ends["meant"] >= meant * len(given)
    assert ends["another"] <= another * len(given)
    assert sum(outcome.on_line for outcome in outcomes) >= 0.95 * len(given)


@pytest.mark.parametrize(
    ("text", "meant", "end"),
    [
        (SOUND.replace("filters", "filtres"), SOUND, "meant"),
        (SOUND.replace("filters", "filtres"), SOUND.replace("8", "16"), "another"),
        (SOUND.replace("- conv", "- xyz"), SOUND, "stuck"),
        (SOUND, SOUND.replace("8", "16"), "silent"),
    ],
)
def test_how_an_end_is_told(text: str, meant: str, end: str) -> None:
    outcome = followed(Pair("a", text, f"# meant: \n{meant}"))
    assert outcome.end == end
    assert outcome.on_line == bool(outcome.trail or outcome.left)


def test_names_and_grouping_do_not_count() -> None:
    one = SOUND.replace("kernel: 3", "kernel: 3, repeat: 2")
    two = SOUND.replace("{filters: 8, kernel: 3}", "[{filters: 8, kernel: 3}, {filters: 8, kernel: [3, 3]}]")
    assert content(checked(one)) == content(checked(two.replace("small", "other")))
    assert content(checked(one)) != content(checked(SOUND))


def test_lines_that_are_not_as_meant() -> None:
    assert Pair("a", "1\n2\n3\n", "# meant: \n1\ntwo\n3\n").lines == {2}
    assert Pair("a", "1\n3\n", "# meant: \n1\n2\n3\n").lines == {1, 2}
    assert Pair("a", "1\n2\n3\n", "# meant: \n1\n3\n").lines == {2}
