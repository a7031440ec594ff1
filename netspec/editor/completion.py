"""What may be typed next: keys that are not there yet and the values they may have, from the tables of the format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from netspec.editor import facts
from netspec.editor.document import Document
from netspec.editor.place import Typing, key_of, keys_of, typing
from netspec.language.conv import Conv
from netspec.language.edits import written
from netspec.language.fc import Fc
from netspec.language.fields import Key, keys, keys_by_name
from netspec.language.kinds import KINDS
from netspec.language.patterns import matching, ways
from netspec.language.reference import described
from netspec.language.top import Block, Input
from netspec.language.vocabulary import section_at
from netspec.text.nodes import Mapping, Node, Path, walk
from netspec.text.source import Span

SIZES = (("[28, 28, 1]", "MNIST and Fashion-MNIST"), ("[8, 8, 1]", "the embedded digits"), ("[32, 32, 3]", "CIFAR-10"))
NEW = """\
netspec: 1
name: ${1:network}
input: {height: ${2:28}, width: ${3:28}, channels: ${4:1}}

blocks:
  - conv: {filters: ${5:32}, kernel: ${6:3}, padding: same}
    pool: {window: 2}

fc: [${7:10}]
$0"""


@dataclass(frozen=True, slots=True)
class Completion:
    """One proposal."""

    label: str
    kind: Literal["key", "value", "snippet"]
    detail: str
    documentation: str
    """Markdown."""
    insert: str
    """A snippet in the syntax of the Language Server Protocol; its further lines are indented from the line's own indent."""
    replaces: Span


def completions(document: Document, line: int, column: int) -> list[Completion]:
    """The proposals at a place (line and column from 1), the likeliest first."""
    if document.source.faults or not document.may_become_spec:
        return []
    at = typing(document.source, document.outline, line, column)
    if at is None:
        return []
    root = document.outline
    if names := [*_layers(document, at)]:
        return names
    if at.role == "key":
        return [*_keys(root, at)]
    if at.role == "dash":
        items = _items(root, replace(at, path=(*at.path, 0), indent=2))
        return [replace(item, insert=f"- {item.insert}") for item in items]
    if at.role == "item":
        return [*_items(root, at)] or [*_values(root, at, at.path)]
    return [*_values(root, at, at.path)]


def _layers(document: Document, at: Typing) -> Iterator[Completion]:
    """The names of layers, and of all that stands in one block, where patterns of them are written."""
    listed = bool(at.path) and isinstance(at.path[-1], int)
    key = key_of(document.outline, at.path[:-1] if listed else at.path)
    spec = document.known.spec
    if key is None or not key.type.of_layers or spec is None or (at.role == "key" and at.flow and not key.type.values):
        return
    there = [layer.name for layer in spec.layers]
    sizes = {layer.name: layer.parameters for layer in document.layers}
    given = {entry.name for entry in at.mapping}
    before = "- " if at.role in ("key", "dash") and key.type.values is None else ""
    after = ": ${1:0.1}" if key.type.values is not None and not at.colon else ""
    for pattern in ways(there):
        parameters = sum(sizes.get(name, 0) for name in matching(pattern, there))
        if parameters and pattern not in given:
            detail = f"{parameters:,} parameters"
            text = f"{before}{pattern}{after}"
            whole = at.role == "value" and key.type.values is not None
            yield Completion(pattern, "value", detail, key.doc, f"{{{text}}}" if whole else text, at.word)


def _keys(root: Node | None, at: Typing) -> Iterator[Completion]:
    if not at.path and not at.mapping.entries and not at.flow:
        yield Completion("netspec: 1", "snippet", "a new network", "A small network to begin with.", NEW, at.word)
    given = {entry.name for entry in at.mapping}
    fresh = [key for key in keys_of(root, at.path) if key.name not in given]
    for key in sorted(fresh, key=lambda key: not key.required):
        text = key.name if at.colon else f"{key.name}:{_value(key, (*at.path, key.name), at)}"
        yield Completion(key.name, "key", facts.summary(key), described(key), text, at.word)


def _value(key: Key, path: Path, at: Typing) -> str:
    """What is written behind a new key's colon, a blank before it."""
    if key.name in ("blocks", "branches"):
        return " [$0]" if at.flow else f"\n{' ' * at.indent}  - conv: {_layer('conv')}"
    if path == ("fc",):
        return " [${1:10}]"
    if path == ("input",):
        return f" {_mapping(keys(Input))}"
    if key.name in KINDS and path[0] in ("blocks", "defaults"):
        return " {$0}" if path[0] == "defaults" else f" {_layer(key.name)}"
    if key.type.section is not None and key.type.short is None:
        required = [below for below in keys(key.type.section) if below.required]
        if required:
            return f" {_mapping(tuple(required))}"
        return " {$0}" if at.flow else f"\n{' ' * at.indent}  $0"
    words = facts.words(key)
    if key.type.variants or (words and not isinstance(key.type.schema.get("type"), list)):
        choices = sorted(words, key=lambda word: word != facts.default_word(key))
        return f" ${{1|{','.join(choices)}|}}" if len(choices) > 1 else f" {choices[0]}"
    return f" ${{1:{shown}}}" if (shown := _usual(key)) else " $0"


def _usual(key: Key) -> str:
    """The value to begin with: an example, else the default."""
    for value in (*key.examples, key.default):
        if value is not None and value != "":
            return written(value)
    return ""


def _layer(kind: str) -> str:
    required = tuple(key for key in keys(KINDS[kind].settings) if key.required)
    return _mapping(required)


def _mapping(fields: tuple[Key, ...]) -> str:
    """A flow mapping with a place to fill in for each key."""
    return "{" + ", ".join(f"{key.name}: ${{{i}:{_usual(key)}}}" for i, key in enumerate(fields, 1)) + "}"


_WHOLE: dict[type | None, tuple[str, str]] = {
    Block: ("conv, pool", "{{conv: {conv}, pool: {pool}}}"),
    Conv: ("{filters: ..., kernel: ...}", "{conv}"),
    Fc: ("{units: ...}", "{{units: ${{1:128}}, $0}}"),
}
"""What an item of a list is, by its section: a label, and the text."""


def _items(root: Node | None, at: Typing) -> Iterator[Completion]:
    """What an item of a list may be or begin with."""
    conv, pool = _layer("conv"), _layer("pool").replace("${1:", "${3:")
    if at.path[:1] == ("fc",) and len(at.path) == 2:
        units = keys(KINDS["fc"].settings)[0]
        yield Completion(_usual(units), "value", "units", units.doc, f"${{1:{_usual(units)}}}", at.word)
    whole = _WHOLE.get(section_at(at.path, at.mapping))
    if whole is None:
        return
    label, text = whole[0], whole[1].format(conv=conv, pool=pool)
    if label == "conv, pool" and not at.flow:
        text = f"conv: {conv}\n{' ' * at.indent}pool: {pool}"
    yield Completion(label, "snippet", "", "", text, at.word)
    if not at.flow:
        yield from _keys(root, at)


def _values(root: Node | None, at: Typing, path: Path) -> Iterator[Completion]:
    """The values of the key at a path."""
    if path == ("input",):
        for text, doc in SIZES:
            yield Completion(text, "value", doc, "", text, at.word)
    key = key_of(root, path)
    if key is None:
        return
    kind = KINDS.get(key.name) if path[0] == "blocks" else None
    short = keys_by_name(kind.settings)[kind.short] if kind is not None and kind.short else None
    for word, doc in facts.words(short or key).items():
        detail = "default" if facts.default_word(key) == word else ""
        yield Completion(word, "value", detail, doc or key.doc, word, at.word)
    if isinstance(walk(root, path), Mapping):
        return
    numbers = [*key.examples, key.default if not key.type.variants else None]
    plain = [value for value in numbers if isinstance(value, int | float | str | tuple | list) and value != ()]
    for text in dict.fromkeys(written(value) for value in plain):
        if text and text.lower() not in facts.words(key):
            detail = "default" if text == written(key.default) else "for example"
            yield Completion(text, "value", detail, key.doc, text, at.word)
    if path[-1] in KINDS and path[0] == "blocks":
        yield Completion("{...}", "snippet", "", key.doc, _layer(str(path[-1])), at.word)
