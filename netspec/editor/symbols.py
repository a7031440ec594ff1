"""The outline of a spec as an editor shows it: its sections, the blocks, the layers with their shapes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from netspec.analysis.plan import PlannedLayer
from netspec.editor.document import Document
from netspec.editor.hints import text
from netspec.language.kind import dimensions
from netspec.text.nodes import Entry, Mapping, Node, Scalar, Sequence
from netspec.text.source import Span

Layers = dict[int, list[PlannedLayer]]
"""The layers by the identity of the node that says them."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """One line of the outline."""

    name: str
    detail: str
    kind: Literal["value", "section", "block", "layer"]
    name_span: Span
    whole: Span
    """Holds `name_span`."""
    below: tuple[Symbol, ...] = ()


def symbols(document: Document) -> list[Symbol]:
    """The sections of a spec; of a text that is being typed, the layers up to the first whose shape is not known."""
    root = document.root
    if not document.is_spec or not isinstance(root, Mapping):
        return []
    layers: Layers = {}
    for layer in document.layers:
        layers.setdefault(id(layer.layer.node), []).append(layer)
    return [_section(entry, layers, document) for entry in root]


def _section(entry: Entry, layers: Layers, document: Document) -> Symbol:
    name, value = entry.key.span, entry.value
    if isinstance(value, Scalar):
        return Symbol(entry.name, value.text, "value", name, _whole(name, value))
    found = [*_within(value, name, layers)]
    shape = found[-1].last.output if found else None
    if entry.name == "input" and document.plan is not None:
        shape = document.plan.input
    below = tuple(one.symbol for one in found)
    return Symbol(entry.name, dimensions(shape) if shape else "", "section", name, _whole(name, value), below)


class _Found(NamedTuple):
    """What layers are shown by, and the first and the last of them."""

    symbol: Symbol
    first: PlannedLayer
    last: PlannedLayer


def _within(node: Node, name: Span, layers: Layers) -> Iterator[_Found]:
    """The layers that are written in a node, in the blocks that they are of; `name` is what shows the node."""
    if here := layers.get(id(node)):
        first, last = here[0], here[-1]
        shown = _named(first.name.rpartition(".")[2], last.name.rpartition(".")[2])
        below = tuple(one.symbol for one in _of_entries(node, layers)) if isinstance(node, Mapping) else ()
        yield _Found(Symbol(shown, text(here), "layer", name, _whole(name, node), below), first, last)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _within(item, item.span, layers)
    elif isinstance(node, Mapping) and (found := [*_of_entries(node, layers)]):
        first, last = found[0].first, found[-1].last
        shown = _named(*(_block(layer, node) for layer in (first, last))) or "block"
        start, below = node.entries[0].key.span, tuple(one.symbol for one in found)
        yield _Found(Symbol(shown, dimensions(last.output), "block", start, _whole(start, node), below), first, last)


def _of_entries(node: Mapping, layers: Layers) -> Iterator[_Found]:
    """The layers that the values of a mapping say: of a block its own, of a layer its gate."""
    for entry in node:
        yield from _within(entry.value, entry.key.span, layers)


def _block(layer: PlannedLayer, node: Mapping) -> str:
    """The name of the block or branch that a node says, in the copy of it that a layer is in."""
    return next((group.name for group in layer.layer.groups if group.node is node), layer.name.rpartition(".")[0])


def _named(first: str, last: str) -> str:
    return " .. ".join(dict.fromkeys((first, last)))


def _whole(name: Span, node: Node) -> Span:
    """From the name to the end of the node, which stands elsewhere where an alias is written."""
    return name.to(node.span) if node.span >= name else name
