"""Lines of a source with marks under them, as wide as the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from netspec.diagnostics.render.cells import cells, drawn, shown, wrapped
from netspec.diagnostics.render.palette import Paint

DOTS = "..."
"""Stands for what was left out; ASCII, so that the frame is right under every encoding."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A run of characters to underline, `start` and `end` counted from 0 in its line."""

    start: int
    end: int
    glyph: str
    style: str
    label: str | None = None
    continues: bool = False
    """The span goes on in the next line."""


@dataclass(frozen=True, slots=True)
class Page:
    """Where an excerpt is drawn: the width of its line numbers, and of the whole."""

    paint: Paint
    gutter: int
    width: int

    @property
    def room(self) -> int:
        """The cells right of the gutter."""
        return max(self.width - self.gutter - 3, 24)

    def rule(self, text: str = "", sign: str = "|") -> str:
        """A line without a number."""
        return f"{' ' * self.gutter} {self.paint(sign, 'gutter')} {text}".rstrip(" ")

    def numbered(self, line: int, text: str, sign: str = "|", style: str = "gutter") -> str:
        """A line with its number."""
        number = self.paint(f"{line:>{self.gutter}}", "gutter")
        return f"{number} {self.paint(sign, style)} {text}".rstrip(" ")


def excerpt(lines: Sequence[str], marks: Mapping[int, Sequence[Mark]], page: Page) -> Iterator[str]:
    """The lines numbered in `marks` with what is marked in them, and `...` for what lies between."""
    before = 0
    for number in sorted(marks):
        if before and number == before + 2:
            yield page.numbered(before + 1, clipped(lines[before], page.room))
        elif before and number > before + 1:
            yield page.paint(DOTS, "gutter")
        yield from marked(number, lines[number - 1], marks[number], page)
        before = number


def marked(number: int, text: str, marks: Sequence[Mark], page: Page) -> Iterator[str]:
    """One line and what is marked in it."""
    for group in _groups(text, marks, page.room):
        window = _Window(text, group, page.room)
        yield page.numbered(number, window.text)
        placed = [(mark, *window.place(mark)) for mark in group]
        if placed:
            yield from map(page.rule, _under(placed, page.room, page.paint))


def clipped(text: str, room: int, start: int = 0, end: int = 0) -> str:
    """As much of a line as there is room for, with what is from `start` to `end` in sight."""
    return _Window(text, (Mark(start, end, "", ""),), room).text


def _groups(text: str, marks: Sequence[Mark], room: int) -> list[list[Mark]]:
    """The marks in runs that fit on one screen line: a long line is shown once for each."""
    groups: list[list[Mark]] = []
    for mark in sorted(marks, key=lambda mark: (mark.start, mark.end)):
        between = text[groups[-1][0].start : mark.end] if groups else ""
        if groups and len(between) <= room and cells(shown(between)) <= room - 2 * len(DOTS):
            groups[-1].append(mark)
        else:
            groups.append([mark])
    return groups or [[]]


class _Window:
    """The part of a line that is shown, with its first mark in sight."""

    def __init__(self, text: str, marks: Sequence[Mark], room: int) -> None:
        first, last = (marks[0].start, marks[-1].start) if marks else (0, 0)
        self._room, self._offset = room, max(0, first - room)
        part = [drawn(char) for char in text[self._offset : last + 2 * room]]
        self._at = [0]
        for piece in part:
            self._at.append(self._at[-1] + cells(piece))
        cut, total = last + 2 * room < len(text), self._at[-1]
        end = min(total, max((self._cell(mark.end) for mark in marks), default=0))
        left, right = 0, total
        if total > room or cut or self._offset:
            start = self._cell(first)
            slack = max(0, room - 2 * len(DOTS) - (end - start))
            left = max(0, min(start - slack // 2, total - room + len(DOTS)))
            if left <= len(DOTS) and not self._offset:
                left = 0
            right = left + room - (len(DOTS) if left or self._offset else 0)
            if right < total or cut:
                right -= len(DOTS)
        whole = [i for i in range(len(part)) if self._at[i] >= left and self._at[i + 1] <= right]
        head = DOTS if left or self._offset else ""
        pad = " " * (self._at[whole[0]] - left) if whole else ""
        tail = DOTS if right < total or cut else ""
        self.text = head + pad + "".join(part[i] for i in whole) + tail
        self._left, self._right = left - len(head), right - left + len(head)

    def _cell(self, index: int) -> int:
        return self._at[max(0, min(index - self._offset, len(self._at) - 1))]

    def place(self, mark: Mark) -> tuple[int, int]:
        """The cells from and to which the mark is drawn: one at least, in the room also where the line's end fills it."""
        start = max(0, min(self._cell(mark.start) - self._left, self._right, self._room - 1))
        return start, max(start + 1, min(self._cell(mark.end) - self._left, self._right))


def _under(placed: Sequence[tuple[Mark, int, int]], room: int, paint: Paint) -> Iterator[str]:
    """The underlines; then the labels, the last beside its mark where there is room, others hung below."""
    glyphs: dict[int, tuple[str, str]] = {}
    for mark, start, end in sorted(placed, key=lambda place: place[0].glyph):
        glyphs |= dict.fromkeys(range(start, end), (mark.glyph, mark.style))
        if mark.continues:
            glyphs |= dict.fromkeys(range(end, end + len(DOTS)), (".", mark.style))
    hanging = [(mark, start, end) for mark, start, end in placed if mark.label]
    edge, tail = max(glyphs) + 1, None
    if hanging:
        mark, start, end = hanging[-1]
        label = shown(mark.label or "")
        beside = edge == end + len(DOTS) * mark.continues and edge + 1 + cells(label) <= room
        if beside:
            tail = (edge + 1, label, mark.style)
            hanging.pop()
    yield _row(glyphs, tail, paint)
    if hanging:
        yield _row({start: ("|", mark.style) for mark, start, _ in hanging}, None, paint)
    while hanging:
        mark, start, _ = hanging.pop()
        texts = wrapped(shown(mark.label or ""), room)
        column = max(0, min(start, room - max(map(cells, texts))))
        stems = {start: ("|", mark.style) for mark, start, _ in hanging if start < column}
        for text in texts:
            yield _row(stems, (column, text, mark.style), paint)


def _row(glyphs: Mapping[int, tuple[str, str]], tail: tuple[int, str, str] | None, paint: Paint) -> str:
    """One line of single cells and, right of them all, a text."""
    row, at, run = "", 0, ""
    for cell in sorted(glyphs):
        glyph, style = glyphs[cell]
        row += " " * (cell - at)
        run += glyph
        at = cell + 1
        if glyphs.get(at, ("", ""))[1] != style:
            row, run = row + paint(run, style), ""
    if tail:
        column, text, style = tail
        row += " " * (column - at) + paint(text, style)
    return row
