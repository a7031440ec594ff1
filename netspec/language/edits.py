"""How a change is written into the text of a spec, with its comments and layout left as they are."""

from __future__ import annotations

import re

from netspec.diagnostics.diagnostic import Edit
from netspec.language.fields import Pair
from netspec.text.nodes import Entry, Mapping, Node, Scalar, Sequence
from netspec.text.source import Source, Span


def written(value: object) -> str:
    """A value as YAML, in flow style.

    >>> written((3, 3)), written((3, 5)), written("same"), written(0.5), written(True)
    ('3', '[3, 5]', 'same', '0.5', 'true')
    >>> written({"source": "digits", "augment": {"crop": 4}}), written([28, 28, 1])
    ('{source: digits, augment: {crop: 4}}', '[28, 28, 1]')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple) and len(value) == 2:
        return written_pair(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {written(below)}" for key, below in value.items()) + "}"
    return f"[{', '.join(map(written, value))}]" if isinstance(value, list | tuple) else str(value)


def written_pair(pair: Pair) -> str:
    """One number where both are the same."""
    return str(pair[0]) if pair[0] == pair[1] else f"[{pair[0]}, {pair[1]}]"


def insert(source: Source, node: Node, key: str, text: str, shorthand: str = "type") -> Edit:
    """Writes `key: text` into a layer or section, after its last key.

    A bare scalar becomes a mapping in which it stands under the key `shorthand`.
    """
    if isinstance(node, Scalar):
        return Edit(node.span, f"{{{shorthand}: {node.text}, {key}: {text}}}")
    assert isinstance(node, Mapping)
    if not node.entries:
        return Edit(node.span, f"{{{key}: {text}}}")
    last = node.entries[-1]
    if node.flow:
        # An alias has the span of its anchor, before the key.
        own = last.value.span > last.key.span and last.value.span.end_column > 1
        end = last.value.span if own else last.key.span
        return Edit(end.end, f", {key}: {text}")
    line = max(last.key.span.end_line, last.value.span.end_line)
    indent = " " * (node.entries[0].key.span.column - 1)
    return Edit(_end_of_line(source, line), f"\n{indent}{key}: {text}")


def remove(source: Source, mapping: Mapping, entry: Entry) -> Edit:
    """Takes a key and its value out of a mapping."""
    at = mapping.entries.index(entry)
    whole = entry.key.span.to(entry.value.span)
    if len(mapping.entries) == 1:
        return Edit(mapping.span if mapping.flow else whole, "{}")
    before, after = mapping.entries[at - 1 : at], mapping.entries[at + 1 : at + 2]
    if mapping.flow and not after:
        return Edit(Span(*_end(before[0].value.span), *_end(entry.value.span)), "")
    if mapping.flow or (not before and after):
        return Edit(Span(*_start(entry.key.span), *_start(after[0].key.span)), "")
    above = _end_of_line(source, entry.key.span.line - 1)
    return Edit(above.to(_end_of_line(source, whole.end_line)), "")


def exchange(source: Source, mapping: Mapping, first: Entry, second: Entry) -> tuple[Edit, ...]:
    """Puts two entries of a mapping, in the order of the text, each in the other's place, with the comments beside and above each.

    Nothing where a comment in a flow mapping could lose what it is about.
    """
    places = [_with_comments(source, mapping, entry) for entry in (first, second)]
    texts = [source.excerpt(place) for place in places]
    if mapping.flow and "#" in source.excerpt(places[0].to(places[1])):
        return ()
    return tuple(Edit(place, text) for place, text in zip(places, reversed(texts), strict=True))


def _with_comments(source: Source, mapping: Mapping, entry: Entry) -> Span:
    """The place of an entry; of one on lines of its own with the rest of the last one, and the comments above it."""
    start, own = _start(entry.key.span), entry.value.span > entry.key.span
    end = _end(entry.value.span if own else entry.key.span)
    if mapping.flow and not own:  # an alias has the span of its anchor
        found = re.compile(r"\s*:\s*\*[\w-]+").match(source.lines[end[0] - 1], end[1] - 1)
        return Span(*start, end[0], found.end() + 1) if found else entry.key.span
    if mapping.flow:
        return Span(*start, *end)
    depth = start[1] - 1
    first, last = start[0], end[0] - (end[1] == 1)
    while not source.lines[last - 1].strip() or _comment_depth(source, last) is not None:
        last -= 1
    while last < len(source.lines) and (_comment_depth(source, last + 1) or 0) > depth:
        last += 1
    if not source.lines[first - 1][:depth].strip():
        while (above := _comment_depth(source, first - 1)) is not None and above <= depth:
            first -= 1
            start = first, above + 1
    return Span(*start, last, len(source.lines[last - 1]) + 1)


def _comment_depth(source: Source, line: int) -> int | None:
    """How far a line that is a comment alone is indented; None for other lines."""
    found = re.match(r"\s*(?=#)", source.lines[line - 1]) if line else None
    return found.end() if found else None


def remove_item(source: Source, listed: Sequence, at: int) -> Edit:
    """Takes the item at a place, from 0, out of a list."""
    item = listed.items[at]
    if not listed.flow:
        first, last = item.span.line, item.span.end_line
        return Edit(_end_of_line(source, first - 1).to(_end_of_line(source, last)), "")
    if at:
        return Edit(Span(*_end(listed.items[at - 1].span), *_end(item.span)), "")
    after = listed.items[1:2]
    return Edit(item.span if not after else Span(*_start(item.span), *_start(after[0].span)), "")


def remove_items(source: Source, listed: Sequence, first: int) -> Edit:
    """Takes the items from `first` on, which is not 0, out of a list."""
    before, last = listed.items[first - 1].span, listed.items[-1].span
    if listed.flow:
        return Edit(Span(*_end(before), *_end(last)), "")
    lines = range(before.line, listed.items[first].span.line)
    above = max(line for line in lines if line == before.line or source.lines[line - 1].strip())
    end = _end_of_line(source, last.end_line - (last.end_column == 1))
    return Edit(_end_of_line(source, above).to(end), "")


def _start(span: Span) -> tuple[int, int]:
    return span.line, span.column


def _end(span: Span) -> tuple[int, int]:
    return span.end_line, span.end_column


def _end_of_line(source: Source, line: int) -> Span:
    column = len(source.lines[line - 1]) + 1
    return Span(line, column, line, column)
