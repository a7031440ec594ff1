"""The tables of an evaluation, as they are read."""

from __future__ import annotations

import re
import sys

import numpy as np
import pytest

from netspec.cli.evaluate import _table
from netspec.data.sources import FASHION_NAMES
from netspec.language.heads import CLASS
from netspec.report.evaluation import measure
from netspec.workflows.evaluate import Evaluated


def shown(names: tuple[str, ...]) -> list[str]:
    labels = np.arange(len(names)).repeat(1000)
    said = np.roll(labels, 10)
    found = Evaluated(0.5, measure(labels, said, names), said, {"accuracy": 0.9}, CLASS)
    return _table(found, sys.stdout).splitlines()


def test_names_are_cut_only_where_there_is_no_room() -> None:
    lines = shown(("circle", "square", "triangle"))
    assert any(line.split() == ["circle", "square", "triangle"] for line in lines)
    lines = shown(FASHION_NAMES)
    assert max(map(len, lines)) <= 80
    assert any(line.split()[:3] == ["T-sh", "Trou", "Pull"] for line in lines)


def test_a_name_is_never_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the table of classes, and at both sides of the confusion; what cannot be seen is shown."""
    names = ("[bold]x", "[red]y[/red]", "[link=https://example.com]z", "a\x1b[31mb", "c\u202ed", ":smile:")
    for forced in ("", "1"):
        monkeypatch.setenv("FORCE_COLOR", forced)
        text = "\n".join(shown(names))
        for name in ("[bold]x", "[red]y[/red]", "[link=https://example.com]z", "a␛[31mb", "c\\u202ed", ":smile:"):
            assert text.count(name) == 2, (name, text)
        assert "\u202e" not in text
        assert "[31m" not in re.sub(r"\x1b\[[\d;]*m", "", text).replace("␛[31m", "")


def test_lines_do_not_end_in_blanks() -> None:
    lines = shown(("cat", "dog"))
    assert lines == [line.rstrip() for line in lines]
