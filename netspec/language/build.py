"""From a located tree to the typed spec: defaults filled in, repetitions written out, places kept."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from typing import Any, TypeVar

from netspec.diagnostics.diagnostic import Diagnostic
from netspec.language.budget import Budget
from netspec.language.causes import EmptyBlock, TooManyLayers
from netspec.language.data import Data
from netspec.language.fields import Key, keys, keys_by_name
from netspec.language.kind import Kind, Settings
from netspec.language.kinds import KINDS, at_least_one, in_block
from netspec.language.spec import Group, Layer, Located, Place, Spec, measured
from netspec.language.structure import Findings, missing
from netspec.language.top import Input
from netspec.language.train import Train
from netspec.language.vocabulary import layers_of_block
from netspec.text.nodes import Entry, Mapping, Node, Scalar, Sequence, plain
from netspec.text.source import START, Source, Span

T = TypeVar("T")
LAYER_LIMIT = 10_000


def build(source: Source, root: Mapping, findings: Findings) -> Spec:
    """The typed spec of a tree; assumes that `structure.check` gave `findings`, and adds to them.

    What is unsound is left out: a section falls back to its defaults, a layer's settings become None.
    """
    return _Builder(source, root, findings).spec()


@dataclass(slots=True)
class _Template:
    """A layer as written once, before repetition."""

    kind: Kind
    node: Node
    span: Span
    given: dict[str, Any] | None
    places: dict[str, Place]
    own: frozenset[str]
    repeat: int
    settings: dict[bool, Settings] = field(default_factory=dict)
    """Those of every copy but the last layer of the network, and those of that one."""


def _repeat_of(node: Node | None) -> Entry | None:
    """The sound `repeat` of a layer or block."""
    entry = node.entry("repeat") if isinstance(node, Mapping) else None
    return entry if entry and isinstance(entry.value, Scalar) and isinstance(entry.value.value, int) else None


@dataclass(slots=True)
class _Builder:
    source: Source
    root: Mapping
    findings: Findings
    layers: list[Layer] = field(default_factory=list)
    numbers: dict[tuple[str, int], int] = field(default_factory=dict)

    def spec(self) -> Spec:
        """The whole spec."""
        self._blocks()
        self._end()
        data = self._section("data", Data)
        return Spec(
            source=self.source,
            root=self.root,
            name=self._word("name"),
            description=self._word("description"),
            input=self._input(),
            layers=tuple(self.layers),
            budget=self._section("budget", Budget),
            data=data,
            train=measured(self._section("train", Train), data.value),
            whole=self._whole(),
            sourced=self.findings.intact("data", "source"),
            given={entry.name: Place(entry.key.span, entry.value.span) for entry in self.root},
        )

    def _whole(self) -> bool:
        """Whether the list of layers is: an unknown key at the top may be what holds the layers that are not there."""
        lists = ("blocks", "fc")
        there = all(self.root.entry(name) is not None for name in lists) or not self.findings.wrong_itself()
        return there and not any(self.findings.wrong_itself(name) for name in (*lists, "defaults"))

    def _word(self, name: str) -> str:
        entry = self.root.entry(name)
        sound = entry is not None and isinstance(entry.value, Scalar) and self.findings.sound(name)
        return str(entry.value.value) if entry and isinstance(entry.value, Scalar) and sound else ""

    def _input(self) -> Located[Input] | None:
        entry = self.root.entry("input")
        if entry is None or not self.findings.sound("input"):
            return None
        if isinstance(entry.value, Sequence):
            names = [key.name for key in keys(Input)]
            sizes = dict(zip(names, plain(entry.value), strict=True))  # type: ignore[call-overload]
            spans = (item.span for item in entry.value.items)
            places = {name: Place(entry.key.span, span) for name, span in zip(names, spans, strict=True)}
            return Located(Input(**sizes), places, entry.key.span)
        return self._section("input", Input)

    def _section(self, name: str, cls: type[T]) -> Located[T]:
        entry = self.root.entry(name)
        if entry is None or not isinstance(entry.value, Mapping):
            return Located(cls(), {}, START)
        places: dict[str, Place] = {}
        value = self._construct(cls, entry.value, (name,), places, "")
        return Located(value, places, entry.key.span)

    def _construct(
        self, cls: type[T], node: Mapping, path: tuple[str | int, ...], places: dict[str, Place], prefix: str
    ) -> T:
        """A section's dataclass from the sound keys of its mapping."""
        given: dict[str, Any] = {}
        for key in keys(cls):
            entry = node.entry(key.name)
            if entry is None:
                continue
            places[prefix + key.name] = Place(entry.key.span, entry.value.span)
            below = (*path, key.name)
            if self.findings.sound(*below):
                given[key.name] = self._value(key, entry.value, below, places, f"{prefix}{key.name}.")
        return cls(**given)

    def _value(self, key: Key, node: Node, path: tuple[str | int, ...], places: dict[str, Place], prefix: str) -> Any:
        if key.type.variants:
            default = key.type.schema["default"]
            if isinstance(node, Scalar):
                return key.type.variants[str(node.value)]()
            assert isinstance(node, Mapping)
            entry = node.entry("type")
            chosen = str(entry.value.value) if entry and isinstance(entry.value, Scalar) else default
            return self._construct(key.type.variants[chosen], node, path, places, prefix)
        if key.type.section is not None:
            assert isinstance(node, Mapping)
            return self._construct(key.type.section, node, path, places, prefix)
        return key.type.parse(plain(node))

    def _blocks(self) -> None:
        entry = self.root.entry("blocks")
        number = 0
        for i, node in enumerate(entry.value.items if entry and isinstance(entry.value, Sequence) else ()):
            templates = list(self._block_templates(node, i)) if isinstance(node, Mapping) else []
            if not templates and isinstance(node, Mapping) and self.findings.sound("blocks", i):
                self._empty_block(node, i)
            if self.findings.wrong_itself("blocks", i) or not self.findings.sound("blocks", i, "repeat"):
                templates = [_Template(next(iter(KINDS.values())), node, node.span, None, {}, frozenset(), 1)]
            repeat = self._repeat(node, ("blocks", i))
            for copy in range(1, repeat + 1):
                number += 1
                if not self._expand(templates, Group(f"block{number}", node, copy, repeat)):
                    return

    def _empty_block(self, node: Mapping, i: int) -> None:
        span = node.entries[0].key.span if node.entries else node.span
        message = f"a block needs {at_least_one()}"
        help = "add " + " or ".join(f"`{name}: {texts[0]}`" for name, texts in layers_of_block().items())
        cause = EmptyBlock(("blocks", i))
        self.findings.add(("blocks", i), Diagnostic("NS201", message, self.source, span, help=help, cause=cause))

    def _block_templates(self, node: Mapping, i: int) -> Iterator[_Template]:
        for kind in in_block().values():
            entry = node.entry(kind.name)
            if entry is None:
                continue
            if kind.many and isinstance(entry.value, Sequence):
                yield from self._items(kind, entry.value, ("blocks", i, kind.name))
            else:
                yield self._template(kind, entry.value, entry.key.span, ("blocks", i, kind.name))

    def _items(self, kind: Kind, listed: Sequence, path: tuple[str | int, ...]) -> Iterator[_Template]:
        for i, node in enumerate(listed.items):
            span = node.entries[0].key.span if isinstance(node, Mapping) and node.entries else node.span
            yield self._template(kind, node, span, (*path, i))

    def _end(self) -> None:
        for kind in KINDS.values():
            entry = self.root.entry(kind.name) if kind.place == "end" else None
            if entry is not None and isinstance(entry.value, Sequence):
                self._expand(list(self._items(kind, entry.value, (kind.name,))), None)

    def _repeat(self, node: Node, path: tuple[str | int, ...]) -> int:
        entry = node.entry("repeat") if isinstance(node, Mapping) else None
        if entry is None or not isinstance(entry.value, Scalar) or not self.findings.sound(*path, "repeat"):
            return 1
        assert isinstance(entry.value.value, int)
        return entry.value.value

    def _template(self, kind: Kind, node: Node, span: Span, path: tuple[str | int, ...]) -> _Template:
        """One layer as written, its own keys over those of `defaults`."""
        given: dict[str, Any] = {}
        places: dict[str, Place] = {}
        own: frozenset[str] = frozenset()
        sound = self.findings.sound(*path) and self.findings.intact("defaults", kind.name)
        facts = keys_by_name(kind.settings)
        for mapping in (self._defaults(kind.name), node):
            for entry in mapping if isinstance(mapping, Mapping) and sound else ():
                key = facts[entry.name]
                given[entry.name] = key.type.parse(plain(entry.value))
                places[entry.name] = Place(entry.key.span, entry.value.span)
        if isinstance(node, Mapping):
            own = frozenset(entry.name for entry in node)
        elif isinstance(node, Scalar) and sound and kind.short is not None:
            given[kind.short] = node.value
            places[kind.short], own = Place(node.span, node.span), frozenset({kind.short})
        if sound:
            sound = self._complete(kind.name, given, node, span, path, facts)
        return _Template(
            kind,
            node,
            span,
            given if sound else None,
            places,
            own,
            int(given.get("repeat") or self._repeat(node, path)) if "repeat" in facts else 1,
        )

    def _defaults(self, kind: str) -> Mapping | None:
        entry = self.root.entry("defaults")
        section = entry.value.entry(kind) if entry and isinstance(entry.value, Mapping) else None
        return section.value if section and isinstance(section.value, Mapping) else None

    def _complete(
        self,
        kind: str,
        given: MappingType[str, Any],
        node: Node,
        span: Span,
        path: tuple[str | int, ...],
        facts: dict[str, Key],
    ) -> bool:
        absent = [name for name, key in facts.items() if key.required and name not in given]
        for name in absent:
            self.findings.add(path, missing(self.source, name, f"`{kind}`", node, path, tuple(facts.values()), span))
        return not absent

    def _expand(self, templates: list[_Template], block: Group | None) -> bool:
        """Writes out one repetition of a block, or what follows the blocks; False where the limit of layers is reached."""
        counts: dict[str, int] = {}
        prefix, groups, read_by_block = f"{block.name}." if block else "", (block,) if block else (), len(self.layers)
        for position, template in enumerate(templates):
            kind = template.kind
            for i in range(template.repeat):
                if len(self.layers) >= LAYER_LIMIT:
                    self._too_many(template, block)
                    return False
                counts[kind.name] = number = counts.get(kind.name, 0) + 1
                last = block is None and position == len(templates) - 1 and i == template.repeat - 1
                default = f"{prefix}{kind.name}{number if kind.many else ''}"
                repeated = template.repeat > 1 or (block is not None and block.repetitions > 1)
                reads = (read_by_block, len(self.layers)) if kind.bridges else (len(self.layers),)
                self.layers.append(
                    Layer(
                        self._named(template, default, repeated),
                        kind.name,
                        self._settled(template, last),
                        reads,
                        template.places,
                        template.span,
                        template.node,
                        groups,
                        template.own,
                    )
                )
        return True

    def _activation(self) -> str | None:
        entry = self.root.entry("defaults")
        chosen = entry.value.entry("activation") if entry and isinstance(entry.value, Mapping) else None
        if chosen is None or not isinstance(chosen.value, Scalar) or not self.findings.intact("defaults", "activation"):
            return None
        return str(chosen.value.value)

    def _named(self, template: _Template, default: str, repeated: bool) -> str:
        """The name of one copy: that of its place, or its own with a number where there are several."""
        name = (template.given or {}).get("name")
        if not name or not repeated:
            return name or default
        self.numbers[name, id(template.node)] = number = self.numbers.get((name, id(template.node)), 0) + 1
        return f"{name}{number}"

    def _settled(self, template: _Template, last: bool) -> Settings | None:
        """The settings, made once for all copies; the network's last layer does not have the activation of `defaults`."""
        if template.given is not None and last not in template.settings:
            left = {"activation"} - template.own if last else set()
            given = {name: value for name, value in template.given.items() if name not in left}
            template.settings[last] = template.kind.settings.completed(given, self._activation(), last)
        return template.settings.get(last)

    def _too_many(self, template: _Template, block: Group | None) -> None:
        """Said once, at the largest `repeat` of the template's block or of itself."""
        self.layers.clear()
        if not self.findings.wrong_itself("blocks"):
            message = f"this spec writes out to more than {LAYER_LIMIT:,} layers"
            repeats = [
                entry.value for node in (template.node, block.node if block else None) if (entry := _repeat_of(node))
            ]
            largest = max(repeats, key=lambda scalar: plain(scalar), default=None)  # type: ignore[arg-type, return-value]
            span = (
                largest.span
                if largest
                else template.places["repeat"].value
                if "repeat" in template.places
                else template.span
            )
            cause = TooManyLayers(span if span != template.span else None)
            self.findings.add(
                ("blocks",), Diagnostic("NS202", message, self.source, span, help="lower a `repeat`", cause=cause)
            )
