"""The located tree that a YAML text becomes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netspec.text.source import Span


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """One value, read under YAML 1.2's core schema."""

    value: bool | int | float | str | None
    text: str
    """As written, without quotes."""
    quoted: bool
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    span: Span
    flow: bool
    """Written as `[a, b]`, not with dashes."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One `key: value` of a mapping."""

    key: Scalar
    value: Node

    @property
    def name(self) -> str:
        """The key, always a string."""
        return self.key.text


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """A mapping whose keys are distinct strings."""

    entries: tuple[Entry, ...]
    span: Span
    flow: bool
    """Written as `{a: b}`, not on lines of its own."""

    def entry(self, name: str) -> Entry | None:
        """The entry with this key, or None."""
        return next((entry for entry in self.entries if entry.name == name), None)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)


Node = Scalar | Sequence | Mapping
Path = tuple[str | int, ...]
"""The way from a root to a node: keys of mappings and positions in lists."""


def walk(node: Node | None, path: Path) -> Node | None:
    """The node at a path, or None."""
    for step in path:
        if isinstance(step, int):
            node = node.items[step] if isinstance(node, Sequence) and step < len(node.items) else None
        else:
            entry = node.entry(step) if isinstance(node, Mapping) else None
            node = entry.value if entry else None
    return node


def plain(node: Node) -> object:
    """The node as Python's own None, bool, int, float, str, list and dict."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {entry.name: plain(entry.value) for entry in node.entries}
