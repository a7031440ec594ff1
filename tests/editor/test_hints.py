"""What stands beside the layers."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.editor.document import Document
from netspec.editor.hints import hints
from netspec.language.kind import dimensions
from netspec.repair.check import check_source
from netspec.text.source import Source

ROOT = Path(__file__).parent.parent.parent
SPECS = sorted((ROOT / "specs").glob("*.yaml"))
HEAD = "netspec: 1\nname: x\ninput: [28, 28, 1]\n"


def shown(text: str) -> dict[int, str]:
    return {hint.line: hint.text for hint in hints(Document.of(text, "x.yaml"), 1, 10**6)}


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_layer_of_every_spec_is_beside_its_line(path: Path) -> None:
    text = path.read_text()
    plan = check_source(Source(path.name, text)).plan
    assert plan is not None
    found = shown(text)
    explained = {hint.line: hint.explanation for hint in hints(Document.of(text, path.name), 1, 10**6)}
    total = 0
    for layer in plan.layers:
        assert dimensions(layer.output) in found[layer.layer.span.line] or " x " in found[layer.layer.span.line] or ".." in found[layer.layer.span.line]  # fmt: skip
        assert layer.name in explained[layer.layer.span.line] or "... " in explained[layer.layer.span.line]
    for text_of_line in found.values():
        if " parameters" in text_of_line:
            total += int(text_of_line.rsplit(", ", 1)[1].split(" ")[0].replace(",", ""))
    assert total == plan.parameters


@pytest.mark.parametrize(
    ("layers", "line", "text"),
    [
        ("fc: [120, 84, 10]\n", 4, "120 -> 84 -> 10, 105,214 parameters"),
        ("fc: [{units: 50, repeat: 3}, 10]\n", 4, "3 x 50 -> 10, 44,860 parameters"),
        ("blocks:\n  - {conv: {filters: 2, kernel: 3}, pool: {window: 2}}\n", 5, "26x26x2 -> 13x13x2, 20 parameters"),
        ("blocks:\n  - conv: {filters: 2, kernel: 3, repeat: 2}\n", 5, "26x26x2 .. 24x24x2, 58 parameters"),
        ("blocks:\n  - conv: {filters: 1, kernel: 1, repeat: 2}\n", 5, "2 x 28x28x1, 4 parameters"),
        ("blocks:\n  - repeat: 2\n    conv:\n      filters: 1\n      kernel: 1\n    pool: {window: 2}\n", 8, "x"),
        ("blocks:\n  - repeat: 2\n    conv:\n      filters: 1\n      kernel: 1\n    pool: {window: 2}\n", 6, "28x28x1 .. 14x14x1, 4 parameters"),
    ],
)  # fmt: skip
def test_several_layers_of_a_line(layers: str, line: int, text: str) -> None:
    assert shown(HEAD + layers).get(line, "x") == text


def test_they_go_as_far_as_the_shapes_do() -> None:
    text = HEAD + "blocks:\n  - conv: {filters: 2, kernel: 3}\n  - conv: {filters: 2, kernel: 30}\nfc: [10]\n"
    assert list(shown(text)) == [5]
    assert list(shown(text.replace("kernel: 30}", "ker"))) == [5]
    assert list(shown(text.replace("kernel: 30}", "kernel: 3"))) == [5, 6, 7]
    assert list(shown(text.replace("kernel: 30}", "kernel: 3") + "train: {epochs: 'x\n")) == [5, 6, 7]
    assert shown("a: 1\n") == {}


def test_only_the_lines_that_are_seen() -> None:
    text = HEAD + "blocks:\n" + "  - conv: {filters: 2, kernel: 1}\n" * 20
    assert [hint.line for hint in hints(Document.of(text, "x.yaml"), 7, 9)] == [7, 8, 9]
