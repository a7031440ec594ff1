"""What may have been meant by a value that the format does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from heapq import nsmallest
from itertools import chain

from netspec.analysis.report import Report
from netspec.diagnostics.diagnostic import Applicability, Diagnostic, Edit, Fix
from netspec.language.causes import BrokenValue
from netspec.language.data import stored
from netspec.language.edits import insert, remove, written
from netspec.language.fields import BINARY, DECIMAL, Key, Schema, keys
from netspec.language.kinds import KINDS
from netspec.language.meant import meant_word, word_within
from netspec.language.other_systems import LOGITS, OFF, PASSED_ON, SWITCHES, squeezed
from netspec.language.spelling import DISTANTLY, by_likeness
from netspec.language.structure import described, fits, key_at
from netspec.language.vocabulary import TYPE, known_keys
from netspec.repair import calls, forms, lines
from netspec.text.characters import shown as shortened
from netspec.text.foreign import is_placeholder
from netspec.text.nodes import Entry, Mapping, Node, Path, Scalar, Sequence, plain, walk
from netspec.text.source import Source

LAYER_TYPES = ("array", ["object", "array"], ["object", "string"])
"""The types of the keys that hold layers: what stands there is never taken away."""
BETWEEN = "(?: *(?:[,;x*|\u00d7-]|[-=]>|\u2192) *| +)"
"""What stands between the numbers of a list that is none of YAML's."""
NEAR = 12
COUNTS = (10, 64, 16, 8, 4, 1)
SIDES = (28, 8, 32, 224, 227)
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
SIZES = ("[28, 28, 1]", "[8, 8, 1]", "[32, 32, 3]", "[224, 224, 3]", "[227, 227, 3]", "[1000, 1000, 1]")


def broken(report: Report, finding: Diagnostic, cause: BrokenValue) -> Iterator[Fix]:
    """What a value plainly means; else what the line may have been, and other values for the place."""
    root, path = report.root, cause.path
    node = walk(root, path)
    assert root is not None
    assert node is not None
    if isinstance(node, Scalar) and is_placeholder(node.text):
        return  # only the template knows
    if cause.meant and not cause.others:
        yield Fix(f"write `{cause.meant}`", (Edit(node.span, cause.meant),), "safe")
    if cause.keyword == "type" and "array" in cause.bound:
        yield from forms.as_list(finding.source, path, node) if isinstance(node, Mapping) else ()
        yield from forms.glued_dashes(finding.source, node)
    yield from lines.misplaced(report, finding, cause)
    yield from _of_place(finding.source, root, node, cause)


def _of_place(source: Source, root: Node, node: Node, cause: BrokenValue) -> Iterator[Fix]:
    """Other values for a place, others for its neighbour, and the place without any."""
    path = cause.path
    if cause.keyword == "const":
        yield Fix(f"write `netspec: {cause.bound}`", (Edit(node.span, in_place(node, str(cause.bound))),))
        return
    if cause.keyword == "finite":
        yield from _values(root, node, cause, key_at(root, path))
        return
    parent = walk(root, path[:-1]) if path else None
    key = key_at(root, path)
    if isinstance(parent, Mapping) and is_off(node, key):
        yield from (removal(source, parent, entry, needless=True) for entry in parent if entry.value is node)
        return
    wanted = str(cause.bound) if cause.keyword == "type" else ""
    if "object" in wanted and isinstance(node, Sequence):
        yield from forms.as_mapping(path, node)
    if isinstance(node, Scalar):
        yield from _called(path, node, key)
    if described(node) == "empty" and isinstance(parent, Mapping):
        yield from forms.under_its_key(source, parent, node, known_keys(path, node), known_keys(path[:-1], parent))
    if path[-1:] == ("pool",):
        yield from forms.pool(source, node)
    if path[-1:] == (TYPE,) and isinstance(node, Scalar) and isinstance(parent, Mapping):
        yield from _as_within(source, parent, node, key_at(root, path[:-1]))
    if path[-2:] == ("pool", "type") and isinstance(node, Scalar) and isinstance(parent, Mapping):
        yield from forms.type_of_pool(node, parent)
    passed_on = path[-2:-1] == ("branches",) and isinstance(node, Scalar) and node.text.lower() in PASSED_ON
    if passed_on:
        yield Fix("write `[]`, the map itself", (Edit(node.span, in_place(node, "[]")),))
    if isinstance(parent, Sequence) and cause.keyword == "type" and not passed_on:
        yield from _of_items(source, parent, node, str(path[-2]))
    stored = None
    if path == ("data", "source") and isinstance(node, Scalar) and isinstance(parent, Mapping):
        stored = _from_files(source, parent, node)
    if stored:
        yield stored
    else:
        rule = {"enum": list(cause.bound)} if cause.keyword == "enum" else key.type.schema if key else None
        names = {other.name for other in known_keys(path[:-1], parent)} if isinstance(parent, Mapping) else set()
        exchanges = tuple(_exchanges(source, parent, node, rule, names)) if isinstance(parent, Mapping) and rule else ()
        of_kind = cause.keyword in ("type", "enum")  # a number out of range is no sign of another place
        yield from exchanges if of_kind else ()
        for word in (cause.meant, *cause.others) if cause.meant and cause.others else ():
            yield Fix(f"write `{word}`", (Edit(node.span, word),))
        yield from _values(root, node, cause, key)
        yield from () if of_kind else exchanges
    holds_layers = key is None or (key.type.section is None and key.type.schema.get("type") in LAYER_TYPES)
    if (
        (not holds_layers or described(node) == "empty")
        and key is not None
        and not key.required
        and isinstance(parent, Mapping)
    ):
        yield from (removal(source, parent, entry) for entry in parent if entry.value is node)


def _as_within(source: Source, mapping: Mapping, node: Scalar, key: Key | None) -> Iterator[Fix]:
    """A `type` that is a word for another key of its mapping, as that key."""
    said = word_within(node.text, key) if key is not None else None
    if said is not None and mapping.entry(said[1]) is None:
        type, name, value = said
        edits = (Edit(node.span, type), insert(source, mapping, name, value))
        yield Fix(f"write `type: {type}` and `{name}: {value}`", edits)


def is_off(node: Node, key: Key | None) -> bool:
    """Whether a value says that something is not wanted, which the format says by leaving its key out."""
    rule = key.type.schema if key is not None else {}
    left_out = key is not None and not key.required and (key.default is None or key.default_words == "none")
    of_text = rule.get("type") == "string" and "enum" not in rule
    return left_out and not of_text and says_off(node)


def says_nothing(source: Source, node: Node) -> bool:
    """Whether a value is empty but for brackets."""
    return not source.excerpt(node.span).strip("[]{} ")


def says_off(node: Node) -> bool:
    """Whether a value says, in any system's words, that something is not wanted."""
    return isinstance(node, Scalar) and node.text.lower() in OFF


def _called(path: Path, node: Scalar, key: Key | None) -> Iterator[Fix]:
    """A call of Keras or PyTorch as what it makes."""
    kind = next((step for step in reversed(path) if isinstance(step, str)), "")
    if kind in KINDS and kind in path[-2:]:
        yield from calls.as_layer(node, kind)
    elif kind in ("blocks", "branches"):
        yield from calls.as_block(node)
    elif key is not None and key.type.variants:
        yield from calls.as_variant(node, key)
    elif key is not None and key.type.section:
        yield from calls.as_section(node, key.type.section)


def _of_items(source: Source, listed: Sequence, node: Node, kind: str) -> Iterator[Fix]:
    """What a list of layers may have been meant as where one of its items is no layer: one layer, or one less."""
    needed = [key.name for key in keys(KINDS[kind].settings) if key.required] if kind in KINDS else []
    if 1 < len(needed) == len(listed.items) and all(isinstance(item, Scalar) for item in listed.items):
        values = zip(needed, (source.excerpt(item.span) for item in listed.items), strict=True)
        text = f"{{{', '.join(f'{name}: {value}' for name, value in values)}}}"
        yield Fix(f"write `{text}`", (Edit(listed.span, text),))
    if len(words := {item.text for item in listed.items if isinstance(item, Scalar)}) == 1 < len(listed.items):
        yield Fix(f"write `{(text := words.pop())}`", (Edit(listed.span, text),))  # [same, same]
    if isinstance(node, Scalar):
        yield from forms.item_of_words(source, listed, node)


def _values(root: Node, node: Node, cause: BrokenValue, key: Key | None) -> Iterator[Fix]:
    """Other values for a place, the likeliest first."""
    # what another thing is called is no name for this one
    named = key is not None and key.name == "name"
    near = () if named else (*elsewhere(root, node, key),)
    others = () if named else (*near, *usual(key))
    texts = dict.fromkeys([*_within(root, node, cause, key), *_near(node, cause, key), *_guesses(node, cause), *others])
    name = f"{key.name}: " if key else ""
    sure = {*_within(root, node, cause, key), *_near(node, cause, key)}
    if _is_negative(node, cause) and _may_have_fraction(key or key_at(root, cause.path[:-1])):
        sure.clear()  # of a rate, a share or a factor: the sign may be the whole mistake, and 0 another network
    if cause.keyword == "enum" and len(cause.bound) == 1 and isinstance(node, Scalar) and node.value is True:
        sure.add(str(cause.bound[0]))
    said = bool(node.text) if isinstance(node, Scalar) else bool(plain(node))
    for text in texts:
        items = re.fullmatch(r"\d+(, \d+)+", text)
        title = f"set `{name}{text}`" if name and not items else f"write `{text}`"
        guess = text not in sure and (said or text not in near)
        yield Fix(title, (Edit(node.span, in_place(node, text)),), "display" if guess else "unsafe")


def _is_negative(node: Node, cause: BrokenValue) -> bool:
    value = node.value if isinstance(node, Scalar) else None
    return cause.keyword in ("minimum", "exclusiveMinimum") and isinstance(value, int | float) and value < 0


def _may_have_fraction(key: Key | None) -> bool:
    """Whether a key, or an item of what it holds, takes other numbers than whole ones."""
    return key is not None and "'number'" in str(key.type.schema)


def _within(root: Node, node: Node, cause: BrokenValue, key: Key | None) -> Iterator[str]:
    """A scalar as the value of a key of the section that stands in its place."""
    if key is not None and isinstance(node, Scalar) and (said := word_within(node.text, key)):
        yield f"{{type: {said[0]}, {said[1]}: {said[2]}}}"
    expected = cause.bound if cause.keyword == "type" else ()
    if key is None or "object" not in expected or not isinstance(node, Scalar) or not node.text:
        return
    if key.name == "data" and (found := stored(node.text)):
        yield f"{{source: {found[0]}, path: {found[1]}}}"
    kind = KINDS.get(key.name)
    section = key.type.section or (kind.settings if kind else None)
    if isinstance(node.value, bool) or re.search(r"[\s(=]", node.text):
        return  # says more, or less, than a value
    for inner in keys(section) if section else ():
        options = [str(option) for option in inner.type.schema.get("enum", ())]
        text = meant_word(node.text, options) if options else node.text
        if text is None:
            continue
        required = (other for other in keys(section) if other.required and other is not inner) if section else ()
        others = (f", {other.name}: {next(chain(elsewhere(root, node, other), usual(other)))}" for other in required)
        yield f"{{{inner.name}: {text}{''.join(others)}}}"


def _from_files(source: Source, data: Mapping, node: Scalar) -> Fix | None:
    """A path that stands for the name of a source, as `path` of the source that it is."""
    found = stored(node.text)
    if found is None:
        return None
    given = data.entry("path") is not None
    added = () if given else (insert(source, data, "path", found[1]),)
    title = f"set `source: {found[0]}`" if given else f"write `source: {found[0]}` and `path: {found[1]}`"
    return Fix(title, (Edit(node.span, found[0]), *added))


def _exchanges(source: Source, mapping: Mapping, node: Node, rule: Schema, known: set[str]) -> Iterator[Fix]:
    """The value of a key and that of another known one of its mapping, each in the other's place."""
    if "object" in rule.get("type", ()):
        return  # what a mapping may hold is not said in the type alone
    for other in mapping:
        if other.value is not node and other.name in known and fits(plain(other.value), rule):
            here, there = node.span, other.value.span
            edits = (Edit(here, source.excerpt(there)), Edit(there, source.excerpt(here)))
            level: Applicability = (
                "unsafe"
                if type(plain(node)) is not type(plain(other.value)) and isinstance(node, Scalar)
                else "display"
            )
            yield Fix(f"exchange it with the value of `{other.name}`", edits, level)


def in_place(node: Node, text: str) -> str:
    """A new value as it stands where `node` does: an absent value has the empty place behind its colon."""
    absent = isinstance(node, Scalar) and not node.text and not node.quoted
    return " " + text if absent else text


def elsewhere(root: Node, node: Node, key: Key | None, beside: Node | None = None) -> Iterator[str]:
    """What the same key is in the places nearest to this one; of an image's side, the other side.

    `beside` is the mapping, or its short form, that is to have the key: then only what has the same `type` counts.
    """
    names = {"height": ("width",), "width": ("height",)}.get(key.name, (key.name,)) if key else ()
    line = node.span.line
    found = [
        scalar
        for name in names
        for scalar, of in _scalars(root).get(name, ())
        if scalar is not node and (beside is None or of == type_of(beside))
    ]
    near = nsmallest(NEAR, found, key=lambda scalar: abs(scalar.span.line - line))
    yield from dict.fromkeys(scalar.text for scalar in near)


@lru_cache(maxsize=2)
def _scalars(root: Node) -> dict[str, list[tuple[Scalar, str]]]:
    """The plain values of each key anywhere in a spec, with the `type` beside them; kept, as every finding of a spec asks for it."""
    found: dict[str, list[tuple[Scalar, str]]] = {}
    for mapping in _mappings(root):
        for entry in mapping:
            if isinstance(entry.value, Scalar):
                found.setdefault(entry.name, []).append((entry.value, type_of(mapping)))
    return found


def type_of(node: Node) -> str:
    """The `type` of a mapping, `max` where it has none: a pool's is that."""
    entry = node.entry("type") if isinstance(node, Mapping) else None
    said = entry.value if entry else node
    return (meant_word(said.text, ("average",)) if isinstance(said, Scalar) else None) or "max"


def _mappings(node: Node) -> Iterator[Mapping]:
    if isinstance(node, Mapping):
        yield node
        for entry in node:
            yield from _mappings(entry.value)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _mappings(item)


def _near(node: Node, cause: BrokenValue, key: Key | None) -> Iterator[str]:
    bound = cause.bound
    if isinstance(node, Mapping):
        yield from (entry.value.text for entry in node if isinstance(entry.value, Scalar))
    if isinstance(node, Scalar):
        yield from _near_scalar(node, cause, key)
    elif isinstance(node, Sequence):
        items = [item.text for item in node.items if isinstance(item, Scalar)]
        if len(items) == len(node.items) == 1:
            yield items[0]
        if cause.keyword == "maxItems":
            yield f"[{', '.join(items[:bound])}]"
            yield f"[{', '.join(items[-bound:])}]"
        parts = [part for item in items for part in re.split(r"[\s;.]+", item)]
        if cause.keyword == "minItems" and len(parts) > len(items) == len(node.items):
            yield f"[{', '.join(parts)}]"
        if cause.keyword == "minItems" and items:
            yield f"[{', '.join([*items, *items[-1:] * (bound - len(items))])}]"
            yield from (f"[{', '.join([*items, channels])}]" for channels in ("1", "3") if len(items) == bound - 1)
            if len(items) == 1:
                yield items[0]
    if isinstance(node, Scalar) and isinstance(node.value, int) and (cause.keyword, cause.bound) == ("type", "array"):
        yield f"[{node.text}]"


def _guesses(node: Node, cause: BrokenValue) -> Iterator[str]:
    """What a place takes, where nothing of it is plainly meant: its words, the likest first; the whole numbers around another."""
    if cause.keyword == "enum" and isinstance(node, Scalar):
        yield from by_likeness(node.text.lower(), map(str, cause.bound), DISTANTLY)[:3]
        yield from map(str, cause.bound)
    if isinstance(node, Scalar) and isinstance(node.value, float) and cause.keyword == "type" and abs(node.value) < 1e9:
        yield from (str(int(node.value)), str(int(node.value) + 1))
    if cause.keyword in ("minimum", "maximum"):
        yield written(cause.bound)


def _near_scalar(node: Scalar, cause: BrokenValue, key: Key | None) -> Iterator[str]:
    value, bound = node.value, cause.bound
    times = re.fullmatch(r"(?:[x*\u00d7] ?)?(\d+(?:\.\d+)?) ?(?:[x*\u00d7] ?\w*)?", node.text)
    if key is not None and times and "x$" in str(key.type.schema.get("if")) and cause.keyword != "minimum":
        yield f"{times[1]}x"
    switch = SWITCHES.get((squeezed(key.name), node.text.lower())) if key else None
    if switch and switch.startswith(f"{key.name}: " if key else ":"):
        yield switch.partition(": ")[2]
    if cause.keyword == "enum" and len(words := node.text.split()) > 1 and {*words} <= {*cause.bound}:
        yield ", ".join(words)  # items of a list without a comma
    if cause.keyword == "enum" and node.text.lower() in LOGITS and "none" in bound:
        yield "none"  # the loss takes logits, and applies it
    if isinstance(value, float) and cause.keyword == "type" and 0 < value < 1 and "string" in bound:
        yield f"{100 * value:g}%"  # a share of the run
    if cause.keyword == "type" and (share := re.fullmatch(r"(\d+(?:\.\d+)?) ?%", node.text)):
        yield f"{float(share[1]) / 100:g}"
    if cause.keyword == "type" and (power := re.fullmatch(r"([\d.]+) ?[x*] ?10(?:\^|\*\*)(-?\d+)", node.text)):
        yield f"{power[1]}e{power[2]}"
    if (
        cause.keyword == "type"
        and re.fullmatch(rf"\d+(?:{BETWEEN}\d+)+", node.text)
        and not re.search("[,x*\u00d7]", node.text)
    ):
        yield ", ".join(re.findall(r"\d+", node.text))  # items of a list without commas
    listed = re.fullmatch(rf"[(\[]?(\d+(?:{BETWEEN}\d+)+)[)\]]?", node.text)
    layer = key is not None and key.name in KINDS and key.name != "fc"
    if cause.keyword in ("type", "enum") and (cause.keyword == "enum" or "array" in bound) and listed and not layer:
        yield f"[{', '.join(re.findall(r'[0-9]+', listed[1]))}]"
    if cause.keyword == "type" and (product := re.fullmatch(r"([1-9]\d{0,8}) ?[*x\u00d7] ?([1-9]\d{0,8})", node.text)):
        yield str(int(product[1]) * int(product[2]))
    if cause.keyword == "type" and isinstance(value, str) and len(re.findall(r"\d+", value)) == 1:
        alike = value.translate(str.maketrans("OolI", "0011"))
        yield from dict.fromkeys(re.findall(r"\d+", alike) + re.findall(r"\d+", value))
    if cause.keyword == "type" and node.text.lower() in NUMBERS:
        yield str(NUMBERS.index(node.text.lower()) + 1)
    if node.quoted and node.text[:1] in ("[", "{"):
        yield node.text
    for kind, opener, closer in (("array", "[", "]"), ("object", "{", "}")):
        if bound == kind and node.text.endswith(closer):
            yield opener + node.text
    if bound == "object" and (pair := re.fullmatch(r"(\w+):?\s*(.+)", node.text)):
        yield f"{pair[1]}: {pair[2]}"
    if cause.keyword in ("minimum", "exclusiveMinimum") and isinstance(value, int | float) and value < 0:
        yield written(-value)
    if cause.keyword in ("maximum", "exclusiveMaximum") and isinstance(value, int | float) and 2 <= value <= 100:
        yield f"{value / 100:g}"
    if cause.keyword in ("minimum", "maximum"):
        if key is not None and isinstance(key.default, int) and bound < key.default:
            yield written(key.default)
        if key is None or not key.required:
            yield written(bound)
    if cause.keyword == "pattern":
        bare = re.sub(r"[\s_,]", "", node.text)
        units = {unit.lower(): unit for unit in (*BINARY, *DECIMAL)} | {
            "kb": "k",
            "mb": "M",
            "gb": "G",
            "": "",
            "%": "%",
            "b": "",
        }
        for word, unit in (("thousand", "k"), ("million", "M"), ("billion", "G"), ("percent", "%")):
            bare = bare.replace(word, unit)
        number = re.fullmatch(r"([\d.]+)(\D*)", bare)
        if number and number[2].lower() in units:
            yield number[1] + units[number[2].lower()]
        elif slug := re.sub(r"[^A-Za-z0-9_-]+", "-", node.text).strip("-"):
            yield slug


def usual(key: Key | None) -> Iterator[str]:
    """Likely values of a key, as YAML."""
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


def removal(source: Source, mapping: Mapping, entry: Entry, name: str = "", needless: bool = False) -> Fix:
    """A spec without an entry, which is told by a name that is not its own where it is read as another.

    Only to be shown, unless the entry is `needless`, or says nothing: who wrote it meant something.
    """
    value = entry.value
    shown = (
        f": {shortened(source.excerpt(value.span))}"
        if isinstance(value, Scalar) and value.span.line == value.span.end_line
        else ""
    )
    title = f"remove `{name or entry.name}{shown if shown != ': ' else ''}`"
    unsaid = needless or says_nothing(source, value)
    return Fix(title, (remove(source, mapping, entry),), "unsafe" if unsaid else "display")
