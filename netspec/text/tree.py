"""The tree that grows from libyaml's events, within limits that hold before anything is built."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from netspec.text.causes import KeyOfAnotherType, MergeKey, RepeatedKey, SecondDocument, Tag, UnknownAlias
from netspec.text.characters import FORBIDDEN, described, shown
from netspec.text.nodes import Entry, Mapping, Node, Scalar, Sequence
from netspec.text.scalars import DIGITS, resolve
from netspec.text.source import START, Fault, Source, Span
from netspec.text.surrogates import unmasked
from netspec.text.syntax import Opened

DEPTH = 64
"""How deep containers may nest, aliases counted as what they stand for."""

VALUES = 100_000
"""How many values a spec may hold, each alias counted as what it stands for: three nets of 5,000 layers."""


@dataclass(slots=True)
class _Anchor:
    """What `&name` stands at; the node is None while it is still open."""

    span: Span
    node: Node | None = None
    height: int = 0
    values: int = 1


@dataclass(slots=True)
class _Container:
    """A list or mapping whose end has not come."""

    event: yaml.MappingStartEvent | yaml.SequenceStartEvent
    start: int
    end: int
    """Where the last thing inside it ends."""
    anchor: _Anchor | None
    values_before: int
    is_mapping: bool
    nodes: list[Node] = field(default_factory=list)
    """The items; of a mapping keys and values in turn."""
    height: int = 1

    @property
    def awaits_key(self) -> bool:
        return self.is_mapping and len(self.nodes) % 2 == 0


class Tree:
    """Builds the nodes from libyaml's events, on a stack of its own: no depth of text is a depth of calls."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.faults: list[Fault] = []
        self.root: Node | None = None
        self.lost = False
        self.stopped = False
        self.ended = False
        """Whether `...` closed the document."""
        self.last_quoted: tuple[int, int] | None = None
        self._open: list[_Container] = []
        self._anchors: dict[str, _Anchor] = {}
        self._values = 0
        self._documents = 0

    def opened_flow(self) -> list[Opened]:
        """The brackets that are open, outermost first."""
        return [
            Opened(container.start, self.source.text[container.start])
            for container in self._open
            # the `a: b` of `[a: b]` is a mapping without braces: libyaml gives its start no width
            if container.event.flow_style and _end_of(container.event) > _start_of(container.event)
        ]

    def take(self, event: yaml.Event) -> None:
        """One event more."""
        if takes := _TAKES.get(type(event)):
            takes(self, event)

    def _is_empty(self) -> bool:
        root = self.root
        absent = root is None or (isinstance(root, Scalar) and not root.text and not root.quoted)
        return absent and not self.faults

    def _end(self, _: yaml.StreamEndEvent) -> None:
        if self._is_empty():
            self._refuse(Fault("NS001", "the spec is empty", START, help="begin with `netspec: 1`"))

    def _document_end(self, event: yaml.DocumentEndEvent) -> None:
        self.ended = bool(event.explicit)

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            at = _start_of(event)
            help = "keep one network a file: move what follows to a file of its own"
            span = self.source.span(at, at + 3)
            self._stop(Fault("NS014", "another document begins here", span, help=help, cause=SecondDocument()))

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        start, anchor = self._properties(event)
        end = _end_of(event)
        quoted = bool(event.style)
        if quoted:
            # libyaml ends a block scalar at the start of the next line
            end = start + len(self.source.text[start:end].rstrip())
            self.last_quoted = start, end
        elif not event.value:
            start = end = self._place_of_nothing(start, end)
        span = self.source.span(start, end)
        event.value = unmasked(event.value, self.source.text[start:end], escapes=event.style == '"')
        node = Scalar(self._value(event, span), event.value, quoted, span)
        if anchor:
            anchor.node = node
        self._add(node, start, end)

    def _place_of_nothing(self, start: int, end: int) -> int:
        """Where an absent value would stand: libyaml puts that of a key without `:` before the next token."""
        after = self._open[-1].end if self._open else 0
        gap = self.source.text[after:start]
        return after if gap.isspace() or "#" in gap else min(start, end)

    def _value(self, event: yaml.ScalarEvent, span: Span) -> bool | int | float | str | None:
        text: str = event.value
        if not event.style:
            try:
                return resolve(text)
            except OverflowError:
                message = f"the integer has more than {DIGITS} digits"
                help = "write a smaller number, or quote it where text is meant"
                self._refuse(Fault("NS020", message, span, help=help))
        elif event.style == '"' and (found := FORBIDDEN.search(text)):
            message = f"the escape of {described(found[0])} cannot stand in a spec"
            help = "write `\\\\` for a backslash, or use single quotes"
            self.faults.append(Fault("NS004", message, span, help=help))
        return text

    def _open_container(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        start, anchor = self._properties(event)
        if len(self._open) == DEPTH:
            self._too_deep(self.source.span(start, start + 1))
            return
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        self._open.append(_Container(event, start, start, anchor, self._values, is_mapping))

    def _close_container(self, event: yaml.MappingEndEvent | yaml.SequenceEndEvent) -> None:
        container = self._open.pop()
        flow = bool(container.event.flow_style)
        if flow:
            container.end = max(container.end, _end_of(event))
        span = self.source.span(container.start, container.end)
        if container.is_mapping:
            node: Node = Mapping(self._entries(container.nodes), span, flow)
        else:
            node = Sequence(tuple(container.nodes), span, flow)
        if anchor := container.anchor:
            anchor.node, anchor.height = node, container.height
            anchor.values = self._values - container.values_before + 1
        self._add(node, container.start, container.end, container.height)

    def _entries(self, nodes: list[Node]) -> tuple[Entry, ...]:
        entries: dict[str, Entry] = {}
        for key, value in zip(nodes[::2], nodes[1::2], strict=True):
            if not isinstance(key, Scalar) or not isinstance(key.value, str):
                self.faults.append(_not_a_string(key))
            elif key.text == "<<" and not key.quoted:
                help = "write the keys out, put them under `defaults`, or quote the key"
                message = "the merge key `<<` is not part of YAML 1.2"
                self._refuse(Fault("NS013", message, key.span, help=help, cause=MergeKey()))
            elif first := entries.get(key.text):
                related = ((first.key.span, "it is first given here"),)
                message = f"the key `{shown(key.text)}` is given twice"
                self.faults.append(Fault("NS010", message, key.span, related, "remove one of the two", RepeatedKey()))
            else:
                entries[key.text] = Entry(key, value)
        return tuple(entries.values())

    def _alias(self, event: yaml.AliasEvent) -> None:
        name, start, end = str(event.anchor), _start_of(event), _end_of(event)
        span = self.source.span(start, end)
        anchor = self._anchors.get(name)
        if anchor is None:
            message = f"no anchor `&{shown(name)}` stands before `*{shown(name)}`"
            self._refuse(Fault("NS016", message, span, help=self._anchor_help(name), cause=UnknownAlias()))
            node: Node = Scalar(None, "", False, span)
            self._add(node, start, end)
        elif anchor.node is None:
            related = ((anchor.span, f"`&{shown(name)}` begins here and has not ended"),)
            message = f"`*{shown(name)}` stands inside what it stands for"
            self._stop(Fault("NS017", message, span, related, help="write the value out"))
        elif len(self._open) + anchor.height > DEPTH:
            self._too_deep(span)
        else:
            node = anchor.node
            if isinstance(node, Scalar) and self._open and self._open[-1].awaits_key:
                node = replace(node, span=span)
            self._add(node, start, end, anchor.height, anchor.values)

    def _anchor_help(self, name: str) -> str:
        if not self._anchors:
            return f"write `&{shown(name)}` before the value it stands for, or quote `'*{shown(name)}'`"
        return "use one of " + ", ".join(f"`*{shown(known)}`" for known in [*self._anchors][:5])

    def _add(self, node: Node, start: int, end: int, height: int = 0, values: int = 1) -> None:
        if not self._open:
            self.root = node
            return
        container = self._open[-1]
        if not container.awaits_key:
            self._values += values
            if self._values > VALUES:
                message = f"the spec holds more than {VALUES:,} values, aliases counted in full"
                help = "write repeated layers with `repeat`"
                self._stop(Fault("NS019", message, self.source.span(start, end), help=help))
        container.nodes.append(node)
        if end > container.end:
            container.end = end
        if height >= container.height:
            container.height = height + 1

    def _properties(self, event: yaml.NodeEvent) -> tuple[int, _Anchor | None]:
        """Where the node starts behind its anchor and tag, and the anchor. A tag is refused."""
        start: int = _start_of(event)
        anchor = None
        if event.anchor is None and getattr(event, "tag", None) is None:
            return start, None
        while found := _PROPERTY.match(self.source.text, start, _end_of(event)):
            span = self.source.span(*found.span("property"))
            if found["property"][0] == "&":
                anchor = self._anchors[str(event.anchor)] = _Anchor(span)
            else:
                message = f"the tag `{shown(found['property'])}` is refused"
                help = "remove it: what a value is follows from how it is written"
                self._refuse(Fault("NS012", message, span, help=help, cause=Tag()))
            start = found.end()
        return start, anchor

    def refuse_depth(self, end: int) -> None:
        """Refuses what the parser, at `end`, would not nest deeper, at the first bracket that is too deep for a spec."""
        depth, start = len(self._open), self._open[-1].start + 1 if self._open else 0
        at = end
        for found in re.finditer(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|[\[\]{}]', self.source.text[start:end]):
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found[0], 0)
            if depth > DEPTH:
                at = start + found.start()
                break
        self._too_deep(self.source.span(at, at + 1))

    def _too_deep(self, span: Span) -> None:
        self._stop(Fault("NS018", f"the spec nests deeper than {DEPTH}", span, help="write it flatter"))

    def _refuse(self, fault: Fault) -> None:
        """Reading goes on after it, but the tree is not what the author meant."""
        self.faults.append(fault)
        self.lost = True

    def _stop(self, fault: Fault) -> None:
        """No more events are taken after it."""
        self._refuse(fault)
        self.stopped = True


_TAKES: dict[type[yaml.Event], Callable[[Tree, Any], None]] = {
    yaml.ScalarEvent: Tree._scalar,
    yaml.MappingStartEvent: Tree._open_container,
    yaml.SequenceStartEvent: Tree._open_container,
    yaml.MappingEndEvent: Tree._close_container,
    yaml.SequenceEndEvent: Tree._close_container,
    yaml.AliasEvent: Tree._alias,
    yaml.DocumentStartEvent: Tree._document,
    yaml.DocumentEndEvent: Tree._document_end,
    yaml.StreamEndEvent: Tree._end,
}


def _start_of(event: yaml.Event) -> int:
    assert event.start_mark
    return event.start_mark.index


def _end_of(event: yaml.Event) -> int:
    assert event.end_mark
    return event.end_mark.index


_PROPERTY = re.compile(r"(?P<property>&[\w-]+|!<[^>]*>|![^\s,\[\]{}]*)(?:\s++(?:#.*)?)*+")


def _not_a_string(key: Node) -> Fault:
    if isinstance(key, Scalar):
        kind = {type(None): "null", bool: "a boolean", int: "an integer", float: "a number"}[type(key.value)]
        message = f"the key `{shown(key.text)}` is {kind}, not a string"
        help = f'quote it: `"{shown(key.text)}"`'
        if not key.text:
            message, help = "the key is empty", "write a key before the `:`"
    else:
        message = f"the key is a {'list' if isinstance(key, Sequence) else 'mapping'}, not a string"
        help = "write a string as the key"
    return Fault("NS011", message, key.span, help=help, cause=KeyOfAnotherType())
