"""Which lines an editor may fold: the values that go over several, and comments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netspec.editor.document import Document
from netspec.text.nodes import Mapping, Node, Scalar


@dataclass(frozen=True, slots=True)
class Fold:
    """Lines from 1, both included; the first stays."""

    first: int
    last: int
    comment: bool = False


def folds(document: Document) -> list[Fold]:
    """What can be folded, from the top: of several that begin in one line the longest."""
    if not document.is_spec:
        return []
    lines = document.source.lines
    found: dict[int, Fold] = {}
    for first, last in (*_values(document.root), *_comments(lines)):
        if lines[last - 1].strip() in ("]", "}", "],", "},"):
            last -= 1  # the bracket stays too
        if last > first and (first not in found or last > found[first].last):
            found[first] = Fold(first, last, lines[first - 1].lstrip().startswith("#"))
    return [found[first] for first in sorted(found)]


def _values(node: Node | None) -> Iterator[tuple[int, int]]:
    """The first and last line of each value with its key, and of each item."""
    if node is None or isinstance(node, Scalar):
        return
    parts = (
        [(entry.key, entry.value) for entry in node]
        if isinstance(node, Mapping)
        else [(item, item) for item in node.items]
    )
    for start, value in parts:
        yield start.span.line, value.span.end_line
        yield from _values(value)


def _comments(lines: list[str]) -> Iterator[tuple[int, int]]:
    """The first and last line of each run of comments."""
    first = None
    for number, line in enumerate((*lines, ""), 1):
        if not line.lstrip().startswith("#"):
            if first is not None:
                yield first, number - 1
            first = None
        elif first is None:
            first = number
