"""What is said at once of a large text is what is said of it when it was read as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.editor import glimpse
from netspec.editor.completion import completions
from netspec.editor.glimpse import Glimpse
from netspec.editor.hover import hover
from netspec.text.source import Source

ROOT = Path(__file__).parent.parent.parent
SPECS = {path.stem: path.read_text() for path in sorted((ROOT / "specs").rglob("*.yaml"))}


@pytest.mark.parametrize("name", SPECS)
def test_the_lines_around_are_enough(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source("x.yaml", SPECS[name])
    whole = Glimpse(source)
    monkeypatch.setattr(glimpse, "LARGE", 0)
    for line, text in enumerate(source.lines, 1):
        near = Glimpse.at(source, line)
        for column in (*range(1, len(text) + 1, 7), len(text) + 1):
            assert completions(near, line, column) == completions(whole, line, column), (line, column)
        for column, char in enumerate(text, 1):
            if char.isalnum():
                assert hover(near, line, column) == hover(whole, line, column), (line, column)
