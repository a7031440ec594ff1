"""The same said in another form: a mapping for a list, a level too deep, a list for its items, a word for its number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from netspec.analysis.repeating import is_bridged
from netspec.diagnostics.diagnostic import Edit, Fix
from netspec.language.activations import ACTIVATIONS
from netspec.language.edits import insert, remove, remove_item, remove_items, written
from netspec.language.fields import Key, keys
from netspec.language.kinds import KINDS
from netspec.language.meant import called_elsewhere
from netspec.language.other_systems import (
    AXES,
    HALVED,
    IMPLIED,
    IN_EPOCHS,
    KIND_OF_LAYER,
    OUTPUTS,
    POOLS,
    SIDES,
    SPATIAL,
    SWITCHES,
    plain_word,
    squeezed,
)
from netspec.language.structure import fits, key_at
from netspec.language.top import Block, Top
from netspec.language.vocabulary import held_keys, known_keys, section_at, variants_at
from netspec.repair.lines import shifted
from netspec.text.nodes import Entry, Mapping, Node, Path, Scalar, plain, walk
from netspec.text.nodes import Sequence as Listed
from netspec.text.source import Source, Span


def as_list(source: Source, path: Path, node: Mapping) -> Iterator[Fix]:
    """A mapping as the list that belongs there: of its values, or of itself."""
    title = f"write what stands under `{path[-1]}` as a list"
    names = {key.name for key in known_keys((*path, 0), node)}
    if any(entry.name in names for entry in node):
        yield from _only_item(title, node)
    elif all(isinstance(entry.value, Scalar) or _is_of_scalars(entry.value) for entry in node):
        items = ", ".join(source.excerpt(entry.value.span).strip("[]") for entry in node)
        yield Fix(title, (Edit(node.span, f"[{items}]"),))
    elif not node.flow and all(map(_is_under_its_key, node)):
        yield Fix(
            title, tuple(Edit(_before(entry.key.span.to(entry.value.span), entry.value.span), "- ") for entry in node)
        )


def _is_of_scalars(node: Node) -> bool:
    return isinstance(node, Listed) and node.flow and all(isinstance(item, Scalar) for item in node.items)


def _is_under_its_key(entry: Entry) -> bool:
    """Whether a value stands where it would stand behind a dash in the place of its key."""
    value = entry.value
    return isinstance(value, Mapping) and (value.flow or value.span.column == entry.key.span.column + 2)


def _only_item(title: str, node: Mapping) -> Iterator[Fix]:
    span = node.span
    if node.flow:
        yield Fix(title, (Edit(span.start, "["), Edit(span.end, "]")))
    else:
        deeper = (Edit(Span(line, 1, line, 1), "  ") for line in range(span.line + 1, last_line(node) + 1))
        yield Fix(title, (Edit(span.start, "- "), *deeper))


def as_mapping(path: Path, node: Listed) -> Iterator[Fix]:
    """A list of mappings, each on lines of its own, as one mapping."""
    items = [item for item in node.items if isinstance(item, Mapping)]
    names = [entry.name for item in items for entry in item]
    if not node.flow and len(items) == len(node.items) and len(names) == len({*names}):
        dashes = (Span(item.span.line, item.span.column - 2, item.span.line, item.span.column) for item in items)
        yield Fix(f"write what stands under `{path[-1]}` without dashes", tuple(Edit(dash, "  ") for dash in dashes))


def one_level_up(source: Source, entry: Entry, facts: Sequence[Key]) -> Iterator[Fix]:
    """What stands under an unknown key, where the keys below it belong in the place of the key."""
    value = entry.value
    if not isinstance(value, Mapping) or value.flow or not all(called_elsewhere(below.name, facts) for below in value):
        return
    by = value.span.column - entry.key.span.column
    lines = range(value.span.line + 1, last_line(value) + 1)
    out = [
        Edit(Span(line, 1, line, by + 1), "") for line in lines if not source.lines[line - 1][:by].strip() and by > 0
    ]
    yield Fix(
        f"write what stands under `{entry.name}` one level up", (Edit(_before(entry.key.span, value.span), ""), *out)
    )


def unwrapped(source: Source, path: Path, root: Node, node: Node) -> Iterator[Fix]:
    """The one value of a section that stands under a name of its own, where the section may be that value."""
    key = key_at(root, path)
    entry = node.entries[0] if isinstance(node, Mapping) and len(node.entries) == 1 else None
    if key is None or entry is None or isinstance(entry.value, Scalar) or not fits(plain(entry.value), key.type.schema):
        return
    text = source.excerpt(entry.value.span)
    if "\n" not in text:
        yield Fix(f"write `{key.name}: {text}`", (Edit(node.span, text),))


def under_its_key(
    source: Source, mapping: Mapping, node: Node, inner: Sequence[Key], outer: Sequence[Key]
) -> Iterator[Fix]:
    """The lines below a key without a value, as what stands under it, as far as their keys are of that section."""
    at = next(i for i, entry in enumerate(mapping.entries) if entry.value is node)
    below = list(takewhile(lambda entry: _is_of(entry.name, inner, outer), mapping.entries[at + 1 :]))
    if mapping.flow or not below:
        return
    span = range(below[0].key.span.line, last_line(below[-1]) + 1)
    name = mapping.entries[at].name
    yield Fix(f"indent what belongs to `{name}`", tuple(shifted(source, span, 2)))


def _is_of(name: str, inner: Sequence[Key], outer: Sequence[Key]) -> bool:
    return called_elsewhere(name, inner) is not None and all(key.name != name for key in outer)


def axes(source: Source, mapping: Mapping, entry: Entry, facts: Sequence[Key]) -> Iterator[Fix]:
    """Two keys for the height and the width of one, as the pair."""
    for stem, height, width in AXES:
        both = [next((one for one in mapping if one.name == f"{stem}_{end}"), None) for end in (height, width)]
        name = called_elsewhere(stem, facts) or next(
            (key.name for key in facts if key.name in ("kernel", "window")), None
        )
        if entry not in both or None in both or name is None or mapping.entry(name):
            continue
        first, second = sorted((one for one in both if one), key=lambda one: one.key.span)
        values = [source.excerpt(one.value.span) for one in both if one]
        text = f"{name}: {values[0] if values[0] == values[1] else f'[{values[0]}, {values[1]}]'}"
        yield Fix(
            f"write `{text}`",
            (Edit(first.key.span.to(first.value.span), text), remove(source, mapping, second)),
        )


def in_epochs(source: Source, root: Mapping, entry: Entry, facts: Sequence[Key]) -> Iterator[Fix]:
    """A number of epochs as the share of the run that it is, where a schedule counts steps or shares."""
    name = IN_EPOCHS.get(squeezed(entry.name))
    train = root.entry("train")
    given = train.value.entry("epochs") if train and isinstance(train.value, Mapping) else None
    run = given.value.value if given and isinstance(given.value, Scalar) else None
    count = entry.value.value if isinstance(entry.value, Scalar) else None
    if not any(key.name == name for key in facts) or not isinstance(run, int) or not isinstance(count, int):
        return
    if 0 < count <= run and 100 * count % run == 0:
        text = f"{name}: {100 * count // run}%"
        yield Fix(f"write `{text}`, {count} of {run} epochs", (Edit(entry.key.span.to(entry.value.span), text),))
    elif count > run:
        yield Fix(f"write `{name}`", (Edit(entry.key.span, str(name)),))


def sides(source: Source, path: Path, mapping: Mapping, entry: Entry) -> Iterator[Fix]:
    """The height and width of an image that are one number, or a pair."""
    size = entry.value
    if path != ("input",) or squeezed(entry.name) not in SIDES or mapping.entry("height") or mapping.entry("width"):
        return
    pair = size.items if isinstance(size, Listed) else (size, size)
    if len(pair) == 2 and all(isinstance(side, Scalar) and isinstance(side.value, int) for side in pair):
        height, width = (source.excerpt(side.span) for side in pair)
        apart = ", " if mapping.flow else "\n" + " " * (entry.key.span.column - 1)
        edit = Edit(entry.key.span.to(size.span), f"height: {height}{apart}width: {width}")
        yield Fix(f"write `height: {height}` and `width: {width}`", (edit,))


def implied_block(source: Source, root: Mapping, path: Path, entry: Entry) -> Iterator[Fix]:
    """Without a block that is a step which goes without saying: `- Flatten:`."""
    blocks = walk(root, path[:-1]) if path[:1] == ("blocks",) else None
    block = walk(root, path)
    alone = isinstance(block, Mapping) and len(block.entries) == 1
    if isinstance(blocks, Listed) and alone and len(blocks.items) > 1 and plain_word(entry.name) in IMPLIED:
        yield Fix(f"remove `{entry.name}`", (remove_item(source, blocks, path[-1]),))  # type: ignore[arg-type]


def of_kind(source: Source, path: Path, mapping: Mapping, entry: Entry) -> Iterator[Fix]:
    """A layer whose kind is a value, under the key of its kind: `{type: conv, filters: 8}`."""
    if section_at(path, mapping) is not Block or squeezed(entry.name) not in KIND_OF_LAYER:
        return
    said = entry.value.text if isinstance(entry.value, Scalar) else ""
    type, window = POOLS.get(squeezed(said), (None, None))
    kind = "pool" if type else called_elsewhere(said, keys(Block))
    if kind not in KINDS:
        return
    facts = keys(KINDS[kind].settings)
    named = [(called_elsewhere(one.name, facts), source.excerpt(one.value.span)) for one in mapping if one is not entry]
    if not all(name and "\n" not in text for name, text in named):
        return
    given = _of_pool(type, window)
    settings = ", ".join(f"{name}: {text}" for name, text in [*given, *named])
    text = f"{kind}: {{{settings}}}"
    span = mapping.span if mapping.flow else mapping.entries[0].key.span.to(mapping.entries[-1].value.span)
    yield Fix(f"write `{text}`", (Edit(span, f"{{{text}}}" if mapping.flow else text),))


def bare_layer(source: Source, path: Path, mapping: Mapping) -> Iterator[Fix]:
    """A convolution that stands where a block does: `{filters: 8, kernel: 3}`."""
    facts, own = (
        keys(KINDS["conv"].settings),
        {key.name for key in keys(Block)} - {"activation", "norm", "dropout", "repeat"},
    )
    names = {entry.name for entry in mapping}
    texts = [source.excerpt(entry.key.span.to(entry.value.span)) for entry in mapping]
    if section_at(path, mapping) is not Block or names & own or any("\n" in text for text in texts):
        return
    if all(called_elsewhere(name, facts) for name in names):
        text = f"conv: {{{', '.join(texts)}}}"
        span = mapping.span if mapping.flow else mapping.entries[0].key.span.to(mapping.entries[-1].value.span)
        yield Fix(f"write `{text}`", (Edit(span, f"{{{text}}}" if mapping.flow else text),))


LEADING = ("stride", "first")
"""Keys of a convolution that a block has from its first one."""


def into_convolutions(source: Source, path: Path, block: Mapping, entry: Entry) -> Iterator[Fix]:
    """What a block says of its convolutions, in these: where it strides in the first, the rest in each that does not say it.

    Where a bridged block is repeated, the first repetition alone strides.
    """
    conv = block.entry("conv") if section_at(path, block) is Block else None
    name = called_elsewhere(entry.name, keys(KINDS["conv"].settings)) if conv is not None else None
    if conv is None or name is None or (name != entry.name and entry.name in held_keys(path, block)):
        return
    listed = conv.value.items if isinstance(conv.value, Listed) else (conv.value,)
    layers = [layer for layer in listed if isinstance(layer, Mapping) and layer.entry(name) is None]
    layers = [layer for layer in layers if layer is listed[0]] if name in LEADING else layers
    text = written(plain(entry.value))
    repeat = block.entry("repeat")
    if name == "stride" and repeat is not None and plain(repeat.value) != 1 and is_bridged(block) and layers:
        edits = (insert(source, layers[0], "first", f"{{stride: {text}}}"), remove(source, block, entry))
        yield Fix(f"move `{entry.name}` to the first convolution as `first: {{stride: {text}}}`", edits)
    if layers and isinstance(conv.value, Listed):
        where = "the first convolution" if name in LEADING else "the convolutions"
        moved = (insert(source, layer, name, text) for layer in layers)
        title = f"move `{entry.name}` to {where}" + f" as `{name}`" * (name != entry.name)
        yield Fix(title, (*moved, remove(source, block, entry)))


def spatial(source: Source, entry: Entry, facts: Sequence[Key]) -> Iterator[Fix]:
    """A dropout of whole feature maps by its own name: `SpatialDropout2D: 0.1`."""
    word = entry.name.lower().replace("_", "").replace("-", "")
    if word in SPATIAL and isinstance(entry.value, Scalar) and any(key.name == "dropout" for key in facts):
        text = f"dropout: {{rate: {source.excerpt(entry.value.span)}, type: spatial}}"
        yield Fix(f"write `{text}`", (Edit(entry.key.span.to(entry.value.span), text),))


def named_type(source: Source, path: Path, entry: Entry) -> Iterator[Fix]:
    """A type that is the key, with its first argument: `{leaky_relu: 0.1}`."""
    section = variants_at(path).get(entry.name)
    first = next(iter(keys(section)), None) if section is not None else None
    if first is not None and isinstance(entry.value, Scalar) and fits(entry.value.value, first.type.schema):
        text = f"type: {entry.name}, {first.name}: {source.excerpt(entry.value.span)}"
        yield Fix(f"write `{text}`", (Edit(entry.key.span.to(entry.value.span), text),))


def numbered(source: Source, mapping: Mapping, entry: Entry, facts: Sequence[Key]) -> Iterator[Fix]:
    """Keys that number layers of one kind, as the list of these: `conv1: {...}`, `conv2: {...}`."""
    stem = entry.name.rstrip("0123456789").rstrip("_")
    name = called_elsewhere(stem, facts) if stem != entry.name else None
    layers = [one for one in mapping if re.fullmatch(rf"{re.escape(stem)}_?\d+", one.name)]
    at = mapping.entries.index(layers[0]) if layers else 0
    texts = [source.excerpt(one.value.span) for one in layers]
    if not (name in KINDS and KINDS[name].many) or mapping.entry(name) or any("\n" in text for text in texts):
        return
    if tuple(layers) == mapping.entries[at : at + len(layers)] and all(texts):
        text = f"{name}: [{', '.join(texts)}]"
        span = layers[0].key.span.to(layers[-1].value.span)
        words = " and ".join(f"`{one.name}`" for one in layers)
        yield Fix(f"write {words} as one list under `{name}`", (Edit(span, text),))


def first_block(source: Source, root: Mapping, mapping: Mapping, entry: Entry) -> Iterator[Fix]:
    """Layers that stand at the top where blocks do, as the one block."""
    names = {key.name for key in keys(Block)} - {key.name for key in keys(Top)}
    if mapping is not root or root.flow or root.entry("blocks") or entry.name not in names:
        return
    at = root.entries.index(entry)
    layers = [*takewhile(lambda one: one.name in names, root.entries[at:])]
    first, last = entry.key.span.line, last_line(layers[-1])
    edits = (Edit(Span(first, 1, first, 1), "blocks:\n  - "), *shifted(source, range(first + 1, last + 1), 4))
    yield Fix("write " + " and ".join(f"`{one.name}`" for one in layers) + " as a block", edits)


def _of_pool(type: str | None, window: str | None) -> list[tuple[str, str]]:
    """The settings that a word for a pooling layer says; `max` alone is the default, and goes without saying."""
    said = [("type", type), ("window", window)] if window else [("type", type)] if type == "average" else []
    return [(name, text) for name, text in said if text]


def pool_of_type(source: Source, entry: Entry, facts: Sequence[Key]) -> Iterator[Fix]:
    """A pooling layer whose type is the key: `AveragePooling2D: {pool_size: 2}`."""
    type, window = POOLS.get(squeezed(entry.name), (None, None))
    if type is None or not any(key.name == "pool" for key in facts):
        return
    settings = keys(KINDS["pool"].settings)
    given = _of_pool(type, window)
    value = entry.value
    if isinstance(value, Mapping) and not window:
        named = [(called_elsewhere(one.name, settings), source.excerpt(one.value.span)) for one in value]
        given += [(name, text) for name, text in named if name]
        if not all(name for name, _ in named):
            return
    elif not window:
        given += [("window", source.excerpt(value.span))]
    text = "pool: {" + ", ".join(f"{name}: {value}" for name, value in given) + "}"
    yield Fix(f"write `{text}`", (Edit(entry.key.span.to(value.span), text),))


def last_units(source: Source, root: Mapping, mapping: Mapping, entry: Entry) -> Iterator[Fix]:
    """How many outputs or classes there are, as the last fully connected layer."""
    fc, units = root.entry("fc"), entry.value
    if squeezed(entry.name) not in OUTPUTS or not isinstance(getattr(units, "value", None), int):
        return
    text = source.excerpt(units.span)
    title = f"write `{text}` as the last layer of `fc`"
    if fc is None and mapping is root:
        yield Fix(title, (Edit(entry.key.span.to(units.span), f"fc: [{text}]"),))
    elif fc and isinstance(fc.value, Listed) and fc.value.flow and fc.value.items:
        last = fc.value.items[-1]
        if source.excerpt(last.span) == text:
            yield Fix(f"remove `{entry.name}: {text}`, which `fc` says", (remove(source, mapping, entry),))
        elif mapping is root:
            yield Fix(title, (Edit(last.span.end, f", {text}"), remove(source, mapping, entry)))


def glued_dashes(source: Source, node: Node) -> Iterator[Fix]:
    """A list, each of whose dashes lacks its space, which is read as one text."""
    numbers = range(node.span.line, node.span.end_line + (node.span.end_column > 1))
    dashes = [(number, re.match(r" *-(?=[^\s-])", source.lines[number - 1])) for number in numbers]
    if isinstance(node, Scalar) and not node.quoted and dashes and all(dash for _, dash in dashes):
        places = ((number, dash.end() + 1) for number, dash in dashes if dash)
        title = "add a space behind each dash" if len(dashes) > 1 else "add a space behind the dash"
        yield Fix(title, tuple(Edit(Span(number, at, number, at), " ") for number, at in places))


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
    while first > 1 and _only_fc(source, items[first - 1]) is not None:
        first -= 1
    if not blocks or not isinstance(blocks.value, Listed) or first == len(items) or root.entry("fc"):
        return
    texts = [text for item in items[first:] for text in _only_fc(source, item) or ()]
    if not any("\n" in text for text in texts):
        text = f"[{', '.join(texts)}]"
        cut = remove_items(source, blocks.value, first)
        added = insert(source, root, "fc", text)
        if added.span.line == cut.span.end_line:  # the blocks are the last key
            yield Fix(f"write `fc: {text}` after the blocks", (Edit(cut.span, added.text),))
        else:
            yield Fix(f"write `fc: {text}` after the blocks", (cut, added))


def _only_fc(source: Source, item: Node) -> list[str] | None:
    """The fully connected layers that a block is instead, each as YAML; None where it is none."""
    entries = item.entries if isinstance(item, Mapping) else ()
    if len(entries) == 1 and called_elsewhere(entries[0].name, keys(Top)) == "fc":
        value = entries[0].value
        layers = value.items if isinstance(value, Listed) else (value,)
        return [source.excerpt(layer.span) for layer in layers]
    kind = next((one for one in entries if squeezed(one.name) in KIND_OF_LAYER), None)
    if kind is None or not isinstance(kind.value, Scalar) or called_elsewhere(kind.value.text, keys(Top)) != "fc":
        return None
    return [
        "{" + ", ".join(source.excerpt(one.key.span.to(one.value.span)) for one in entries if one is not kind) + "}"
    ]


def pool(source: Source, node: Node) -> Iterator[Fix]:
    """A pooling layer by a word of other systems, or by its window alone."""
    text = ""
    type, window = POOLS.get(squeezed(node.text), ("", None)) if isinstance(node, Scalar) else ("", None)
    if window:
        text = f"{{type: {type}, window: {window}}}"
    sizes = node.items if isinstance(node, Listed) else (node,)
    if all(isinstance(size, Scalar) and isinstance(size.value, int) for size in sizes) and len(sizes) in (1, 2):
        text = f"{{window: {source.excerpt(node.span)}}}"
    if text:
        yield Fix(f"write `pool: {text}`", (Edit(node.span, text),))


def type_of_pool(node: Scalar, pool: Mapping) -> Iterator[Fix]:
    """A type that says the window too: `{type: global_average}`."""
    type, window = POOLS.get(squeezed(node.text), (None, None))
    if window and pool.entry("window") is None and pool.flow:
        text = f"{type}, window: {window}"
        yield Fix(f"write `type: {text}`", (Edit(node.span, text),))


CALL = re.compile(r"(?:[\w]+\.)*(\w+)\(([\d.]*)\)")


def item_of_words(source: Source, listed: Listed, node: Scalar) -> Iterator[Fix]:
    """A list's item that is no layer, but what other systems write between layers: a setting of the layer before."""
    at = listed.items.index(node)
    before = listed.items[at - 1] if at else None
    call = CALL.fullmatch(node.text)
    word, value = (plain_word(call[1]), call[2]) if call else (plain_word(node.text), "")
    setting = SWITCHES.get((squeezed(word), "true"))
    if word == "dropout" and value:
        setting = f"dropout: {value}"
    elif word in ACTIVATIONS:
        setting = f"activation: {word}"
    elif word in ("dense", "linear") and value:
        yield Fix(f"write `{value}`", (Edit(node.span, value),))
    if setting and isinstance(before, Scalar) and isinstance(before.value, int):
        text = f"{{units: {before.text}, {setting}}}"
        yield Fix(f"write `{text}`", (Edit(before.span, text), remove_item(source, listed, at)))
    elif setting and isinstance(before, Mapping):
        name, _, text = setting.partition(": ")
        before = before if name in ("shortcut", "join") else _weighted(before)
        yield Fix(
            f"write `{setting}` in the layer before",
            (insert(source, before, name, text), remove_item(source, listed, at)),
        )
    if not node.text and not node.quoted and at:
        yield Fix("remove the empty item", (remove_item(source, listed, at),))
    if word in IMPLIED:
        yield Fix(f"remove `{node.text}`", (remove_item(source, listed, at),), "safe")
    elif re.fullmatch(r"[A-Za-z_]+", node.text) and not setting:
        yield Fix(f"remove `{node.text}`", (remove_item(source, listed, at),), "display")


def _weighted(node: Mapping) -> Node:
    """The last convolution of a block; any other mapping itself."""
    conv = node.entry("conv")
    layer = conv.value if conv else node
    return layer.items[-1] if isinstance(layer, Listed) and layer.items else layer


def with_layer_before(source: Source, listed: Listed, node: Mapping) -> Iterator[Fix]:
    """Settings without units, as those of the layer before them: `[512, {dropout: 0.5}]`."""
    at = listed.items.index(node)
    before = listed.items[at - 1] if at else None
    if isinstance(before, Scalar) and isinstance(before.value, int) and all(isinstance(e.value, Scalar) for e in node):
        settings = ", ".join(f"{entry.name}: {source.excerpt(entry.value.span)}" for entry in node)
        text = f"{{units: {before.text}, {settings}}}"
        yield Fix(f"write `{text}`", (Edit(before.span, text), remove_item(source, listed, at)))


def last_line(node: Mapping | Entry) -> int:
    """The last line of a mapping, or of an entry with its value."""
    if isinstance(node, Entry):
        return max(node.key.span.line, node.value.span.end_line - (node.value.span.end_column == 1))
    return node.span.end_line - (node.span.end_column == 1)


def _before(whole: Span, value: Span) -> Span:
    """From the start of one span to that of another."""
    return Span(whole.line, whole.column, value.line, value.column)
