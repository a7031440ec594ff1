"""What may have been meant where the structure is wrong. A guess is only shown once `analysis.repair` proved it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from heapq import nsmallest
from itertools import chain
from typing import Any

from netspec.diagnostics.diagnostic import Edit, Fix
from netspec.language.data import stored
from netspec.language.edits import insert, remove, written
from netspec.language.fields import BINARY, DECIMAL, Key, keys, quantity
from netspec.language.kinds import KINDS
from netspec.language.vocabulary import suggest
from netspec.text.nodes import Entry, Mapping, Node, Scalar, Sequence
from netspec.text.source import Source, Span


@dataclass(frozen=True, slots=True)
class Broken:
    """The rule of the schema that a value breaks: the keyword, and what stands at it."""

    keyword: str
    bound: Any


WORDS = {
    "yes": "true",
    "on": "true",
    "1": "true",
    "y": "true",
    "no": "false",
    "off": "false",
    "0": "false",
    "n": "false",
}
SYNONYMS = {
    "avg": "average", "mean": "average", "maximum": "max", "linear": "none", "identity": "none", "swish": "silu",
    "leakyrelu": "leaky_relu", "batchnorm": "batch", "bn": "batch", "global": "all", "fp32": "float32", "bf16": "bfloat16",
    "mse": "mean_squared_error", "crossentropy": "cross_entropy", "cifar10": "cifar-10", "fashion_mnist": "fashion-mnist",
}  # fmt: skip
LOGITS = ("softmax", "log_softmax")
NEAR = 12
COUNTS = (10, 64, 16, 8, 4, 1)
SIDES = (28, 8, 32, 224, 227)
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
SIZES = ("[28, 28, 1]", "[8, 8, 1]", "[32, 32, 3]", "[224, 224, 3]", "[227, 227, 3]", "[1000, 1000, 1]")


def plain_meaning(node: Node, broken: Broken) -> str | None:
    """What a value plainly stands for: a typo of a word, a word for a boolean, a quoted number."""
    if not isinstance(node, Scalar):
        return None
    if broken.keyword == "enum" and isinstance(node.value, str):
        number = node.text if re.fullmatch(r"\d{1,15}", node.text) and node.quoted else None
        return close_word(node.value, [str(option) for option in broken.bound]) or number
    if broken.keyword != "type":
        return None
    if broken.bound == "boolean":
        lowered = node.text.lower()
        return lowered if lowered in ("true", "false") else WORDS.get(lowered)
    grouped = re.fullmatch(r"\d{1,3}(\.000)+", node.text)  # 1.000 may be a thousand
    if isinstance(node.value, float) and node.value.is_integer() and abs(node.value) < 1e15 and not grouped:
        return str(int(node.value))
    if isinstance(node.value, str):
        bare = re.sub(r"[_, ]", "", node.text)
        if re.fullmatch(r"\d{1,15}|\d{1,3}([_, ]\d{3}){1,4}|\d{1,9}(_\d{1,9})+", node.text) and broken.bound != "array":
            return str(int(bare))
        if re.fullmatch(rf"\d{{1,9}}(\.\d{{1,9}})?({'|'.join(DECIMAL)})", bare):
            return str(quantity(bare))
        if re.fullmatch(r"\d*\.\d+|\d+(\.\d+)?e-?\d+", bare) and "number" in str(broken.bound):
            return bare
    return None


def close_word(word: str, options: list[str]) -> str | None:
    """The option that a word is a slip of: by another system's name for it, or by likeness."""
    lowered = word.lower()
    for candidate in (lowered, lowered.replace("-", "_"), SYNONYMS.get(lowered.replace("-", "_"), "")):
        if candidate in options:
            return candidate
    close = get_close_matches(lowered.replace("-", "_"), options, 1, 0.6)
    # cifar-100 is no slip of cifar-10, nor fashion-mnist-2 of fashion-mnist
    return close[0] if close and re.findall(r"\d+", close[0]) == re.findall(r"\d+", word) else None


def equally_near(word: str, option: str, options: Iterable[str]) -> tuple[str, ...]:
    """The other options of which a word is one slip away, where `option` is no nearer: any of them may be meant.

    >>> equally_near("adamv", "adam", ("adam", "adamw", "lion"))
    ('adamw',)
    >>> equally_near("reul", "relu", ("relu", "elu"))
    ()
    """
    word = word.lower()
    if word == option or word in SYNONYMS:
        return ()
    return tuple(other for other in options if other != option and _one_slip(word, other) and _one_slip(word, option))


def _one_slip(a: str, b: str) -> bool:
    """Whether one letter was left out, added, mistyped or swapped with the next."""
    a, b = sorted((a, b), key=len)
    i = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))
    swapped = a[i : i + 2] == b[i : i + 2][::-1] and a[i + 2 :] == b[i + 2 :]
    return a[i:] == b[i + 1 :] or (len(a) == len(b) and (a[i + 1 :] == b[i + 1 :] or swapped))


def values(root: Node, node: Node, broken: Broken, key: Key | None) -> Iterator[Fix]:
    """Other values for a place, the likeliest first."""
    others = () if key is not None and key.name == "name" and broken.keyword == "pattern" else _usual(key)
    texts = dict.fromkeys(
        [*_within(root, node, broken, key), *_near(node, broken), *_elsewhere(root, node, key), *others]
    )
    name = f"{key.name}: " if key else ""
    for text in texts:
        items = re.fullmatch(r"\d+(, \d+)+", text)
        yield Fix(
            f"set `{name}{text}`" if name and not items else f"write `{text}`", (Edit(node.span, in_place(node, text)),)
        )


def _within(root: Node, node: Node, broken: Broken, key: Key | None) -> Iterator[str]:
    """A scalar as the value of a key of the section that stands in its place."""
    expected = broken.bound if broken.keyword == "type" else ()
    if key is None or "object" not in expected or not isinstance(node, Scalar) or not node.text:
        return
    if key.name == "data" and (found := stored(node.text)):
        yield f"{{source: {found[0]}, path: {found[1]}}}"
    kind = KINDS.get(key.name)
    section = key.type.section or (kind.settings if kind else None)
    for inner in keys(section) if section else ():
        options = [str(option) for option in inner.type.schema.get("enum", ())]
        text = (close_word(node.text, options) if options else None) or node.text
        required = (other for other in keys(section) if other.required and other is not inner) if section else ()
        others = (f", {other.name}: {next(chain(_elsewhere(root, node, other), _usual(other)))}" for other in required)
        yield f"{{{inner.name}: {text}{''.join(others)}}}"


def from_files(source: Source, data: Mapping, node: Scalar) -> Fix | None:
    """A path that stands for the name of a source, as `path` of the source that it is."""
    found = stored(node.text)
    if found is None:
        return None
    given = data.entry("path") is not None
    added = () if given else (insert(source, data, "path", found[1]),)
    title = f"set `source: {found[0]}`" if given else f"write `source: {found[0]}` and `path: {found[1]}`"
    return Fix(title, (Edit(node.span, found[0]), *added))


def exchange(source: Source, node: Node, other: Entry) -> Fix:
    """A value and that of another key of its mapping, each in the other's place."""
    here, there = node.span, other.value.span
    edits = (Edit(here, source.excerpt(there)), Edit(there, source.excerpt(here)))
    return Fix(f"exchange it with the value of `{other.name}`", edits)


def in_place(node: Node, text: str) -> str:
    """A new value as it stands where `node` does: an absent value has the empty place behind its colon."""
    absent = isinstance(node, Scalar) and not node.text and not node.quoted
    return " " + text if absent else text


def _elsewhere(root: Node, node: Node, key: Key | None) -> Iterator[str]:
    """What the same key is in the places nearest to this one; of an image's side, the other side."""
    names = {"height": ("width",), "width": ("height",)}.get(key.name, (key.name,)) if key else ()
    line = node.span.line
    found = [scalar for name in names for scalar in _scalars(root).get(name, ()) if scalar is not node]
    near = nsmallest(NEAR, found, key=lambda scalar: abs(scalar.span.line - line))
    yield from dict.fromkeys(scalar.text for scalar in near)


@lru_cache(maxsize=2)
def _scalars(root: Node) -> dict[str, list[Scalar]]:
    """The plain values of each key anywhere in a spec; kept, as every finding of a spec asks for it."""
    found: dict[str, list[Scalar]] = {}
    for entry in _entries(root):
        if isinstance(entry.value, Scalar):
            found.setdefault(entry.name, []).append(entry.value)
    return found


def _entries(node: Node) -> Iterator[Entry]:
    if isinstance(node, Mapping):
        for entry in node:
            yield entry
            yield from _entries(entry.value)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _entries(item)


def _near(node: Node, broken: Broken) -> Iterator[str]:
    bound = broken.bound
    if isinstance(node, Mapping):
        yield from (entry.value.text for entry in node if isinstance(entry.value, Scalar))
    if isinstance(node, Scalar):
        yield from _near_scalar(node, broken)
    elif isinstance(node, Sequence):
        items = [item.text for item in node.items if isinstance(item, Scalar)]
        if len(items) == len(node.items) == 1:
            yield items[0]
        if broken.keyword == "maxItems":
            yield f"[{', '.join(items[:bound])}]"
            yield f"[{', '.join(items[-bound:])}]"
        parts = [part for item in items for part in re.split(r"[\s;.]+", item)]
        if broken.keyword == "minItems" and len(parts) > len(items) == len(node.items):
            yield f"[{', '.join(parts)}]"
        if broken.keyword == "minItems" and items:
            yield f"[{', '.join([*items, *items[-1:] * (bound - len(items))])}]"
            yield from (f"[{', '.join([*items, channels])}]" for channels in ("1", "3") if len(items) == bound - 1)
            if len(items) == 1:
                yield items[0]
    if isinstance(node, Scalar) and isinstance(node.value, int) and broken == Broken("type", "array"):
        yield f"[{node.text}]"


def _near_scalar(node: Scalar, broken: Broken) -> Iterator[str]:
    value, bound = node.value, broken.bound
    if broken.keyword == "enum" and node.text.lower() in LOGITS and "none" in bound:
        yield "none"  # the loss takes logits, and applies it
    if broken.keyword == "enum":
        yield from get_close_matches(node.text.lower(), [str(option) for option in bound], 3, 0.3)
        yield from map(str, bound)
    if isinstance(value, float) and broken.keyword == "type" and abs(value) < 1e9:
        yield from (str(int(value)), str(int(value) + 1))
    if broken.keyword == "type" and (share := re.fullmatch(r"(\d+(?:\.\d+)?) ?%", node.text)):
        yield f"{float(share[1]) / 100:g}"
    if broken.keyword == "type" and (power := re.fullmatch(r"([\d.]+) ?[x*] ?10(?:\^|\*\*)(-?\d+)", node.text)):
        yield f"{power[1]}e{power[2]}"
    if broken.keyword == "type" and re.fullmatch(r"\d+( +\d+)+", node.text):
        yield ", ".join(node.text.split())  # items of a list without commas
    listed = re.fullmatch(r"[(\[]?(\d+(?:(?:[,;x* ]|\u00d7)+\d+)+)[)\]]?", node.text)
    if broken.keyword == "type" and "array" in bound and listed:
        yield f"[{', '.join(re.findall(r'[0-9]+', listed[1]))}]"
    if broken.keyword == "type" and isinstance(value, str) and re.search(r"\d", value):
        alike = value.translate(str.maketrans("OolI", "0011"))
        yield from dict.fromkeys(re.findall(r"\d+", alike) + re.findall(r"\d+", value))
    if broken.keyword == "type" and node.text.lower() in NUMBERS:
        yield str(NUMBERS.index(node.text.lower()) + 1)
    for kind, opener, closer in (("array", "[", "]"), ("object", "{", "}")):
        if bound == kind and node.text.endswith(closer):
            yield opener + node.text
    if bound == "object" and (pair := re.fullmatch(r"(\w+):?\s*(.+)", node.text)):
        yield f"{pair[1]}: {pair[2]}"
    if broken.keyword in ("minimum", "exclusiveMinimum") and isinstance(value, int | float) and value < 0:
        yield written(-value)
    if broken.keyword in ("minimum", "maximum"):
        yield written(bound)
    if broken.keyword in ("maximum", "exclusiveMaximum") and isinstance(value, int | float) and 2 <= value <= 100:
        yield f"{value / 100:g}"
    if broken.keyword == "pattern":
        squeezed = re.sub(r"[\s_,]", "", node.text)
        units = {unit.lower(): unit for unit in (*BINARY, *DECIMAL)} | {
            "kb": "k",
            "mb": "M",
            "gb": "G",
            "": "",
            "%": "%",
            "b": "",
        }
        for word, unit in (("thousand", "k"), ("million", "M"), ("billion", "G"), ("percent", "%")):
            squeezed = squeezed.replace(word, unit)
        number = re.fullmatch(r"([\d.]+)(\D*)", squeezed)
        if number and number[2].lower() in units:
            yield number[1] + units[number[2].lower()]
        elif slug := re.sub(r"[^A-Za-z0-9_-]+", "-", node.text).strip("-"):
            yield slug


def _usual(key: Key | None) -> Iterator[str]:
    if key is None:
        return
    if isinstance(key.default, int | float | str | tuple) and key.default != "":
        yield written(key.default)
    for example in key.examples:
        if not isinstance(example, list | dict):
            yield written(example)
    if key.name == "input":
        yield from SIZES
    if key.name in ("filters", "units"):
        yield from map(str, COUNTS)
    if key.name in ("height", "width"):
        yield from map(str, SIDES)
    if key.name in ("kernel", "window", "stride"):
        yield from ("3", "2", "4", "5", "1", "7", "11")
    if key.required and key.type.schema.get("minimum") == 1:
        yield from ("1", "3")
    if isinstance(key.type.schema.get("enum"), list):
        yield from map(str, key.type.schema["enum"])
    if isinstance(key.type.schema.get("default"), str):
        yield key.type.schema["default"]


def additions(source: Source, root: Node, node: Node, key: Key) -> Iterator[Fix]:
    """The missing key with likely values, in the mapping it belongs to."""
    texts = dict.fromkeys([*_elsewhere(root, node, key), *_usual(key), *(["network"] if key.name == "name" else [])])
    for text in texts:
        if isinstance(node, Scalar) and not node.text:
            return
        edit = insert(source, node, key.name, text, "units" if isinstance(getattr(node, "value", ""), int) else "type")
        if isinstance(node, Mapping) and not node.flow and node.entries and node.entries[0].key.span.column == 1:
            edit = _at_the_top(source, node, key.name, text)
        yield Fix(f"add `{key.name}: {text}`", (edit,))


def _at_the_top(source: Source, root: Mapping, name: str, text: str) -> Edit:
    """What every spec begins with: the version before all, the rest behind the first key."""
    first = root.entries[0]
    if name == "netspec":
        start = first.key.span
        return Edit(Span(start.line, start.column, start.line, start.column), f"{name}: {text}\n")
    line = max(first.key.span.end_line, first.value.span.end_line)
    column = len(source.lines[line - 1]) + 1
    return Edit(Span(line, column, line, column), f"\n{name}: {text}")


def glued(entry: Entry, facts: tuple[Key, ...]) -> str | None:
    """A key with its value, where only the colon between them, or its space, is missing: `filters 8`, `filters=8`."""
    value = entry.value
    pair = re.fullmatch(r"([\w-]+)\s*(?::=|[-=]>|[=:;.\uff1a]|\s)\s*(\S.*)", entry.name)
    if pair is None or not isinstance(value, Scalar) or value.text or value.quoted:
        return None
    meant = suggest(pair[1], facts)
    return f"{meant}: {pair[2]}" if meant else None


def holds(key: Key, value: Node) -> bool:
    """Whether a value, by its keys, is the section that a key has."""
    names = {entry.name for entry in value} if isinstance(value, Mapping) else set()
    return bool(names) and key.type.section is not None and names <= {inner.name for inner in keys(key.type.section)}


def removal(source: Source, mapping: Mapping, entry: Entry) -> Fix:
    """A spec without an entry."""
    return Fix(f"remove `{entry.name}`", (remove(source, mapping, entry),))
