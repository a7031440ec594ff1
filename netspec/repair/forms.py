"""The same said in another form: a mapping for a list, a level too deep, a list for its items, a word for its number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from netspec.diagnostics.diagnostic import Edit, Fix
from netspec.language.edits import insert, remove_item, remove_items
from netspec.language.fields import Key
from netspec.language.functions import ACTIVATIONS
from netspec.language.meant import called_elsewhere
from netspec.language.other_systems import HALVED, IMPLIED, POOLS, SWITCHES, plain_word
from netspec.language.vocabulary import known_keys
from netspec.text.nodes import Entry, Mapping, Node, Path, Scalar
from netspec.text.nodes import Sequence as Listed
from netspec.text.source import Source, Span


def as_list(source: Source, path: Path, node: Mapping) -> Iterator[Fix]:
    """A mapping as the list that belongs there: of its values, or of itself."""
    title = f"write what stands under `{path[-1]}` as a list"
    names = {key.name for key in known_keys((*path, 0), node)}
    if any(entry.name in names for entry in node):
        yield from _only_item(title, node)
    elif all(isinstance(entry.value, Scalar) for entry in node):
        items = ", ".join(source.excerpt(entry.value.span) for entry in node)
        yield Fix(title, (Edit(node.span, f"[{items}]"),))
    elif not node.flow and all(map(_is_under_its_key, node)):
        yield Fix(
            title, tuple(Edit(_before(entry.key.span.to(entry.value.span), entry.value.span), "- ") for entry in node)
        )


def _is_under_its_key(entry: Entry) -> bool:
    """Whether a value stands where it would stand behind a dash in the place of its key."""
    value = entry.value
    return isinstance(value, Mapping) and (value.flow or value.span.column == entry.key.span.column + 2)


def _only_item(title: str, node: Mapping) -> Iterator[Fix]:
    span = node.span
    if node.flow:
        yield Fix(title, (Edit(_at(span), "["), Edit(_at(Span(*span[2:], *span[2:])), "]")))
    else:
        deeper = (Edit(Span(line, 1, line, 1), "  ") for line in range(span.line + 1, _last(node) + 1))
        yield Fix(title, (Edit(_at(span), "- "), *deeper))


def as_mapping(path: Path, node: Listed) -> Iterator[Fix]:
    """A list of mappings, each on lines of its own, as one mapping."""
    items = [item for item in node.items if isinstance(item, Mapping)]
    names = [entry.name for item in items for entry in item]
    if not node.flow and len(items) == len(node.items) and len(names) == len({*names}):
        dashes = (Span(item.span.line, item.span.column - 2, item.span.line, item.span.column) for item in items)
        yield Fix(f"write what stands under `{path[-1]}` without dashes", tuple(Edit(dash, "  ") for dash in dashes))


def one_level_up(source: Source, entry: Entry, facts: Sequence[Key]) -> Iterator[Fix]:
    """What stands under an unknown key, where the keys below it belong in the place of the key."""
    value, names = entry.value, {key.name for key in facts}
    if not isinstance(value, Mapping) or value.flow or not all(below.name in names for below in value):
        return
    by = value.span.column - entry.key.span.column
    lines = range(value.span.line + 1, _last(value) + 1)
    out = [
        Edit(Span(line, 1, line, by + 1), "") for line in lines if not source.lines[line - 1][:by].strip() and by > 0
    ]
    yield Fix(
        f"write what stands under `{entry.name}` one level up", (Edit(_before(entry.key.span, value.span), ""), *out)
    )


def repeated(source: Source, entry: Entry, facts: Sequence[Key]) -> Iterator[Fix]:
    """`conv*2` as `conv` with `repeat: 2`."""
    times = re.fullmatch(r"([A-Za-z_]+)\s*[*x\u00d7]\s*([1-9]\d{0,3})", entry.name)
    name = called_elsewhere(times[1], facts) if times else None
    if times and name and isinstance(entry.value, Mapping) and entry.value.entry("repeat") is None:
        edits = (Edit(entry.key.span, name), insert(source, entry.value, "repeat", times[2]))
        yield Fix(f"write `{name}` with `repeat: {times[2]}`", edits, "safe")


def halved(source: Source, entry: Entry, facts: Sequence[Key]) -> Iterator[Fix]:
    """A count of floating-point operations as one of multiply-adds."""
    name, written = HALVED.get(entry.name.lower()), source.excerpt(entry.value.span)
    count = re.fullmatch(r"(\d+(?:\.\d+)?)([kMG]?)", written)
    if name and count and any(key.name == name for key in facts):
        text = f"{float(count[1]) / 2:.12g}{count[2]}"
        edit = Edit(entry.key.span.to(entry.value.span), f"{name}: {text}")
        yield Fix(f"write `{name}: {text}`, half of the {written} operations", (edit,))


def betas(source: Source, mapping: Mapping, entry: Entry) -> Iterator[Fix]:
    """PyTorch's pair of Adam's constants as the two keys."""
    if entry.name == "betas" and isinstance(entry.value, Listed) and len(entry.value.items) == 2:
        first, second = (source.excerpt(item.span) for item in entry.value.items)
        apart = ", " if mapping.flow else "\n" + " " * (entry.key.span.column - 1)
        edit = Edit(entry.key.span.to(entry.value.span), f"b1: {first}{apart}b2: {second}")
        yield Fix(f"write `b1: {first}` and `b2: {second}`", (edit,))


def after_the_blocks(source: Source, root: Mapping) -> Iterator[Fix]:
    """Fully connected layers that stand as the last blocks, at the top."""
    blocks = root.entry("blocks")
    items = blocks.value.items if blocks and isinstance(blocks.value, Listed) else ()
    first = len(items)
    while first > 1 and _only_fc(items[first - 1]) is not None:
        first -= 1
    if not blocks or not isinstance(blocks.value, Listed) or first == len(items) or root.entry("fc"):
        return
    layers = [value for item in items[first:] if (value := _only_fc(item)) is not None]
    listed = [each for layer in layers for each in (layer.items if isinstance(layer, Listed) else (layer,))]
    if all(isinstance(each, Scalar) or each.flow for each in listed):
        text = f"[{', '.join(source.excerpt(each.span) for each in listed)}]"
        cut = remove_items(source, blocks.value, first)
        added = insert(source, root, "fc", text)
        if added.span.line == cut.span.end_line:  # the blocks are the last key
            yield Fix(f"write `fc: {text}` after the blocks", (Edit(cut.span, added.text),))
        else:
            yield Fix(f"write `fc: {text}` after the blocks", (cut, added))


def _only_fc(item: Node) -> Node | None:
    entries = item.entries if isinstance(item, Mapping) else ()
    return entries[0].value if len(entries) == 1 and plain_word(entries[0].name) in ("fc", "dense", "linear") else None


def pool(source: Source, node: Node) -> Iterator[Fix]:
    """A pooling layer by a word of other systems, or by its window alone."""
    text = POOLS.get(plain_word(node.text).replace("2d", "")) if isinstance(node, Scalar) else None
    sizes = node.items if isinstance(node, Listed) else (node,)
    if all(isinstance(size, Scalar) and isinstance(size.value, int) for size in sizes) and len(sizes) in (1, 2):
        text = f"{{window: {source.excerpt(node.span)}}}"
    if text:
        yield Fix(f"write `pool: {text}`", (Edit(node.span, text),))


CALL = re.compile(r"(?:[\w]+\.)*(\w+)\(([\d.]*)\)")


def item_of_words(source: Source, listed: Listed, node: Scalar) -> Iterator[Fix]:
    """A list's item that is no layer, but what other systems write between layers: a setting of the layer before."""
    at = listed.items.index(node)
    before = listed.items[at - 1] if at else None
    call = CALL.fullmatch(node.text)
    word, value = (plain_word(call[1]), call[2]) if call else (plain_word(node.text), "")
    setting = SWITCHES.get((word.replace("batchnormalization", "batch_norm"), "true"))
    if word == "dropout" and value:
        setting = f"dropout: {value}"
    elif word in ACTIVATIONS:
        setting = f"activation: {word}"
    elif word in ("dense", "linear") and value:
        yield Fix(f"write `{value}`", (Edit(node.span, value),))
    if setting and isinstance(before, Scalar) and isinstance(before.value, int):
        text = f"{{units: {before.text}, {setting}}}"
        yield Fix(f"write `{text}`", (Edit(before.span, text), _without(source, listed, at)))
    elif setting and isinstance(before, Mapping):
        name, _, text = setting.partition(": ")
        yield Fix(
            f"write `{setting}` in the layer before", (insert(source, before, name, text), _without(source, listed, at))
        )
    if not node.text and not node.quoted and at:
        yield Fix("remove the empty item", (_without(source, listed, at),))
    if word in IMPLIED:
        yield Fix(f"remove `{node.text}`", (_without(source, listed, at),), "safe")
    elif re.fullmatch(r"[A-Za-z_]+", node.text) and not setting:
        yield Fix(f"remove `{node.text}`", (_without(source, listed, at),))


def with_layer_before(source: Source, listed: Listed, node: Mapping) -> Iterator[Fix]:
    """Settings without units, as those of the layer before them: `[512, {dropout: 0.5}]`."""
    at = listed.items.index(node)
    before = listed.items[at - 1] if at else None
    if isinstance(before, Scalar) and isinstance(before.value, int) and all(isinstance(e.value, Scalar) for e in node):
        settings = ", ".join(f"{entry.name}: {source.excerpt(entry.value.span)}" for entry in node)
        text = f"{{units: {before.text}, {settings}}}"
        yield Fix(f"write `{text}`", (Edit(before.span, text), _without(source, listed, at)))


def _without(source: Source, listed: Listed, at: int) -> Edit:
    """A list without an item."""
    if not at:
        return remove_item(source, listed, listed.items[0])
    if listed.flow:
        return Edit(Span(*listed.items[at - 1].span[2:], *listed.items[at].span[2:]), "")
    line, last = listed.items[at].span.line, listed.items[at].span.end_line
    end = len(source.lines[line - 2]) + 1
    return Edit(Span(line - 1, end, last, len(source.lines[last - 1]) + 1), "")


def _last(node: Mapping) -> int:
    return node.span.end_line - (node.span.end_column == 1)


def _at(span: Span) -> Span:
    return Span(span.line, span.column, span.line, span.column)


def _before(whole: Span, value: Span) -> Span:
    """From the start of one span to that of another."""
    return Span(whole.line, whole.column, value.line, value.column)
