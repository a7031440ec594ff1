"""The lines of a training session fit where they are read."""

from __future__ import annotations

import sys

import pytest

from netspec.cli import messages
from netspec.cli.progress import fitting

PARTS = ["epoch  1/20", "loss 2.4826", "accuracy 23.91%", "validation 1.6703 53.47%"]
WHOLE = [*PARTS, "340 images/s", "0:00:09 left"]
CHOICES = [WHOLE, [*PARTS, "0:00:09 left"], PARTS]


def test_what_matters_least_is_left_out_first() -> None:
    assert fitting(CHOICES, 120) == "  ".join(WHOLE)
    assert fitting(CHOICES, 90) == "  ".join([*PARTS, "0:00:09 left"])
    assert fitting(CHOICES, 80) == "  ".join(PARTS)
    assert fitting(CHOICES, 50) == "epoch  1/20  loss 2.4826  accuracy 23.91%\n  validation 1.6703 53.47%"


@pytest.mark.parametrize("columns", range(26, 130))
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    assert max(map(len, fitting(CHOICES, columns).split("\n"))) <= columns


def test_long_lines_are_whole_for_a_program_and_broken_at_words_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "digits: 49,794 parameters; 1,293 training, 144 validation, 360 test images"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    assert messages.fitted(text, sys.stderr) == text
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    lines = messages.fitted(text, sys.stderr).split("\n")
    assert lines == ["digits: 49,794 parameters; 1,293", "  training, 144 validation, 360 test", "  images"]
    assert messages.fitted("short", sys.stderr) == "short"
