"""A fix, shown as the lines it makes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import takewhile, zip_longest

from netspec.diagnostics.diagnostic import Edit, Fix
from netspec.diagnostics.edits import edited
from netspec.diagnostics.render.cells import shown
from netspec.diagnostics.render.excerpt import DOTS, Mark, Page, clipped, marked
from netspec.diagnostics.render.wording import counted

MOST = 12
"""Of how many places that change the lines are shown."""


def again_suggested(fix: Fix, page: Page) -> str:
    """A fix whose lines were shown."""
    return f"{page.paint('help', 'help')}: {page.paint(shown(fix.title), 'strong')}, as above"


def suggestion(fix: Fix, lines: Sequence[str], page: Page) -> Iterator[str]:
    """`help:` and the title, then each place that changes.

    Where text is added or replaced within a line, the new line with `+` or `~` under what is new; else the
    old lines with `-` before them and the new ones with `+`.
    """
    yield f"{page.paint('help', 'help')}: {page.paint(shown(fix.title), 'strong')}"
    yield page.rule()
    before, clusters = 0, _clusters(fix.edits)
    for edits in clusters[:MOST]:
        if before and edits[0].span.line > before + 1:
            yield page.paint(DOTS, "gutter")
        before = edits[-1].span.end_line
        yield from _cluster(edits, lines[edits[0].span.line - 1 : before], page)
    if len(clusters) > MOST:
        yield page.rule(f"and {counted(len(clusters) - MOST, 'more place')}", "=")


def _clusters(edits: Sequence[Edit]) -> list[list[Edit]]:
    """The edits in order, those that touch the same line together."""
    clusters: list[list[Edit]] = []
    for edit in sorted(edits, key=lambda edit: edit.span):
        if clusters and edit.span.line <= clusters[-1][-1].span.end_line:
            clusters[-1].append(edit)
        else:
            clusters.append([edit])
    return clusters


def _cluster(edits: Sequence[Edit], lines: Sequence[str], page: Page) -> Iterator[str]:
    """What the edits make of `lines`, the first of which is the first edit's."""
    number, old = edits[0].span.line, list(lines)
    text = edited("\n".join(old), [_moved(edit, number - 1) for edit in edits])
    new = text.split("\n")
    if len(old) == len(new) == 1 and all(edit.text for edit in edits):
        yield from marked(number, text, _new_text(edits), page)
        return
    while old and new and old[-1] == new[-1]:
        old.pop()
        new.pop()
    while old and new and old[0] == new[0]:
        number, old, new = number + 1, old[1:], new[1:]
    changed = [_changed(*pair) for pair in zip(old, new, strict=False)]
    for sign, style, side in (("-", "removed", old), ("+", "added", new)):
        for line, (content, place) in enumerate(zip_longest(side, changed[: len(side)], fillvalue=(0, 0)), number):
            yield page.numbered(line, page.paint(clipped(str(content), page.room, *place), style), sign, style)


def _changed(old: str, new: str) -> tuple[int, int]:
    """Where two lines differ: from the first character to behind the last, in the longer one."""
    start = _common(old, new)
    return start, max(len(old), len(new)) - _common(old[start:][::-1], new[start:][::-1])


def _common(a: str, b: str) -> int:
    """How many characters two texts have in common at their beginning."""
    return sum(1 for _ in takewhile(bool, map(str.__eq__, a, b)))


def _moved(edit: Edit, lines: int) -> Edit:
    span = edit.span
    return replace(edit, span=span._replace(line=span.line - lines, end_line=span.end_line - lines))


def _new_text(edits: Sequence[Edit]) -> list[Mark]:
    """Where the texts of edits within one line stand once they are made."""
    marks, moved = [], 0
    for edit in edits:
        start, length = edit.span.column - 1 + moved, edit.span.end_column - edit.span.column
        marks.append(Mark(start, start + len(edit.text), "~" if length else "+", "added"))
        moved += len(edit.text) - length
    return marks
