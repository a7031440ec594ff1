"""Edits keep layout and comments, in every style a layer can be written."""

from __future__ import annotations

import pytest

from netspec.diagnostics.edits import edited
from netspec.language.edits import insert, remove
from netspec.text.nodes import Mapping, Node, plain
from netspec.text.reader import read
from netspec.text.source import Source

INSERTED = [
    ("a: {x: 1}\n", "a: {x: 1, k: 2}\n"),
    ("a: {x: 1}  # note\n", "a: {x: 1, k: 2}  # note\n"),
    ("a: {x: [1, 2] }\n", "a: {x: [1, 2], k: 2 }\n"),
    ("a: {}\n", "a: {k: 2}\n"),
    ("a:\n  x: 1\n", "a:\n  x: 1\n  k: 2\n"),
    ("a:\n  x: 1  # note\nb: 3\n", "a:\n  x: 1  # note\n  k: 2\nb: 3\n"),
    ("a:\n  x:\n    - 1\n    - 2\nb: 3\n", "a:\n  x:\n    - 1\n    - 2\n  k: 2\nb: 3\n"),
    ("a: max\n", "a: {type: max, k: 2}\n"),
    ("a: {\n  x: 1,  # note\n  y: 2\n}\n", "a: {\n  x: 1,  # note\n  y: 2, k: 2\n}\n"),
]


def value(text: str) -> tuple[Source, Node]:
    source = Source("spec.yaml", text)
    root, faults = read(source)
    assert isinstance(root, Mapping)
    assert not faults
    return source, root.entries[0].value


@pytest.mark.parametrize(("before", "after"), INSERTED)
def test_insert(before: str, after: str) -> None:
    source, node = value(before)
    assert edited(before, [insert(source, node, "k", "2")]) == after
    assert plain(value(after)[1])["k"] == 2  # type: ignore[index]


REMOVED = [
    ("a: {x: 1, k: 2, y: 3}\n", "a: {x: 1, y: 3}\n"),
    ("a: {k: 2, y: 3}\n", "a: {y: 3}\n"),
    ("a: {x: 1, k: [2, 3]}\n", "a: {x: 1}\n"),
    ("a: {k: 2}\n", "a: {}\n"),
    ("a:\n  x: 1\n  k: 2  # two\n  y: 3\n", "a:\n  x: 1\n  y: 3\n"),
    ("a:\n  k:\n    z: 2\n  y: 3\n", "a:\n  y: 3\n"),
    ("a:\n  x: 1\n  k:\n    - 2\n    - 3\nb: 4\n", "a:\n  x: 1\nb: 4\n"),
    ("a:\n  k: 2\nb: 4\n", "a:\n  {}\nb: 4\n"),
]


@pytest.mark.parametrize(("before", "after"), REMOVED)
def test_remove(before: str, after: str) -> None:
    source, node = value(before)
    assert isinstance(node, Mapping)
    entry = node.entry("k")
    assert entry is not None
    assert edited(before, [remove(source, node, entry)]) == after
    assert "k" not in plain(value(after)[1])  # type: ignore[operator]
