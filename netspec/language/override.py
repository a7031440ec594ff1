"""Other values for keys of a spec, written into its text: what a run is made of stands in one file."""

from __future__ import annotations

from dataclasses import replace

from netspec.diagnostics.diagnostic import Edit
from netspec.diagnostics.edits import edited
from netspec.text import reader
from netspec.text.nodes import Mapping
from netspec.text.source import Source, Span


def override(source: Source, path: list[str], value: str) -> Source:
    """The source with `value` (as YAML) at the key `path`, which is added where it is not there.

    A source that is no mapping stays as it is: checking it says why.
    """
    root, _ = reader.read(source)
    if not isinstance(root, Mapping):
        return source
    node, rest = root, list(path)
    while len(rest) > 1 and (entry := node.entry(rest[0])) is not None and isinstance(entry.value, Mapping):
        node, rest = entry.value, rest[1:]
    entry = node.entry(rest[0])
    if entry is None:
        edit = insertion(node, rest[0], nested(rest[1:], value))
    else:
        edit = Edit(entry.value.span, nested(rest[1:], value))
    return replace(source, text=edited(source.text, (edit,)))


def nested(path: list[str], value: str) -> str:
    """A value within mappings, in flow style.

    >>> nested(["optimizer", "learning_rate"], "0.1")
    '{optimizer: {learning_rate: 0.1}}'
    """
    for name in reversed(path):
        value = f"{{{name}: {value}}}"
    return value


def insertion(node: Mapping, name: str, value: str) -> Edit:
    """The edit that adds a key at the end of a mapping, in the mapping's own style."""
    if not node.entries:
        return Edit(node.span, f"{{{name}: {value}}}")
    last = node.entries[-1]
    end = last.value.span
    at = Span(end.end_line, end.end_column, end.end_line, end.end_column)
    if node.flow:
        return Edit(at, f", {name}: {value}")
    return Edit(at, "\n" + " " * (last.key.span.column - 1) + f"{name}: {value}")
