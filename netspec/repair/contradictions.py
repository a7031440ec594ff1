"""What ends a contradiction: of two keys, of two names, of a spec and its data; and what a spec without layers lacks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netspec.analysis.against_data import SIZES
from netspec.analysis.causes import (
    Contradiction,
    MapAsOutput,
    NameForSeveral,
    NameTaken,
    NoEffect,
    NoLayers,
    OneUnit,
    OnLogits,
    OtherBound,
    OtherClassCount,
    OtherImageSize,
    RunsBefore,
)
from netspec.analysis.report import Report
from netspec.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netspec.language.causes import EmptyBlock, TooManyLayers
from netspec.language.data import SOURCES
from netspec.language.edits import exchange, insert, remove, remove_item
from netspec.language.spec import Spec
from netspec.language.vocabulary import layers_of_block
from netspec.repair.lines import itemized
from netspec.repair.values import removal
from netspec.text.nodes import Mapping, Path, Sequence, walk


def contradiction(report: Report, finding: Diagnostic, cause: Contradiction) -> Iterator[Fix]:
    """The values with which the two agree, one at a time."""
    for agreement in cause.agreements:
        path = tuple(agreement.key.split("."))
        if agreement.at is not None and agreement.value is not None:
            yield Fix(f"set `{agreement.key}: {agreement.value}`", (Edit(agreement.at, agreement.value),))
        elif agreement.value is None:
            yield from _without(report, path)
        else:
            yield from _with(report, path, agreement.value)


def _with(report: Report, path: Path, text: str) -> Iterator[Fix]:
    mapping, name = walk(report.root, path[:-1]), str(path[-1])
    if isinstance(mapping, Mapping):
        entry = mapping.entry(name)
        edit = Edit(entry.value.span, text) if entry else insert(report.source, mapping, name, text)
        yield Fix(f"set `{name}: {text}`", (edit,))


def _without(report: Report, path: Path) -> Iterator[Fix]:
    mapping = walk(report.root, path[:-1])
    entry = mapping.entry(str(path[-1])) if isinstance(mapping, Mapping) else None
    if entry and isinstance(mapping, Mapping):
        yield removal(report.source, mapping, entry, needless=True)


def no_effect(report: Report, finding: Diagnostic, cause: NoEffect) -> Iterator[Fix]:
    """The layer without the key, where the key stands in the layer itself."""
    spec = _spec(report)
    layer = next(layer for layer in spec.layers if layer.name == cause.layer)
    entry = layer.node.entry(cause.key) if isinstance(layer.node, Mapping) else None
    if entry and isinstance(layer.node, Mapping):
        yield removal(spec.source, layer.node, entry, needless=True)


def on_logits(report: Report, finding: Diagnostic, cause: OnLogits) -> Iterator[Fix]:
    """The last layer with the value that leaves the logits alone, whatever `defaults` say."""
    layer = _spec(report).layers[cause.position]
    own = cause.key in layer.own
    edit = (
        Edit(layer.at(cause.key), cause.value)
        if own
        else insert(report.source, layer.node, cause.key, cause.value, "units")
    )
    before = _spec(report).layers[cause.position - 1] if cause.position else None
    moved = cause.key == "dropout" and own
    if (
        before
        and moved
        and before.kind == layer.kind
        and "dropout" not in before.places
        and isinstance(layer.node, Mapping)
    ):
        entry = layer.node.entry("dropout")
        assert entry is not None
        text = report.source.excerpt(entry.value.span)
        edits = (insert(report.source, before.node, "dropout", text, "units"), remove(report.source, layer.node, entry))
        yield Fix(f"move `dropout: {text}` to `{before.name}`", edits)
    title = f"set `{cause.key}: {cause.value}` in `{layer.name}`"
    yield Fix(title, (edit,), "display" if moved else "unsafe")  # it may be meant for the layer before


def runs_before(report: Report, finding: Diagnostic, cause: RunsBefore) -> Iterator[Fix]:
    """The two in the order in which they run; then a block of its own for the upper one, which then runs first."""
    block = walk(report.root, cause.path)
    assert isinstance(block, Mapping)
    above, first = block.entry(cause.above), block.entry(cause.first)
    assert above is not None
    assert first is not None
    if edits := exchange(report.source, block, above, first):
        yield Fix(f"write `{first.name}` above `{above.name}`, as they run", edits)
    if not block.flow and block.entries == (above, first):
        yield from (
            replace(fix, title=f"let `{above.name}` run first, in a block of its own")
            for fix in itemized(report.source, first.key.span.line)
        )


def name_taken(report: Report, finding: Diagnostic, cause: NameTaken) -> Iterator[Fix]:
    """The first free name that begins alike."""
    spec = _spec(report)
    layer, taken = spec.layers[cause.position], {layer.name for layer in spec.layers}
    free = next(name for n in range(2, len(taken) + 3) if (name := f"{cause.stem}_{n}") not in taken)
    if "name" in layer.places:
        yield Fix(f"name it `{free}`", (Edit(layer.at("name"), free),))


def name_for_several(report: Report, finding: Diagnostic, cause: NameForSeveral) -> Iterator[Fix]:
    """No name in `defaults`."""
    yield from _without(report, ("defaults", cause.kind, "name"))


def no_layers(report: Report, finding: Diagnostic, cause: NoLayers) -> Iterator[Fix]:
    """A fully connected layer."""
    spec = _spec(report)
    empty = "fc" in spec.given and "blocks" not in spec.given
    edit = Edit(spec.given["fc"].value, "[10]") if empty else insert(spec.source, spec.root, "fc", "[10]")
    yield Fix("add `fc: [10]`", (edit,))


def empty_block(report: Report, finding: Diagnostic, cause: EmptyBlock) -> Iterator[Fix]:
    """What a block without layers says, in the block before it; a layer of each kind that may stand in a block."""
    block, listed, at = walk(report.root, cause.path), walk(report.root, cause.path[:-1]), cause.path[-1]
    assert isinstance(block, Mapping)
    before = listed.items[at - 1] if isinstance(listed, Sequence) and isinstance(at, int) and at else None
    if isinstance(listed, Sequence) and isinstance(before, Mapping) and block.entries and block.entry("repeat") is None:
        yield from _in_block_before(report, listed, before, block)
    for kind, texts in layers_of_block().items():
        for text in texts:
            yield Fix(f"add `{kind}: {text}`", (insert(report.source, block, kind, text),))


def _in_block_before(report: Report, listed: Sequence, before: Mapping, block: Mapping) -> Iterator[Fix]:
    texts = {entry.name: report.source.excerpt(entry.value.span) for entry in block}
    if any("\n" in text or before.entry(name) for name, text in texts.items()):
        return
    added = [insert(report.source, before, name, text) for name, text in texts.items()]
    edits = (*added, remove_item(report.source, listed, listed.items.index(block)))
    words = " and ".join(f"`{name}: {text}`" for name, text in texts.items())
    yield Fix(f"write {words} in the block before", edits)


def too_many_layers(report: Report, finding: Diagnostic, cause: TooManyLayers) -> Iterator[Fix]:
    """A lower `repeat`."""
    if cause.repeat is not None:
        yield from (Fix(f"set `repeat: {n}`", (Edit(cause.repeat, str(n)),)) for n in (10, 2, 1))


def other_image_size(report: Report, finding: Diagnostic, cause: OtherImageSize) -> Iterator[Fix]:
    """Another source, written where one is or would be; then the size of the data's images."""
    spec = _spec(report)
    assert spec.input is not None
    yield from (_from(spec, name) for name in cause.sources)
    sizes = zip(SIZES, spec.input.value.shape, cause.images, strict=True)
    wanted = {name: should for name, is_, should in sizes if is_ != should}
    edits = tuple(Edit(spec.input.places[name].value, str(size)) for name, size in wanted.items())
    words = " and ".join(f"`{name}: {size}`" for name, size in wanted.items())
    yield Fix(f"set {words} in `input`", edits)


def _from(spec: Spec, name: str) -> Fix:
    section = spec.root.entry("data")
    if "source" in spec.data.places:
        return Fix(f"set `source: {name}`", (Edit(spec.data.at("source"), name),))
    if section is not None and isinstance(section.value, Mapping):
        return Fix(f"add `source: {name}`", (insert(spec.source, section.value, "source", name),))
    value = f"{{source: {name}, path: {name}}}" if SOURCES[name].known is None else f"{{source: {name}}}"
    return Fix(f"add `data: {value}`", (insert(spec.source, spec.root, "data", value),))


def other_class_count(report: Report, finding: Diagnostic, cause: OtherClassCount) -> Iterator[Fix]:
    """As many outputs as classes."""
    if cause.at is not None:
        yield Fix(f"set `{cause.key}: {cause.classes}`", (Edit(cause.at, str(cause.classes)),))


def one_unit(report: Report, finding: Diagnostic, cause: OneUnit) -> Iterator[Fix]:
    """The loss of one number for two classes, or a number for each of them."""
    spec = _spec(report)
    if spec.root.entry("train") is None:
        value = f"{{loss: {cause.loss}}}"
        yield Fix(f"add `train: {value}`", (insert(spec.source, spec.root, "train", value),))
    yield from _with(report, ("train", "loss"), cause.loss)
    if cause.at is not None:
        yield Fix(f"set `{cause.key}: 2`", (Edit(cause.at, "2"),))


def other_bound(report: Report, finding: Diagnostic, cause: OtherBound) -> Iterator[Fix]:
    """The same number as the other bound."""
    place = _spec(report).train.places[f"target.{cause.key}"].key
    yield Fix(f"write `{cause.wanted}` for `{cause.key}`", (Edit(place, cause.wanted),))


def map_as_output(report: Report, finding: Diagnostic, cause: MapAsOutput) -> Iterator[Fix]:
    """Global pooling where the last block has no pool, or a fully connected layer at the end."""
    spec = _spec(report)
    blocks = spec.root.entry("blocks")
    block = blocks.value.items[-1] if blocks and isinstance(blocks.value, Sequence) and blocks.value.items else None
    if isinstance(block, Mapping) and block.entry("pool") is None:
        edit = insert(spec.source, block, "pool", "{type: average, window: all}")
        yield Fix("add `pool: {type: average, window: all}`", (edit,))
    text = f"[{cause.classes}]"
    edit = Edit(spec.given["fc"].value, text) if "fc" in spec.given else insert(spec.source, spec.root, "fc", text)
    yield Fix(f"add `fc: {text}`", (edit,))


def _spec(report: Report) -> Spec:
    assert report.spec is not None
    return report.spec
