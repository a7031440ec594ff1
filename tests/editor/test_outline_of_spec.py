"""Symbols, folding and definitions, of sound specs and of one that is being typed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from netspec.editor.definition import definition
from netspec.editor.document import Document
from netspec.editor.folding import Fold, folds
from netspec.editor.symbols import Symbol, symbols

ROOT = Path(__file__).parent.parent.parent
SPECS = {path.stem: path.read_text() for path in sorted((ROOT / "specs").rglob("*.yaml"))}
TEXT = """\
netspec: 1
name: x
# one
# two
input: [28, 28, 1]
defaults:
  conv: {kernel: 3, norm: batch}
  activation: gelu
blocks:
  - repeat: 2
    conv: &c {filters: 8, kernel: 5, activation: relu}
  - conv: [{filters: 16}, *c]
    pool: {window: 2}
fc: [
  120,
  {units: 10}
]
"""


def document(text: str) -> Document:
    return Document.of(text, "x.yaml")


def every(found: list[Symbol] | tuple[Symbol, ...]) -> Iterator[Symbol]:
    for one in found:
        yield one
        yield from every(one.below)


def described(found: Symbol) -> tuple[str, str]:
    return found.name, found.detail


def test_sections_blocks_and_layers_with_their_shapes() -> None:
    top = {one.name: one for one in symbols(document(TEXT.replace(", *c", "")))}
    assert [*top] == ["netspec", "name", "input", "defaults", "blocks", "fc"]
    assert described(top["input"]) == ("input", "28x28x1")
    repeated, last = top["blocks"].below
    assert described(repeated) == ("block1 .. block2", "20x20x8")
    assert described(last) == ("block3", "9x9x16")
    assert [described(one) for one in last.below] == [("conv1", "18x18x16, 1,184 parameters"), ("pool", "9x9x16")]
    assert [one.name for one in top["fc"].below] == ["fc1", "fc2"]
    assert (last.whole.line, last.whole.end_line) == (12, 13)


@pytest.mark.parametrize("name", SPECS)
def test_every_layer_is_there_once_and_within_its_place(name: str) -> None:
    whole = document(SPECS[name])
    found = [*every(symbols(whole))]
    for one in found:
        assert one.whole[:2] <= one.name_span[:2]
        assert one.name_span[2:] <= one.whole[2:]
    places = {id(layer.layer.node) for layer in whole.layers}
    assert sum(one.kind == "layer" for one in found) == len(places)


def test_beside_an_alias_too_every_name_is_within_its_place() -> None:
    for one in every(symbols(document(TEXT))):
        assert one.whole[:2] <= one.name_span[:2] <= one.name_span[2:] <= one.whole[2:]


def test_a_text_that_is_being_typed_has_symbols_up_to_there() -> None:
    found = symbols(document(TEXT[: TEXT.index("    pool")] + "    pool: {wind"))
    assert "conv1" in [one.name for one in every(found)]
    assert symbols(document(TEXT.replace("netspec", "nothing"))) == []


def test_what_goes_over_several_lines_folds() -> None:
    assert folds(document(TEXT)) == [
        Fold(3, 4, comment=True),
        Fold(6, 8),
        Fold(9, 13),
        Fold(10, 11),
        Fold(12, 13),
        Fold(14, 16),
    ]
    assert folds(document(TEXT.replace("netspec", "nothing"))) == []


def lines(at: tuple[int, int]) -> tuple[int, int] | None:
    """Where the name of what is defined begins."""
    found = definition(document(TEXT), *at)
    return found.name[:2] if found else None


def place(text: str, within: str = "") -> tuple[int, int]:
    at = TEXT.index(text) + text.index(within)
    return TEXT.count("\n", 0, at) + 1, at - TEXT.rfind("\n", 0, at)


@pytest.mark.parametrize(
    ("pointed", "defined"),
    [
        (place(", *c", "*c"), place("&c")),
        (place("conv: &c"), place("conv: {kernel")),
        (place("conv: [{"), place("conv: {kernel")),
        (place("kernel: 5"), place("kernel: 3")),
        (place("kernel: 5", "5"), place("kernel: 3")),
        (place("activation: relu"), place("activation: gelu")),
        (place("filters: 16"), None),
        (place("pool:"), None),
        (place("conv: {kernel"), None),
        (place("name: x"), None),
        ((1, 1), None),
        ((99, 1), None),
    ],
)
def test_what_is_used_leads_to_where_it_stands(pointed: tuple[int, int], defined: tuple[int, int] | None) -> None:
    assert lines(pointed) == defined


def test_an_alias_leads_to_the_last_anchor_of_its_name_before_it_in_a_broken_text_too() -> None:
    text = "netspec: 1\na: &x 1\nb: *x\nc: &x 2\nd: *x\ne: '*x'\nf: ["
    assert [definition(document(text), line, 5).name.line for line in (3, 5)] == [2, 4]  # type: ignore[union-attr]
    assert definition(document(text), 6, 6) is None
