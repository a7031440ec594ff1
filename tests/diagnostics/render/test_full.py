from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

import netspec
from netspec.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from netspec.diagnostics.render.cells import shown
from netspec.diagnostics.render.full import render
from netspec.text.source import Source, Span

CHARACTERS = st.sampled_from("ab: {}\té畳한😀\u0301\x1b\u202e\u00a0")
LINES = st.text(CHARACTERS, max_size=60)
LONG_LINES = st.text(CHARACTERS, max_size=400)


def drawn(text: str, span: Span, *labels: Label, width: int = 80, **more: object) -> list[str]:
    code = Diagnostic("NS001", "m", Source("f", text), span, labels=labels, **more)  # type: ignore[arg-type]
    return render([code], ["f"], color=False, width=width).split("\n\n")[0].split("\n")[2:]


@given(LINES, st.data())
def test_carets_stand_under_exactly_the_span(line, data):
    line = "x" + line  # a combining character at the start of a line would sit on the gutter
    start = data.draw(st.integers(0, len(line) - 1))
    end = data.draw(st.integers(start, len(line)))
    _, text, carets = drawn(line, Span(1, start + 1, 1, end + 1), width=1000)[:3]
    assert text == f"1 | {shown(line)}".rstrip(" ")
    before = cell_len(shown(line[:start]))
    assert carets == "  | " + " " * before + "^" * max(1, cell_len(shown(line[start:end])))


def test_a_caret_after_a_line_that_fills_the_room_stays_in_it():
    for line in ("x" * 26, "x" * 25 + "\u202e\u0301", "x" * 20 + "\u202e\u0301"):
        text, carets = drawn(line, Span(1, len(line) + 1, 1, len(line) + 1), width=30)[1:3]
        assert cell_len(text) <= 30
        assert cell_len(carets) <= 30


@given(LONG_LINES, st.integers(30, 120), st.data())
def test_long_lines_are_clipped_with_the_span_in_sight(line, width, data):
    line = "x" + line
    start = data.draw(st.integers(0, len(line) - 1))
    end = data.draw(st.integers(start, min(len(line), start + 3)))
    _, text, carets = drawn(line, Span(1, start + 1, 1, end + 1), width=width)[:3]
    assert cell_len(text) <= width
    assert cell_len(carets) <= width
    at = carets.index("^")
    under = "".join(char for char, cell in zip(text, cells_before(text), strict=True) if cell >= at)
    assert under.startswith(shown(line[start:end]).lstrip("\u0301").rstrip(" "))


def cells_before(text: str) -> list[int]:
    """For each character the cell it starts in; a combining one starts where its base does."""
    starts, at = [], 0
    for char in text:
        width = cell_len(char)
        starts.append(at if width else starts[-1])
        at += width
    return starts


@given(LONG_LINES, st.lists(st.tuples(st.integers(0, 400), st.integers(0, 20)), max_size=4))
def test_any_number_of_labels_is_shown(line, places):
    labels = [Label(Span(1, at + 1, 1, at + size + 1), f"label{n}") for n, (at, size) in enumerate(places)]
    text = "\n".join(drawn(line + "x", Span(1, 1, 1, 2), *labels, label="primary"))
    assert all(label.message in text for label in labels)
    assert "primary" in text


@given(st.text(st.characters(codec=None)), st.tuples(*[st.integers(1, 40)] * 4))
def test_spans_outside_the_text_are_drawn_at_its_edge(text, numbers):
    line, column, lines, columns = numbers
    span = Span(line, column, line + lines - 1, column + columns)
    rows = drawn(text, span)
    assert not text or any("^" in row for row in rows)


def test_line_ends_do_not_shift_carets():
    for end in ("\n", "\r\n", "\r"):
        assert drawn(f"a: 1{end}b: 2{end}", Span(2, 4, 2, 5)) == ["  |", "2 | b: 2", "  |    ^"]


def test_a_span_over_lines_shows_the_first():
    rows = drawn("a: [1,\n 2]\n", Span(1, 4, 2, 4), label="this list")
    assert rows == ["  |", "1 | a: [1,", "  |    ^^^... this list"]


def test_a_megabyte_line_is_cut_before_it_is_measured():
    line = "\u0301畳" * 500_000
    rows = drawn(line, Span(1, 700_000, 1, 700_002), Label(Span(1, 5, 1, 6), "far"), label="here")
    assert max(map(cell_len, rows)) <= 80


def fixed(text: str, *edits: Edit) -> list[str]:
    rows = drawn(text, Span(1, 1, 1, 2), fixes=(Fix("do", edits),))
    return rows[rows.index("help: do") + 2 :]


def test_fixes_show_the_new_line_marked():
    kernel, end = Edit(Span(1, 4, 1, 5), "12"), Edit(Span(1, 5, 1, 5), ", b: 3")
    assert fixed("a: 5", kernel) == ["1 | a: 12", "  |    ~~"]
    assert fixed("a: 5", end, kernel) == ["1 | a: 12, b: 3", "  |    ~~++++++"]


def test_fixes_of_whole_lines_show_both_sides():
    assert fixed("a: 5\nb: 6\n", Edit(Span(1, 1, 2, 1), "")) == ["1 - a: 5"]
    assert fixed("a: 5\nb: 6\n", Edit(Span(2, 1, 2, 1), "c: 7\n")) == ["2 + c: 7"]
    assert fixed("a: 5\n", Edit(Span(1, 2, 1, 5), "")) == ["1 - a: 5", "1 + a"]
    assert fixed("a: 5", Edit(Span(1, 5, 1, 5), "\nb: 6")) == ["2 + b: 6"]


def test_colors_change_nothing_else(found):
    plain, colored = (render(found, [], color=color, width=80) for color in (False, True))
    assert re.sub("\x1b\\[[0-9;]*m", "", colored) == plain


def test_what_is_removed_from_a_long_line_is_in_sight():
    line = f"a: {{{'b: 1, ' * 20}c: 2, d: 3}}"
    at = line.index("c: 2") + 1
    old, new = fixed(line, Edit(Span(1, at, 1, at + 6), ""))
    assert old.endswith("b: 1, c: 2, d: 3}")
    assert new.endswith("b: 1, d: 3}")
    assert cell_len(old) <= 80
    assert cell_len(new) <= 80
    assert len(old.split("...")[1]) > 60, "the room is used"


def test_the_command_that_repairs_names_the_file():
    fix = Fix("do", (Edit(Span(1, 1, 1, 2), "b"),), "safe")

    def command(*sources: Source) -> str:
        found = [Diagnostic("NS001", "m", source, Span(1, 1, 1, 2), fixes=(fix,)) for source in sources]
        return next(line for line in render(found, [], color=False, width=80).split("\n") if "--fix" in line)

    one, other = (Source(name, "a", Path(name)) for name in ("my net.yaml", "b.yaml"))
    assert command(one, one) == "2 can be repaired by: netspec validate --fix 'my net.yaml'"
    assert command(one, other) == "2 can be repaired by: netspec validate --fix FILE"
    assert command(Source("<stdin>", "a")) == "1 can be repaired by: netspec validate --fix FILE"


def test_what_repairs_many_places_is_shown_once_and_in_part():
    text = (
        "netspec: 1\nname: n\ninput: [8, 8, 1]\nblocks:\n"
        + "  - conv: {filters: 2, kernel: 1, activation: rellu}\n" * 40
    )
    shown = render(netspec.check(text=text).diagnostics, ["n.yaml"], color=False, width=80)
    assert shown.count("and 28 more places") == 1
    assert shown.count("in 40 places, as above") == 39
