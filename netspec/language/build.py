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
from netspec.language.kinds import KINDS
from netspec.language.spec import Layer, Located, Place, Spec
from netspec.language.structure import Findings, missing
from netspec.language.top import Input
from netspec.language.train import Train
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

    kind: str
    node: Node
    span: Span
    given: dict[str, Any] | None
    places: dict[str, Place]
    own: frozenset[str]
    repeat: int
    block: Node | None = None
    """The block it stands in."""


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
        convolutions, pooled = self._blocks()
        self._fc()
        return Spec(
            source=self.source,
            root=self.root,
            name=self._word("name"),
            description=self._word("description"),
            input=self._input(),
            layers=tuple(self.layers),
            convolutions=tuple(convolutions),
            pooled=tuple(pooled),
            budget=self._section("budget", Budget),
            data=self._section("data", Data),
            train=self._section("train", Train),
            whole=not any(self.findings.wrong_itself(*path) for path in ((), ("blocks",), ("fc",), ("defaults",))),
            sourced=self.findings.intact("data", "source"),
            given={entry.name: Place(entry.key.span, entry.value.span) for entry in self.root},
        )

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

    def _blocks(self) -> tuple[list[int], list[bool]]:
        convolutions: list[int] = []
        pooled: list[bool] = []
        entry = self.root.entry("blocks")
        for i, node in enumerate(entry.value.items if entry and isinstance(entry.value, Sequence) else ()):
            templates = list(self._block_templates(node, i)) if isinstance(node, Mapping) else []
            if not templates and isinstance(node, Mapping) and self.findings.sound("blocks", i):
                self._empty_block(node, i)
            if self.findings.wrong_itself("blocks", i) or not self.findings.sound("blocks", i, "repeat"):
                templates = [_Template("conv", node, node.span, None, {}, frozenset(), 1)]
            n = sum(template.repeat for template in templates if template.kind == "conv")
            pool = any(template.kind == "pool" for template in templates)
            for template in templates:
                template.block = node
            repeat = self._repeat(node, ("blocks", i))
            for copy in range(repeat):
                block = len(convolutions)
                convolutions.append(n)
                pooled.append(pool)
                if not self._expand(templates, block, f"block{block + 1}.", copy, repeat):
                    return convolutions, pooled
        return convolutions, pooled

    def _empty_block(self, node: Mapping, i: int) -> None:
        span = node.entries[0].key.span if node.entries else node.span
        message = "a block needs `conv`, `pool` or both"
        help = "add `conv: {filters: 32, kernel: 3}` or `pool: {window: 2}`"
        cause = EmptyBlock(("blocks", i))
        self.findings.add(("blocks", i), Diagnostic("NS201", message, self.source, span, help=help, cause=cause))

    def _block_templates(self, node: Mapping, i: int) -> Iterator[_Template]:
        conv = node.entry("conv")
        if conv is not None and isinstance(conv.value, Sequence):
            for j, item in enumerate(conv.value.items):
                span = item.entries[0].key.span if isinstance(item, Mapping) and item.entries else item.span
                yield self._template("conv", item, span, ("blocks", i, "conv", j))
        elif conv is not None:
            yield self._template("conv", conv.value, conv.key.span, ("blocks", i, "conv"))
        pool = node.entry("pool")
        if pool is not None:
            yield self._template("pool", pool.value, pool.key.span, ("blocks", i, "pool"))

    def _fc(self) -> None:
        entry = self.root.entry("fc")
        templates = []
        for i, node in enumerate(entry.value.items if entry and isinstance(entry.value, Sequence) else ()):
            span = node.entries[0].key.span if isinstance(node, Mapping) and node.entries else node.span
            templates.append(self._template("fc", node, span, ("fc", i)))
        self._expand(templates, None, "", 0, 1)

    def _repeat(self, node: Node, path: tuple[str | int, ...]) -> int:
        entry = node.entry("repeat") if isinstance(node, Mapping) else None
        if entry is None or not isinstance(entry.value, Scalar) or not self.findings.sound(*path, "repeat"):
            return 1
        assert isinstance(entry.value.value, int)
        return entry.value.value

    def _template(self, kind: str, node: Node, span: Span, path: tuple[str | int, ...]) -> _Template:
        """One layer as written, its own keys over those of `defaults`."""
        given: dict[str, Any] = {}
        places: dict[str, Place] = {}
        own: frozenset[str] = frozenset()
        sound = self.findings.sound(*path) and self.findings.intact("defaults", kind)
        facts = keys_by_name(KINDS[kind])
        for mapping in (self._defaults(kind), node):
            for entry in mapping if isinstance(mapping, Mapping) and sound else ():
                key = facts[entry.name]
                given[entry.name] = key.type.parse(plain(entry.value))
                places[entry.name] = Place(entry.key.span, entry.value.span)
        if isinstance(node, Mapping):
            own = frozenset(entry.name for entry in node)
        elif isinstance(node, Scalar) and sound:
            first = "units" if kind == "fc" else "type"
            given[first], places[first], own = node.value, Place(node.span, node.span), frozenset({first})
        if sound:
            sound = self._complete(kind, given, node, span, path, facts)
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

    def _expand(self, templates: list[_Template], block: int | None, prefix: str, copy: int, copies: int) -> bool:
        """Writes out one block or the fc list; False where the limit of layers is reached."""
        counts: dict[str, int] = {}
        activation = self._activation()
        for position, template in enumerate(templates):
            for i in range(template.repeat):
                if len(self.layers) >= LAYER_LIMIT:
                    self._too_many(template)
                    return False
                counts[template.kind] = number = counts.get(template.kind, 0) + 1
                last = block is None and position == len(templates) - 1 and i == template.repeat - 1
                default = f"{prefix}{template.kind}" + (str(number) if template.kind != "pool" else "")
                self.layers.append(
                    self._layer(template, default, block, activation, last, copies > 1 or template.repeat > 1)
                )
        return True

    def _activation(self) -> str | None:
        entry = self.root.entry("defaults")
        chosen = entry.value.entry("activation") if entry and isinstance(entry.value, Mapping) else None
        if chosen is None or not isinstance(chosen.value, Scalar) or not self.findings.intact("defaults", "activation"):
            return None
        return str(chosen.value.value)

    def _layer(
        self, template: _Template, default: str, block: int | None, activation: str | None, last: bool, repeated: bool
    ) -> Layer:
        name = default
        settings = None
        if template.given is not None:
            given = dict(template.given)
            if last and "activation" not in template.own:
                given.pop("activation", None)
            name = given.get("name") or default
            if "name" in given and repeated:
                number = self.numbers.get((name, id(template.node)), 0) + 1
                self.numbers[name, id(template.node)] = number
                name = f"{name}{number}"
            settings = KINDS[template.kind].completed(given, activation, last)
        return Layer(name, template.kind, settings, template.places, template.span, template.node, block, template.own)

    def _too_many(self, template: _Template) -> None:
        """Said once, at the largest `repeat` of the template's block or of itself."""
        self.layers.clear()
        if not self.findings.wrong_itself("blocks"):
            message = f"this spec writes out to more than {LAYER_LIMIT:,} layers"
            repeats = [entry.value for node in (template.node, template.block) if (entry := _repeat_of(node))]
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
