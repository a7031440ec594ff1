"""The tree as it is plainly meant: a slip is read as what it is a slip of, so that it hides nothing else.

Every node keeps its place in the text. What is read so is a finding nevertheless; here only what follows from it is spared.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field, replace

from netspec.language.meant import meant_key
from netspec.language.vocabulary import facts_at
from netspec.text.nodes import Entry, Mapping, Node, Path, Scalar, Sequence
from netspec.text.scalars import resolve
from netspec.text.source import Span

Readings = MappingType[Path, Node | Entry]
"""By the path of what stands there: another value, or another entry of a mapping."""


def scalar(text: str, span: Span) -> Scalar:
    """A plain scalar that stands at a place."""
    return Scalar(resolve(text), text, False, span)


def read_as(root: Node, readings: Readings) -> Node:
    """The tree with other values and entries. What an alias repeats stays one node."""
    below = _Below()
    for path, reading in readings.items():
        at = below
        for step in path:
            at = at.parts.setdefault(step, _Below())
        at.reading = reading
    return _read(root, below, {})


@dataclass(slots=True)
class _Below:
    """What is read at a step, and below it."""

    reading: Node | Entry | None = None
    parts: dict[str | int, _Below] = field(default_factory=dict)


def _read(node: Node, below: _Below, known: dict[int, tuple[_Below, Node]]) -> Node:
    if below.reading is not None and not isinstance(below.reading, Entry):
        return below.reading
    if not below.parts or isinstance(node, Scalar):
        return node
    made = known.get(id(node))
    if made is not None and made[0] == below:
        return made[1]
    if isinstance(node, Sequence):
        items = tuple(_read(item, below.parts.get(i, _NOTHING), known) for i, item in enumerate(node.items))
        new: Node = replace(node, items=items)
    else:
        new = replace(node, entries=tuple(_entry(entry, below.parts.get(entry.name), known) for entry in node))
    known[id(node)] = below, new
    return new


def _entry(entry: Entry, below: _Below | None, known: dict[int, tuple[_Below, Node]]) -> Entry:
    if below is None:
        return entry
    return below.reading if isinstance(below.reading, Entry) else Entry(entry.key, _read(entry.value, below, known))


_NOTHING = _Below()


def mostly_known(path: Path, node: Node) -> bool:
    """Whether at least half of the keys of a mapping, or of the mappings in a list, are those of a path or slips of them."""
    mappings = [(path, node)] if isinstance(node, Mapping) else []
    if isinstance(node, Sequence):
        mappings = [((*path, i), item) for i, item in enumerate(node.items) if isinstance(item, Mapping)]
    known = total = 0
    for at, mapping in mappings:
        facts = facts_at(at, mapping)
        total += len(mapping.entries)
        known += sum(meant_key(entry.name, facts) is not None for entry in mapping)
    return 2 * known >= total > 0
