"""Lists and mappings that are being filled, and the nodes they become: the material of the outline."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from netspec.text.nodes import Entry, Mapping, Node, Scalar, Sequence
from netspec.text.scalars import resolve
from netspec.text.source import Span

# Possessive where a text of blanks or quotes would else take quadratic time.
_RUN = r"(?!#)(?:[^\s:]|:(?=\S))++"
KEY = re.compile(
    r"(?P<key>\"(?:[^\"\\]|\\.)*+\"|'(?:[^']|'')*+'"
    rf"|(?![-?](?:[ \t]|$))(?=[^\s#\[\]{{}},&*!|>'\"%@`]){_RUN}(?:[ \t]++{_RUN})*+)"
    r"[ \t]*+:(?=[ \t]|$)"
)
PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*[ \t]*)*")
PLAIN = re.compile(r"(?:[^\s#]|(?<=\S)#|[ \t]+(?=[^\s#]))*")
FLOW_PLAIN = re.compile(r"(?:[^\s#,\[\]{}:]|(?<=\S)#|:(?=[^\s,\[\]{}])|[ \t]+(?=[^\s#,\[\]{}]))*")
QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'")
BLOCK_SCALAR = re.compile(r"[|>][-+0-9]*[ \t]*(?:#.*)?$")

Place = tuple[int, int]
"""Line and column, both from 0."""


@dataclass(slots=True)
class Open:
    """A list or mapping that is being filled."""

    mapping: bool
    flow: bool
    column: int
    """Where its keys or dashes stand; of a bracket, where the block around it does."""
    start: Place
    end: Place
    keys: list[Scalar] = field(default_factory=list)
    values: list[Open | Scalar | None] = field(default_factory=list)
    """The items; of a mapping its values."""
    behind: list[Place] = field(default_factory=list)
    """Where each key ends, its colon included: an absent value stands there."""
    awaits: bool = False
    """Whether the last value has not come."""
    lost: bool = False
    """Whether it belongs nowhere."""

    @property
    def step(self) -> str | int | None:
        """The key or number of what was filled in last."""
        if self.mapping:
            return self.keys[-1].text if self.keys else None
        return len(self.values) - 1 if self.values else None


def scalar(text: str, start: Place) -> Scalar:
    """One scalar on one line, in quotes or plain."""
    place = span(start, (start[0], start[1] + len(text)))
    if text[0] in "\"'":
        inner = text[1:-1] if len(text) > 1 and text[-1] == text[0] else text[1:]
        inner = inner if text[0] == '"' else inner.replace("''", "'")
        return Scalar(inner, inner, True, place)
    return Scalar(resolved(text), text, False, place)


def resolved(text: str) -> bool | int | float | str | None:
    """The value of a plain scalar; what the reader refuses as a number is text, and an alias is nothing."""
    try:
        return None if text.startswith("*") else resolve(text)
    except OverflowError:
        return text


def skip(text: str, column: int) -> int:
    """The column of the next character that is no blank."""
    while column < len(text) and text[column] in " \t":
        column += 1
    return column


def span(start: Place, end: Place) -> Span:
    """The places as the nodes have them, from 1."""
    return Span(start[0] + 1, start[1] + 1, end[0] + 1, end[1] + 1)


def node(value: Open | Scalar | None, place: Place) -> Node:
    """The value as a node; what is absent stands at `place`."""
    if value is None:
        return Scalar(None, "", False, span(place, place))
    if isinstance(value, Scalar):
        return value
    whole = span(value.start, value.end)
    if not value.mapping:
        return Sequence(tuple(node(item, value.start) for item in value.values), whole, value.flow)
    entries: dict[str, Entry] = {}
    for key, item, behind in zip(value.keys, value.values, value.behind, strict=True):
        if isinstance(key.value, str):
            entries.setdefault(key.text, Entry(key, node(item, behind)))
    return Mapping(tuple(entries.values()), whole, value.flow)
