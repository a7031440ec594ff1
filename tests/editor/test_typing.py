"""A spec typed character by character: at each of its beginnings every answer comes, whatever it is.

`NETSPEC_TYPING=all` tries every beginning of every spec (some minutes); without it some ten of each file.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netspec.editor.actions import all_safe, repairs
from netspec.editor.completion import completions
from netspec.editor.definition import definition
from netspec.editor.document import Document
from netspec.editor.folding import folds
from netspec.editor.hints import hints
from netspec.editor.hover import hover
from netspec.editor.symbols import symbols
from netspec.text.nodes import Mapping
from tests.editor.places import end

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent
SPECS = {path.stem: path.read_text() for path in sorted((ROOT / "specs").rglob("*.yaml"))}
STEPS = 10**9 if os.environ.get("NETSPEC_TYPING") == "all" else 10


def ask_everything(text: str, line: int, column: int) -> None:
    """Every question at one place; the answers are of the kind and within the text."""
    document = Document.of(text, "x.yaml")
    lines = document.source.lines
    for found in completions(document, line, column):
        span = found.replaces
        assert span.line == span.end_line == line
        assert 1 <= span.column <= column <= span.end_column <= len(lines[line - 1]) + 1
        assert found.label
        assert found.insert
    shown = hover(document, line, column)
    assert shown is None or shown.text
    assert all(hint.line <= len(lines) for hint in hints(document, 1, len(lines)))
    for repair in repairs(document, (1, 1), (10**6, 1)):
        assert repair.edits
    all_safe(document)
    definition(document, line, column)
    assert all(fold.first < fold.last <= len(lines) for fold in folds(document))
    assert not document.is_spec or not isinstance(document.root, Mapping) or symbols(document)


@pytest.mark.parametrize("name", SPECS)
def test_every_beginning(name: str) -> None:
    text = SPECS[name]
    for at in range(0, len(text) + 1, max(1, len(text) // STEPS)):
        ask_everything(text[:at], *end(text[:at]))


@pytest.mark.parametrize("name", SPECS)
def test_typing_in_the_middle(name: str) -> None:
    """The line that is being typed ends at the cursor; what stands below is there already."""
    text = SPECS[name]
    for at in range(0, len(text) + 1, max(1, len(text) // STEPS)):
        below = text.find("\n", at)
        ask_everything(text[:at] + (text[below:] if below >= 0 else ""), *end(text[:at]))
