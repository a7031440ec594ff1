"""The tolerant tree: the reader's where the reader has one, and as much of it as can be meant where it has none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from netspec.diagnostics.catalogue import CODES
from netspec.text.nodes import Mapping, Node, Scalar, Sequence, plain
from netspec.text.outline import Outline
from netspec.text.reader import read
from netspec.text.source import Source

ROOT = Path(__file__).parent.parent.parent
FILES = {path.stem: path.read_text() for path in sorted((ROOT / "specs").rglob("*.yaml"))}
EXAMPLES = {code.code: code.example for code in CODES.values()} | {f"{c.code}r": c.repaired for c in CODES.values()}
STYLES = {
    "flow": "{netspec: 1, input: [1, 2, 3], blocks: [{conv: {filters: 1}}]}\n",
    "same column": "blocks:\n- conv:\n  - filters: 1\n  - filters: 2\n  pool: max\nfc: [1]\n",
    "lines": "fc: [\n  1, # one\n  2,\n]\nname: x\n",
    "nested": "- - a\n  - b: 1\n    c: 2\n- d\n",
    "scalars": "a: 'it''s: here'\nb: \"x # y\"\nc: p # q\nd: a#b\ne: http://x\nf:\n  two\n  lines\ng: |\n  text: [\nh: >-\n  more\n",
    "absent": "a:\nb: {c, e: 1}\nf: []\ng: {}\n",
    "crlf": "a: 1\r\nb:\r\n  - 2\r\n",
    "wide": "name: \U0001f600e\u0301 # \U0001f600\nb: [\U0001f600, 1]\n",
}
ALL = FILES | EXAMPLES | STYLES


def flat(node: Node, path: tuple[object, ...] = ()) -> Iterator[object]:
    if isinstance(node, Mapping):
        yield path, "mapping", node.flow, node.span
        for entry in node:
            yield path, entry.name, entry.key.span
            yield from flat(entry.value, (*path, entry.name))
    elif isinstance(node, Sequence):
        yield path, "sequence", node.flow, node.span
        for number, item in enumerate(node.items):
            yield from flat(item, (*path, number))
    elif "\n" in node.text:
        yield path, node.text.split(), node.span  # how far a block scalar is indented is nothing to an outline
    else:
        yield path, node.text, repr(node.value), node.quoted, node.span


@pytest.mark.parametrize("name", ALL)
def test_it_is_the_readers_tree(name: str) -> None:
    node, _ = read(Source("", ALL[name]))
    if node is None or "\\" in ALL[name] or ("&" in ALL[name] and "*" in ALL[name]):
        pytest.skip("the reader has no tree, or an alias or an escape in it")
    outline = Outline(ALL[name]).root
    assert outline is not None
    assert list(flat(outline)) == list(flat(node))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a: {b: 1\nc: 2\n", {"a": {"b": 1}, "c": 2}),
        ("a: [1, 2\nc: 2\n", {"a": [1, 2], "c": 2}),
        ("x:\n  - a: {b: 1\n    c: 2\n  - d\n", {"x": [{"a": {"b": 1}, "c": 2}, "d"]}),
        ("a: {b: 1]\nc: 2\n", {"a": {"b": 1}, "c": 2}),
        ("a: 1\nb\nc: 2\n", {"a": 1, "b": None, "c": 2}),
        ("a: 1\n   b: 3\nc: 2\n", {"a": 1, "b": 3, "c": 2}),
        ("a: 1\n\tb: 3\nc: 2\n", {"a": 1, "b": 3, "c": 2}),
        ('a: "open\nc: 2\n', {"a": "open", "c": 2}),
        ("a: 1\na: 2\n", {"a": 1}),
        ("a: *none\nb: !tag 2\n", {"a": None, "b": 2}),
        ("a: ]\nb: 2\n", {"a": "]", "b": 2}),
        ("a: {: 1, b: 2}\n", {"a": {"b": 2}}),
        ("- 1\na: 2\n", [1]),
    ],
)  # fmt: skip
def test_half_typed(text: str, tree: object) -> None:
    root = Outline(text).root
    assert root is not None
    assert plain(root) == tree


ENDLESS = [
    "[",
    "{a: ",
    "- ",
    "a:\n",
    "a: b\n",
    "'",
    '"',
    "a: 'b\n",
    "&",
    "a#",
    " ",
    "\t",
    ":",
    "a:b",
    "x ",
    "- 'x\n",
    ",",
    "}",
]


@pytest.mark.parametrize("before", ["", "a: b\n  c\n  ", "a: [\n  ", 'a: "b\n  ', "a: |\n  "], ids=repr)
@pytest.mark.parametrize("part", ENDLESS, ids=repr)
def test_no_text_takes_a_depth_of_calls_or_a_square_of_time(part: str, before: str) -> None:
    """64 KiB of each: what took time by the square of the length would not end here."""
    text = before + (part if not part.endswith("\n") or not before else part + "  ") * (2**16 // len(part))
    root = Outline(text).root
    assert root is None or isinstance(root, Scalar | Mapping | Sequence)


@pytest.mark.parametrize("name", ALL)
def test_every_beginning_has_an_outline(name: str) -> None:
    text = ALL[name]
    for end in range(0, len(text), max(1, len(text) // 40)):
        outline = Outline(text[:end])
        outline.path()
        assert outline.root is None or isinstance(outline.root, Scalar | Mapping | Sequence)
        outline.at_column(2)


def test_what_is_expected_at_the_end() -> None:
    def expected(text: str) -> tuple[object, object]:
        outline = Outline(text)
        return outline.expected, outline.path()

    assert expected("a:\n  - ") == ("item", ("a",))
    assert expected("a:\n  - b: ") == ("value", ("a", 0))
    assert expected("a: {b: 1, ") == ("key", ("a",))
    assert expected("a: [1, ") == ("item", ("a",))
    assert expected("a: 1 ") == (None, ())
    assert expected("a: # b") == (None, ())
    assert expected("a:\n") == ("line", ())
    assert Outline("a:\n  b:\n    c: 1\n").at_column(4) == ("a", "b")
    assert Outline("a:\n  b:\n    c: 1\n").at_column(2) == ("a",)
    assert Outline("a:\n  b:\n    c: 1\n").at_column(3) is None
    assert Outline("a:\n  - b: 1\n").list_at_column(2) == ("a",)
