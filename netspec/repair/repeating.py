"""What holds for the first repetition, and what for each: where it stands in the wrong one of the two, or in all layers at once."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.causes import NotRepeated, Overpadded, StridesAgain
from netspec.analysis.report import Report
from netspec.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netspec.language.edits import insert, remove
from netspec.language.spec import Layer, Spec
from netspec.repair.changes import instead, keeping
from netspec.text.nodes import Entry, Mapping, walk
from netspec.text.source import Source


def not_repeated(report: Report, finding: Diagnostic, cause: NotRepeated) -> Iterator[Fix]:
    """The values of `first` in the layer itself; those of `defaults`, in the layers that are repeated."""
    spec = report.spec
    assert spec is not None
    layer = spec.layers[cause.layer]
    holder = layer.node if "first" in layer.own else walk(spec.root, ("defaults", layer.kind))
    entry = holder.entry("first") if isinstance(holder, Mapping) else None
    if entry is None or not isinstance(holder, Mapping):
        return
    if "first" in layer.own:
        yield from _in_place(spec.source, holder, entry)
    else:
        yield from _into_layers(spec, layer, holder, entry)


def _into_layers(spec: Spec, layer: Layer, defaults: Mapping, entry: Entry) -> Iterator[Fix]:
    """`first` of `defaults` in each layer that has it from there, and is repeated."""
    text, edits, nodes = spec.source.excerpt(entry.value.span), list[Edit](), set[int]()
    for other in spec.layers:
        repeated = any(group.repetitions > 1 for group in other.groups) or getattr(other.settings, "repeat", 1) > 1
        has = other.places.get("first") == layer.places["first"] and not other.added
        if has and repeated and id(other.node) not in nodes and "\n" not in text:
            nodes.add(id(other.node))
            edits.append(insert(spec.source, other.node, "first", text))
    if edits:
        title = f"move `first: {text}` from `defaults` to the layers that are repeated"
        yield Fix(title, (*edits, remove(spec.source, defaults, entry)))
    else:
        yield from _in_place(spec.source, defaults, entry)


def _in_place(source: Source, mapping: Mapping, entry: Entry) -> Iterator[Fix]:
    """The values of `first` beside it, each over the one that stands there."""
    edits, new = list[Edit](), list[str]()
    for own in entry.value if isinstance(entry.value, Mapping) else ():
        text, there = source.excerpt(own.value.span), mapping.entry(own.name)
        if there is not None:
            edits.append(Edit(there.value.span, text))
        else:
            new.append(f"{own.name}: {text}")
    apart = ", " if mapping.flow else "\n" + " " * (entry.key.span.column - 1)
    place = Edit(entry.key.span.to(entry.value.span), apart.join(new)) if new else remove(source, mapping, entry)
    yield Fix("write the values of `first` into the layer", (*edits, place))


def strides_again(report: Report, finding: Diagnostic, cause: StridesAgain) -> Iterator[Fix]:
    """The stride for the first repetition alone."""
    spec = report.spec
    assert spec is not None
    layer = spec.layers[cause.layer]
    entry = layer.node.entry("stride") if isinstance(layer.node, Mapping) else None
    if entry is None or not isinstance(layer.node, Mapping):
        return
    text = f"stride: {spec.source.excerpt(entry.value.span)}"
    there = layer.node.entry("first")
    edits: tuple[Edit, ...] = (Edit(entry.key.span.to(entry.value.span), f"first: {{{text}}}"),)
    if there is not None:
        name, _, value = text.partition(": ")
        edits = (insert(spec.source, there.value, name, value), remove(spec.source, layer.node, entry))
    yield Fix(f"write `first: {{{text}}}` in its place", edits)


def overpadded(report: Report, finding: Diagnostic, cause: Overpadded) -> Iterator[Fix]:
    """The padding that keeps the size, in each layer: others have what `defaults` say."""
    spec = report.spec
    assert spec is not None
    layers = list({id(spec.layers[n].node): spec.layers[n] for n in cause.layers}.values())
    yield from instead(spec, [(layer, "padding", keeping(layer)) for layer in layers])
