from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.diagnostics.render.cells import cells, shown, wrapped


@pytest.mark.parametrize(
    ("text", "drawn", "width"),
    [
        ("plain", "plain", 5),
        ("\t", "    ", 4),
        ("畳み", "畳み", 4),
        ("e\u0301", "e\u0301", 1),
        ("한", "한", 2),
        ("\u1112\u1161\u11ab", "\u1112\u1161\u11ab", 2),
        ("\u26a0\ufe0f", "\u26a0", 1),
        ("\x00\x1b\x7f", "␀␛␡", 3),
        ("\u202e", "\\u202e", 6),
        ("\u00a0", "\\u00a0", 6),
        ("\ud800", "\\ud800", 6),
        ("\U000e0001", "\\U000e0001", 10),
    ],
)
def test_what_is_drawn_and_how_wide(text, drawn, width):
    assert shown(text) == drawn
    assert cells(shown(text)) == width


@given(st.text(st.characters(codec=None)))
def test_all_that_is_drawn_can_be_seen(text):
    assert shown(text).isprintable()


@given(st.text("ab 畳", max_size=60), st.integers(4, 30))
def test_wrapping_keeps_the_words_and_the_width(text, room):
    lines = wrapped(text, room)
    assert " ".join(lines) == text
    assert all(cells(line) <= room or " " not in line for line in lines)
