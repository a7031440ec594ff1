"""Where in a spec a position is, and which keys of the format belong there; also in a line that is half typed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from netspec.language.fields import Key, keys_by_name
from netspec.language.kinds import KINDS
from netspec.language.vocabulary import facts_at
from netspec.text.nodes import Entry, Mapping, Node, Path, Scalar, walk
from netspec.text.outline import Outline
from netspec.text.source import Source, Span

_WORD = re.compile(r"(?:[A-Za-z0-9_][\w.%-]*)?$")
_REST = re.compile(r"[\w.%-]*")
LISTS = ("blocks", "branches")
"""The keys whose value is a list wherever they stand, besides those of the top: on a line of its own, an item begins with a dash."""


@dataclass(frozen=True, slots=True)
class Typing:
    """What may be typed at a position."""

    role: Literal["key", "value", "item", "dash"]
    path: Path
    """Of the mapping for a key, of the value for a value, of the list's item for an item, of the list for a dash."""
    mapping: Mapping
    """The keys that stand there already; empty where there are none."""
    word: Span
    """What is already typed of it."""
    flow: bool
    indent: int
    """How much further than the line itself its text starts, behind dashes: what goes on below it stands there too."""
    colon: bool
    """Whether a colon follows."""


def keys_of(root: Node | None, path: Path) -> tuple[Key, ...]:
    """The keys that the mapping at this path may have, the `type` that chooses among variants first."""
    node = walk(root, path)
    return facts_at(path, node if isinstance(node, Mapping) else _EMPTY)


def key_of(root: Node | None, path: Path) -> Key | None:
    """The facts of the key whose value stands at this path; a number in a list of layers is the setting that it is short for."""
    if not path:
        return None
    listed = KINDS.get(str(path[0])) if len(path) == 2 and isinstance(path[1], int) else None
    if listed is not None and listed.short is not None:
        return keys_by_name(listed.settings)[listed.short]
    name = path[-1]
    return next((key for key in keys_of(root, path[:-1]) if key.name == name), None) if isinstance(name, str) else None


_EMPTY = Mapping((), Span(1, 1, 1, 1), False)


def typing(source: Source, tree: Node | None, line: int, column: int) -> Typing | None:
    """What may be typed at a place (line and column from 1), or None where nothing is known to fit.

    `tree` is the outline of the whole text: what stands behind the place counts too.
    """
    text = source.lines[line - 1]
    word = _WORD.search(text[: column - 1])
    assert word is not None
    start = word.start()
    rest = _REST.match(text, column - 1)
    end = rest.end() if rest else column - 1
    outline = Outline("\n".join([*source.lines[: line - 1], text[:start]]))
    found = _expected(outline, start)
    if found is None:
        return None
    role, path, flow = found
    node = walk(tree, path)
    indent = 0 if flow else len(text) - len(text.lstrip(" -")) - (len(text) - len(text.lstrip(" ")))
    colon = bool(re.match(r"[ \t]*:", text[end:]))
    given = _without(node, line, start) if isinstance(node, Mapping) else _EMPTY
    return Typing(role, path, given, Span(line, start + 1, line, end + 1), flow, indent, colon)


def _expected(outline: Outline, column: int) -> tuple[Literal["key", "value", "item", "dash"], Path, bool] | None:
    flow = bool(outline.stack and outline.stack[-1].flow)
    if outline.expected == "line":
        items = outline.list_at_column(column)
        path = outline.at_column(column) if items is None else items
        if path is None:
            return None
        return ("dash" if items is not None or _is_list(path) else "key"), path, False
    path = outline.path()
    if outline.expected is None or path is None:
        return None
    step = outline.stack[-1].step if outline.stack else None
    if outline.expected == "key":
        return "key", path, flow
    if outline.expected == "item":
        top = outline.stack[-1]
        number = len(top.values) if top.flow and not top.awaits else len(top.values) - 1
        return "item", (*path, max(number, 0)), flow
    return ("value", (*path, step), flow) if step is not None else None


def _is_list(path: Path) -> bool:
    end = len(path) == 1 and path[0] in KINDS and KINDS[str(path[0])].place == "end"
    return end or path[-1:] in [(name,) for name in LISTS]


def _without(mapping: Mapping, line: int, start: int) -> Mapping:
    """The mapping without the key that is being typed."""
    here = (line, start + 1)
    kept = tuple(entry for entry in mapping if (entry.key.span.line, entry.key.span.column) != here)
    return Mapping(kept, mapping.span, mapping.flow)


@dataclass(frozen=True, slots=True)
class Pointed:
    """What a position points at."""

    path: Path
    """The path of the value, whether the key or the value is pointed at."""
    span: Span
    node: Node
    on_key: bool


def pointed(root: Node | None, line: int, column: int) -> Pointed | None:
    """The key, value or item at a place (from 1); the innermost one, None where there is none."""
    found: Pointed | None = None
    path: Path = ()
    node = root
    while node is not None and not isinstance(node, Scalar):
        below: tuple[str | int, Node] | None = None
        parts: tuple[Entry | Node, ...] = node.entries if isinstance(node, Mapping) else node.items
        for number, part in enumerate(parts):
            value = part.value if isinstance(part, Entry) else part
            step: str | int = part.name if isinstance(part, Entry) else number
            if isinstance(part, Entry) and _covers(part.key.span, line, column):
                return Pointed((*path, step), part.key.span, value, True)
            if _covers(value.span, line, column):
                below = step, value
                break
        if below is None:
            return found
        path, node = (*path, below[0]), below[1]
        found = Pointed(path, node.span, node, False)
    return found


def _covers(span: Span, line: int, column: int) -> bool:
    return (span.line, span.column) <= (line, column) <= (span.end_line, span.end_column) and span.line > 0
