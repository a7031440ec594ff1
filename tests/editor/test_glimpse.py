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


def test_of_a_large_text_a_few_lines_are_read() -> None:
    layers = "".join(f"  - conv: {{filters: {8 + i % 5}, kernel: 1}}\n    pool: {{window: 2}}\n" for i in range(5000))
    source = Source("x.yaml", f"netspec: 1\nname: big\ninput: [8, 8, 1]\nblocks:\n{layers}fc: [10]\n")
    for line in (4, 5, 5004, 5005, 10_004, 10_005):
        near = Glimpse.at(source, line).source.lines
        assert len(near) == len(source.lines)
        assert near[line - 1] == source.lines[line - 1]
        assert sum(map(bool, near)) < 12
