"""What is proposed, in every mapping of the format, block and flow style, and in texts as they are half typed."""

from __future__ import annotations

import pytest

from netspec.editor import facts
from netspec.editor.completion import Completion, completions
from netspec.editor.convert import without_places
from netspec.editor.document import Document
from netspec.language.fields import keys_by_name
from netspec.language.train import Train
from netspec.repair.check import check_source
from netspec.text import reader
from netspec.text.nodes import walk
from netspec.text.source import Source
from tests.editor.places import HEAD, SECTIONS, SIZE, closed, end, inserted, name, written

STYLES = pytest.mark.parametrize("flow", [False, True], ids=["block", "flow"])
PLACES = pytest.mark.parametrize("section", SECTIONS, ids=name)


def at_end(text: str) -> list[Completion]:
    return completions(Document.of(text, "x.yaml"), *end(text))


def labels(text: str) -> list[str]:
    return [found.label for found in at_end(text)]


def at_mark(text: str) -> list[str]:
    """The labels at the `|` of a text."""
    before, after = text.split("|")
    return [found.label for found in completions(Document.of(before + after, "x.yaml"), *end(before))]


@STYLES
@PLACES
def test_every_key_of_every_mapping_is_proposed_once(section: tuple, flow: bool) -> None:
    path, chosen, keys = section
    given = [chosen] if chosen else []
    if not path and flow:
        pytest.skip("the top is written in block style")
    text = written(path, [*given, ""], flow=flow)
    proposed = [found.label for found in at_end(text) if found.kind == "key"]
    already = {"netspec", "name"} if not path else {"type"} if chosen else set()
    names = [key.name for key in keys if key.name not in already]
    assert sorted(proposed) == sorted(names)
    required = {key.name for key in keys if key.required} - already
    assert set(proposed[: len(required)]) == required


@STYLES
@pytest.mark.parametrize("key", ["optimizer", "schedule", "loss"])
def test_a_mapping_that_chooses_begins_with_its_type(key: str, flow: bool) -> None:
    text = written(("train", key), [""], flow=flow)
    first = at_end(text)[0]
    default = keys_by_name(Train)[key].type.schema["default"]
    assert first.insert.startswith(f"type: ${{1|{default},")
    assert first.documentation.startswith("Which one.")


@STYLES
@PLACES
def test_a_proposed_key_fits_and_is_not_proposed_again(section: tuple, flow: bool) -> None:
    path, chosen, _ = section
    if not path and flow:
        pytest.skip("the top is written in block style")
    text = written(path, [*([chosen] if chosen else []), ""], flow=flow)
    line, _ = end(text)
    for found in at_end(text):
        if found.kind != "key":
            continue
        made = inserted(text, without_places(found.insert), found.replaces.column, line)
        node, _ = reader.read(Source("x.yaml", closed(made)))
        assert walk(node, (*path, found.label)) is not None, made
        wrong = [one for one in check_source(Source("x.yaml", closed(made))).diagnostics if one.span.line >= line]
        if not found.insert.rstrip("}").endswith("$0"):
            assert not [one.message for one in wrong if one.code in ("NS101", "NS102", "NS103", "NS104")], made
        separator = ", " if flow else "\n" + " " * (found.replaces.column - 1)
        if "\n" not in found.insert:
            assert found.label not in labels(made.rstrip() + separator), made


@STYLES
@PLACES
def test_every_value_proposed_for_a_key_is_one(section: tuple, flow: bool) -> None:
    path, chosen, keys = section
    for key in keys:
        if not path and (flow or key.name in ("netspec", "name")):
            continue
        text = written(path, [*([chosen] if chosen else []), f"{key.name}: "], flow=flow)
        found = at_end(text)
        assert {one.label for one in found} >= set(facts.words(key)), text
        for one in found:
            made = closed(inserted(text, without_places(one.insert), one.replaces.column, end(text)[0]))
            wrong = check_source(Source("x.yaml", made)).diagnostics
            at_value = [one for one in wrong if one.span.line == made.count("\n") + 1]
            assert not [one.message for one in at_value if one.code in ("NS101", "NS102", "NS103", "NS106")], made


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("|", "netspec: 1"),
        ("net|", "netspec: 1"),
        (HEAD + "|", "input"),
        (HEAD + SIZE + "blocks:\n  - conv: {fil|", "filters"),
        (HEAD + SIZE + "blocks:\n  - conv: {fil|}\n    pool: {window: 2}\nfc: [10]\n", "filters"),
        (HEAD + SIZE + "blocks:\n  - conv: {filters: 4, |\n  - conv: {filters: 4, kernel: 3}\n", "kernel"),
        (HEAD + SIZE + "blocks:\n  - conv: {filters: 4, kernel: 3, activation: |\nfc: [10]\n", "none"),
        (HEAD + SIZE + "blocks:\n  - conv:\n      filters: 4\n      activation: re|\n", "none"),
        (HEAD + SIZE + "blocks:\n  - conv:\n      filters: 4\n      |\n    pool: {window: 2}\n", "kernel"),
        (HEAD + SIZE + "blocks:\n  - conv: {filters: 4, kernel: 3}\n    |\n", "pool"),
        (HEAD + SIZE + "blocks:\n  |", "conv, pool"),
        (HEAD + SIZE + "blocks:\n  - conv: {filters: 4, kernel: 3}\n  |\nfc: [10]\n", "conv, pool"),
        (HEAD + SIZE + "blocks:\n- conv: {filters: 4, kernel: 3}\n- |\nfc: [10]\n", "conv, pool"),
        (HEAD + SIZE + "blocks:\n  - conv:\n      - {filters: 4, kernel: 3}\n      - |\nfc: [10]\n", "{filters: ..., kernel: ...}"),
        (HEAD + SIZE + "fc:\n  - units: 3\n    |", "order"),
        (HEAD + SIZE + "fc: [|", "10"),
        (HEAD + SIZE + "train: {nonsense\nblocks:\n  - pool: {|\n", "window"),
        (HEAD + SIZE + 'description: "not closed\nblocks:\n  - pool: {|\n', "window"),
        (HEAD + SIZE + "train:\n  optimizer: |", "sgd"),
        (HEAD + SIZE + "train:\n  optimizer: {learning_rate: 1, |, type: sgd}\n", "type"),
        (HEAD + SIZE + "data: {source: |}", "digits"),
        (HEAD + "input: |", "[28, 28, 1]"),
        (HEAD + "input: {height: 2,\n  |", "width"),
    ],
)  # fmt: skip
def test_half_typed(text: str, first: str) -> None:
    proposed = at_mark(text)
    if first == "type":
        assert "type" not in proposed
        assert "nesterov" in proposed
    else:
        assert proposed[0] == first, proposed


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "description: a small |",
        HEAD + "# com|",
        HEAD + "input: [28, 28, 1]  # in|",
        HEAD + "budget: {parameters: 1k} |",
        HEAD + "nothing:\n  |",
        HEAD + "nothing: {|",
        "on: push\njobs:\n  build:\n    steps:\n      - |",
    ],
)
def test_nothing_is_proposed_where_nothing_fits(text: str) -> None:
    assert at_mark(text) == []


def test_the_word_that_is_typed_is_replaced_and_its_value_stays() -> None:
    text = HEAD + SIZE + "blocks:\n  - conv: {filtres: 4, kernel: 3}\n"
    line = text.split("\n")[4]
    found = completions(Document.of(text, "x.yaml"), 5, line.index("tres") + 1)
    filters = next(one for one in found if one.label == "filters")
    assert (filters.insert, filters.replaces.column, filters.replaces.end_column) == ("filters", 12, 19)


def test_a_new_spec_from_nothing_is_valid() -> None:
    new = at_end("")[0]
    assert check_source(Source("x.yaml", without_places(new.insert))).diagnostics == ()


@pytest.mark.parametrize(
    ("train", "inserted_at_first"),
    [
        ("{freeze: [|]}", "block1.*"),
        ("{freeze: |}", "block1.*"),
        ("\n  freeze:\n    - |", "block1.*"),
        ("\n  freeze:\n    |", "- block1.*"),
        ("\n  optimizer:\n    rate_factors:\n      |", "block1.*: ${1:0.1}"),
        ("\n  optimizer:\n    rate_factors: |", "{block1.*: ${1:0.1}}"),
    ],
)
def test_layers_are_proposed_where_patterns_of_them_stand(train: str, inserted_at_first: str) -> None:
    text = (
        HEAD
        + SIZE
        + f"blocks:\n  - {{conv: {{filters: 2, kernel: 3}}, pool: {{window: 2}}}}\nfc: [4, 10]\ntrain: {train}"
    )
    assert at_mark(text) == ["block1.*", "block1.conv1", "fc1", "fc2"]
    before, after = text.split("|")
    first, *_ = completions(Document.of(before + after, "x.yaml"), *end(before))
    assert (first.insert, first.detail) == (inserted_at_first, "20 parameters")
