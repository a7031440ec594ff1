"""Places counted as clients count them: UTF-16, UTF-8 or UTF-32 units; what stands before the place in bytes decides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.editor.position import MARK, Positions, spliced
from netspec.text.source import Source, Span

BYTES = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
ENCODINGS = pytest.mark.parametrize("encoding", list(BYTES))
TEXT = "a: \U0001f600b\u0301 c\r\n\td: \u00e9\u6f22\rlast"
"""An astral character, a combining one, CRLF, a tab, CR, no line end at the end."""


def units(text: str, encoding: str) -> int:
    codec, size = BYTES[encoding]
    return len(text.encode(codec)) // size


@ENCODINGS
@pytest.mark.parametrize("mark", [False, True], ids=["plain", "marked"])
def test_every_character_there_and_back(encoding: str, mark: bool) -> None:
    source = Source("", TEXT)
    positions = Positions(source, encoding, mark)  # type: ignore[arg-type]
    for number, line in enumerate(source.lines, 1):
        for column in range(1, len(line) + 2):
            before = (MARK if mark and number == 1 else "") + line[: column - 1]
            assert positions.position(number, column) == (number - 1, units(before, encoding))
            assert positions.place(number - 1, units(before, encoding)) == (number, column)


def test_a_place_within_a_character_is_before_it() -> None:
    assert Positions(Source("", "\U0001f600"), "utf-16").place(0, 1) == (1, 1)
    assert Positions(Source("", "\U0001f600x"), "utf-8").place(0, 3) == (1, 1)
    assert Positions(Source("", "x"), "utf-16", mark=True).place(0, 0) == (1, 1)


@ENCODINGS
def test_odd_places_are_brought_into_the_text(encoding: str) -> None:
    positions = Positions(Source("", TEXT), encoding)  # type: ignore[arg-type]
    assert positions.place(0, 10**6) == (1, 9)
    assert positions.place(2, 10**6) == (3, 5)
    assert positions.place(10**6, 0) == (3, 5)
    assert positions.position(10**6, 7) == (2, 4)
    assert positions.range(Span(1, 1, 10**6, 1)) == ((0, 0), (2, 4))


def test_only_three_things_end_a_line() -> None:
    positions = Positions(Source("", "a\u2028b\x0cc\x85d\ne"), "utf-16")
    assert positions.place(1, 0) == (2, 1)
    assert positions.place(0, 6) == (1, 7)


PIECES = st.text(alphabet="a\u00e9\U0001f600\u0301\u2028\n\r:{ ", max_size=12)


@given(before=PIECES, old=PIECES, after=PIECES, new=PIECES, encoding=st.sampled_from(list(BYTES)))
def test_a_change_is_made_where_the_client_made_it(before: str, old: str, after: str, new: str, encoding: str) -> None:
    text = before + old + after
    if any(text[i - 1 : i + 1] == "\r\n" for i in (len(before), len(before + old)) if 0 < i < len(text)):
        return  # no position of the protocol is within a line end
    positions = Positions(Source("", text), encoding)  # type: ignore[arg-type]
    span = Source("", text).span(len(before), len(before + old))
    assert spliced(text, encoding, *positions.range(span), new) == before + new + after  # type: ignore[arg-type]
