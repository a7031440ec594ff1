"""The classic mistakes of `specs/broken/`: what netspec prints, and that following it repairs each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from netspec.diagnostics.edits import edited
from netspec.diagnostics.render import renderer
from netspec.repair.check import check_source
from netspec.text.source import Source

FILES = sorted((Path(__file__).parents[2] / "specs" / "broken").glob("*.yaml"))


def source(file: Path) -> Source:
    return Source(f"specs/broken/{file.name}", file.read_bytes().decode())


def test_there_are_enough() -> None:
    assert len(FILES) >= 15


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_is_printed(file: Path, golden: Callable[[str, str], None]) -> None:
    given = source(file)
    found = check_source(given).diagnostics
    assert found
    golden(f"broken/{file.stem}.txt", renderer("full")(list(found), [given.name], color=False, width=80))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_following_the_first_help_repairs_it(file: Path) -> None:
    given = source(file)
    assert given.lines[0].startswith("# Meant: ")
    left = check_source(given).diagnostics
    for _ in range(len(left) + 1):
        if not left:
            break
        fix = left[0].fixes[0]
        assert left[0].help == fix.title
        before, given = given, Source(given.name, edited(given.text, fix.edits))
        assert comments(given) >= comments(before) - 1, "a comment goes only with the line it explains"
        left = check_source(given).diagnostics
    assert not left


def comments(given: Source) -> int:
    return sum("#" in line for line in given.lines)
