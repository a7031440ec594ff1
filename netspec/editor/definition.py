"""Where something that is used in one place stands: what an alias repeats, what a layer takes from `defaults`."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.editor.document import Document
from netspec.editor.place import pointed
from netspec.language.kinds import KINDS
from netspec.text.anchors import aliases
from netspec.text.nodes import Entry, Mapping, Node, Path, walk
from netspec.text.source import Span


@dataclass(frozen=True, slots=True)
class Definition:
    """Where to go."""

    origin: Span
    """What was pointed at."""
    name: Span
    whole: Span


def definition(document: Document, line: int, column: int) -> Definition | None:
    """Where what is at a place (line and column from 1) is defined; None where it stands for itself.

    Of an alias that is its anchor. Of a layer's kind it is the `defaults` of that kind; of a key that stands in both, the key
    there, whose value it replaces.
    """
    for alias in aliases(document.source):
        if (alias.span.line, alias.span.column) <= (line, column) <= (alias.span.end_line, alias.span.end_column):
            return Definition(alias.span, alias.anchor, alias.anchor)
    at = pointed(document.root, line, column)
    entry = _default(document.root, at.path) if at is not None and at.path[0] != "defaults" else None
    if at is None or entry is None:
        return None
    name, value = entry.key.span, entry.value.span
    return Definition(at.span, name, name.to(value) if value > name else name)


def _default(root: Node | None, path: Path) -> Entry | None:
    """The entry under `defaults` of the layer, or of the key of a layer, that a path leads to."""
    kind = next((number for number in reversed(range(len(path))) if path[number] in KINDS), None)
    if kind is None:
        return None
    key = next((step for step in path[kind + 1 :] if isinstance(step, str)), None)
    places: tuple[Path, ...] = (("defaults", path[kind]),)
    if key is not None:
        places = (("defaults", path[kind], key), ("defaults", key))
    return next((entry for place in places if (entry := _entry(root, place)) is not None), None)


def _entry(root: Node | None, path: Path) -> Entry | None:
    above = walk(root, path[:-1])
    return above.entry(str(path[-1])) if isinstance(above, Mapping) else None
