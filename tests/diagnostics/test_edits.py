from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.diagnostics.diagnostic import Edit
from netspec.diagnostics.edits import edited
from netspec.text.source import Span


@given(st.text("ab\n", max_size=30), st.data())
def test_an_edit_replaces_the_same_characters_as_a_slice(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    new = data.draw(st.text("cd\n"))

    def place(offset: int) -> tuple[int, int]:
        head = text[:offset]
        return head.count("\n") + 1, offset - head.rfind("\n")

    assert edited(text, [Edit(Span(*place(start), *place(end)), new)]) == text[:start] + new + text[end:]


def test_edits_are_made_in_any_order_and_keep_line_ends():
    edits = [Edit(Span(2, 4, 2, 5), "9"), Edit(Span(1, 1, 1, 1), "x\n")]
    assert edited("a: 1\r\nb: 2\r\n", edits) == "x\r\na: 1\r\nb: 9\r\n"


def test_overlapping_edits_are_refused():
    with pytest.raises(ValueError, match="overlapping edits at line 1, column 2"):
        edited("abc", [Edit(Span(1, 1, 1, 3), ""), Edit(Span(1, 2, 1, 3), "")])
