"""Blocks and layers as they are written once, before repetition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from netspec.diagnostics.diagnostic import Diagnostic, Label
from netspec.language.activations import Activation
from netspec.language.causes import EmptyBlock, OneOfTheseKeys
from netspec.language.fields import keys_by_name
from netspec.language.join import Add, Concat
from netspec.language.kind import Kind, Settings
from netspec.language.kinds import KINDS, at_least_one, in_block
from netspec.language.shortcut import NoShortcut, Shortcut
from netspec.language.spec import Other, Place
from netspec.language.steps import AROUND
from netspec.language.structure import Findings, missing
from netspec.language.top import Block, Defaults
from netspec.language.values import Places, Values
from netspec.language.vocabulary import known_keys, layers_of_block
from netspec.text.nodes import Mapping, Node, Path, Scalar, Sequence, plain
from netspec.text.source import Source, Span


@dataclass
class LayerTemplate:
    """A layer as written."""

    kind: Kind
    node: Node
    path: Path
    span: Span
    given: dict[str, Any] | None
    """None where the file has an error in it on which shapes depend."""
    places: Places
    own: frozenset[str]
    repeat: int
    partial: bool = False
    """Whether `given` lacks a value that is unsound, and that shapes do not depend on."""
    settings: dict[tuple[Any, ...], Settings] = field(default_factory=dict)
    """Those of its copies, by what makes them differ."""

    @cached_property
    def has_first(self) -> bool:
        """Whether the first of its copies differs from the others."""
        return self.given is not None and self.given.get("first") is not None

    @cached_property
    def is_fixed(self) -> bool:
        """Whether its copies are alike, whatever they read."""
        given = self.given or {}
        counts = isinstance(given.get("filters", 0), int) and given.get("groups") != "depthwise"
        return counts and not self.has_first and given.get("gate") is None

    @cached_property
    def gate(self) -> Node:
        """What the file says of its gate, in the layer or for the first of its copies; a mapping of nothing where that stands
        in `defaults`."""
        first = self.node.entry("first") if isinstance(self.node, Mapping) else None
        holders = (self.node, first.value if first is not None else None)
        entries = (holder.entry("gate") for holder in holders if isinstance(holder, Mapping))
        entry = next((entry for entry in entries if entry is not None), None)
        return entry.value if entry is not None else Mapping((), self.span, False)

    def otherwise(self, other: Other) -> LayerTemplate:
        """The layer with another value of a setting, where that is said of it."""
        if self.given is None or not other.concerns(self.kind.name, self.node, self.places):
            return self
        return replace(self, given=self.given | {other.field: other.value}, settings={})


@dataclass(slots=True)
class BlockTemplate:
    """A block as written."""

    node: Mapping
    path: Path
    repeat: int
    sound: bool
    """False where what is wrong with it keeps unknown which layers it has."""
    joined: bool
    """False where it is unknown which shortcut it has."""
    left_out: tuple[str, ...]
    """The keys about what its layers give that are unsound, and that shapes do not depend on."""
    layers: list[LayerTemplate]
    """Those that run before the shortcut."""
    last: list[LayerTemplate]
    """Those that run behind it."""
    branches: list[tuple[Node, list[BlockTemplate]]] | None
    group: list[BlockTemplate] | None
    join: str | None
    """The kind that joins the branches."""
    shortcut: Shortcut | None
    after: dict[str, Any]
    """Norm, activation and dropout, which run behind the shortcut and the join."""
    places: Places
    settings: dict[Any, Add | Concat] = field(default_factory=dict)
    """Those of its joins: of branches, and of the shortcut by its stochastic depth."""

    def otherwise(self, other: Other) -> BlockTemplate:
        """The block with another value of a setting of its layers."""
        branches, group = self.branches, self.group
        return replace(
            self,
            layers=[layer.otherwise(other) for layer in self.layers],
            last=[layer.otherwise(other) for layer in self.last],
            branches=None
            if branches is None
            else [(node, [b.otherwise(other) for b in listed]) for node, listed in branches],
            group=None if group is None else [block.otherwise(other) for block in group],
        )


@dataclass(frozen=True, slots=True)
class Templates:
    """Reads the blocks and layers of a tree; what is wrong with them is added to the findings."""

    source: Source
    root: Mapping
    findings: Findings

    def blocks(self, listed: Sequence, path: Path) -> list[BlockTemplate]:
        """The blocks of a list."""
        found = [self._block(node, (*path, i)) for i, node in enumerate(listed.items) if isinstance(node, Mapping)]
        return found

    def items(self, kind: Kind, listed: Sequence, path: Path) -> Iterator[LayerTemplate]:
        """The layers of a list."""
        for i, node in enumerate(listed.items):
            span = node.entries[0].key.span if isinstance(node, Mapping) and node.entries else node.span
            yield self._layer(kind, node, span, (*path, i))

    def activation(self) -> Activation | None:
        """The activation of `defaults`."""
        entry = self.root.entry("defaults")
        if entry is None or not isinstance(entry.value, Mapping) or not self.findings.intact("defaults", "activation"):
            return None
        chosen = entry.value.entry("activation")
        if chosen is None:
            return None
        only = replace(entry.value, entries=(chosen,))
        given = Values(self.findings).given(Defaults, only, ("defaults",), {})
        activation: Activation | None = given.get("activation")
        return activation

    def _block(self, node: Mapping, path: Path) -> BlockTemplate:
        places: Places = {}
        given = Values(self.findings).given(Block, _without_layers(node), path, places)
        branches, group = node.entry("branches"), node.entry("blocks")
        layers = {False: list[LayerTemplate](), True: list[LayerTemplate]()}
        for kind in in_block().values():
            layers[kind.last] += self._layers(kind, node, path)
        template = BlockTemplate(
            node=node,
            path=path,
            repeat=given.get("repeat", 1),
            sound=self._sound(node, path),
            joined="shortcut" in given or self.findings.sound(*path, "shortcut"),
            left_out=tuple(key for key in (*AROUND, "shortcut") if not self.findings.sound(*path, key)),
            layers=layers[False],
            last=layers[True],
            branches=self._branches(branches.value, (*path, "branches")) if branches is not None else None,
            group=self._group(group.value, (*path, "blocks")) if group is not None else None,
            join=given.get("join"),
            shortcut=_bridging(given.get("shortcut")),
            after={name: given[name] for name in AROUND if name in given},
            places=places,
        )
        self._check(template)
        return template

    def _layers(self, kind: Kind, node: Mapping, path: Path) -> Iterator[LayerTemplate]:
        entry = node.entry(kind.name)
        if entry is None:
            return
        if kind.many and isinstance(entry.value, Sequence):
            yield from self.items(kind, entry.value, (*path, kind.name))
        else:
            yield self._layer(kind, entry.value, entry.key.span, (*path, kind.name))

    def _branches(self, node: Node, path: Path) -> list[tuple[Node, list[BlockTemplate]]]:
        found = list[tuple[Node, list[BlockTemplate]]]()
        for i, item in enumerate(node.items if isinstance(node, Sequence) else ()):
            if isinstance(item, Sequence):
                found.append((item, self.blocks(item, (*path, i))))
            elif isinstance(item, Mapping):
                found.append((item, [self._block(item, (*path, i))]))
        return found

    def _group(self, node: Node, path: Path) -> list[BlockTemplate]:
        return self.blocks(node, path) if isinstance(node, Sequence) else []

    def _sound(self, node: Mapping, path: Path) -> bool:
        wrong = self.findings.wrong_itself
        lists = (entry for entry in node if entry.name in ("branches", "blocks") and plain(entry.value) != [])
        broken = wrong(*path) or not self.findings.sound(*path, "repeat")
        return not broken and not any(wrong(*path, entry.name) for entry in lists)

    def _check(self, block: BlockTemplate) -> None:
        """A block has convolutions, branches or a group, or only pooling; what it says of joins has something to join."""
        node, path = block.node, block.path
        bodies = [entry for entry in node if entry.name in ("branches", "blocks") or _comes_first(entry.name)]
        kinds = dict.fromkeys("layers" if entry.name in KINDS else entry.name for entry in bodies)
        if not self.findings.sound(*path):
            return
        if not bodies and not block.last:
            self._add(path, "NS201", f"a block needs {at_least_one()}", node, _needs(), EmptyBlock(path))
        elif len(kinds) > 1:
            names = tuple(entry.name for entry in bodies)
            message = f"a block cannot have both {' and '.join(f'`{name}`' for name in names)}"
            help = "give each a block of its own, in the order in which they run"
            labels = tuple(Label(entry.key.span, "and these") for entry in bodies[1:2])
            self._add(path, "NS270", message, bodies[0].key, help, OneOfTheseKeys(path, names), labels)
            block.sound = False
        elif block.branches is not None and block.join is None:
            span = _key_span(node, "branches")
            self.findings.add(
                path, missing(self.source, "join", "a block with `branches`", node, path, known_keys(path, node), span)
            )
        elif block.join is not None and block.branches is None:
            self._lonely(block, "join", "joins branches, and this block has none", "branches")
        elif block.shortcut is not None and not bodies:
            self._lonely(block, "shortcut", "bridges the layers of its block, and this one has only pooling", None)

    def _lonely(self, block: BlockTemplate, key: str, why: str, lacks: str | None) -> None:
        cause = OneOfTheseKeys(block.path, (key,), lacks)
        self._add(block.path, "NS271", f"`{key}` {why}", block.node.entry(key).key, f"remove `{key}`", cause)  # type: ignore[union-attr]

    def _add(
        self, path: Path, code: str, message: str, at: Node, help: str, cause: Any, labels: tuple[Label, ...] = ()
    ) -> None:
        span = at.entries[0].key.span if isinstance(at, Mapping) and at.entries else at.span
        self.findings.add(path, Diagnostic(code, message, self.source, span, labels=labels, help=help, cause=cause))

    def _layer(self, kind: Kind, node: Node, span: Span, path: Path) -> LayerTemplate:
        """One layer as written, its own keys over those of `defaults`."""
        given: dict[str, Any] = {}
        places: Places = {}
        own: frozenset[str] = frozenset()
        sound = self.findings.sound(*path) and self.findings.intact("defaults", kind.name)
        shaped = sound or self._shaped(kind, node, path)
        values, defaults = Values(self.findings), self._defaults(kind.name)
        for mapping, at in ((defaults, ("defaults", kind.name)), (node, path)):
            if isinstance(mapping, Mapping) and shaped:
                given |= values.given(kind.settings, mapping, at, places)
        if isinstance(node, Mapping):
            own = frozenset(entry.name for entry in node)
        elif isinstance(node, Scalar) and shaped and kind.short is not None:
            given[kind.short] = node.value
            places[kind.short], own = Place(node.span, node.span), frozenset({kind.short})
        shaped = shaped and self._complete(kind, given, node, span, path)
        repeat = int(given.get("repeat") or self._repeat(node, path)) if "repeat" in keys_by_name(kind.settings) else 1
        return LayerTemplate(kind, node, path, span, given if shaped else None, places, own, repeat, not sound)

    def _shaped(self, kind: Kind, node: Node, path: Path) -> bool:
        """Whether all that decides about a layer's shape is sound, whatever else is not."""
        wrong, defaults = self.findings.wrong_itself, ("defaults", kind.name)
        if kind.shaped_by is None or any(wrong(*at) for at in (path, defaults, defaults[:1])):
            return False
        own = {entry.name for entry in node} if isinstance(node, Mapping) else set()
        return self._sound_keys(kind.shaped_by, path) and self._sound_keys({*kind.shaped_by} - own, defaults)

    def _sound_keys(self, names: Iterable[str], path: Path) -> bool:
        """Whether nothing is wrong with these keys of a mapping; of `first`, with these keys in it."""
        for name in names:
            at = (*path, name)
            within = name == "first" and not self.findings.wrong_itself(*at)
            if not self.findings.sound(*at) and not (within and self._sound_keys({*names} - {name}, at)):
                return False
        return True

    def _repeat(self, node: Node, path: Path) -> int:
        entry = node.entry("repeat") if isinstance(node, Mapping) else None
        if entry is None or not isinstance(entry.value, Scalar) or not self.findings.sound(*path, "repeat"):
            return 1
        assert isinstance(entry.value.value, int)
        return entry.value.value

    def _defaults(self, kind: str) -> Mapping | None:
        entry = self.root.entry("defaults")
        section = entry.value.entry(kind) if entry and isinstance(entry.value, Mapping) else None
        return section.value if section and isinstance(section.value, Mapping) else None

    def _complete(self, kind: Kind, given: dict[str, Any], node: Node, span: Span, path: Path) -> bool:
        absent = kind.settings.lacking(given)
        facts = tuple(keys_by_name(kind.settings).values())
        for name in absent:
            self.findings.add(path, missing(self.source, name, f"`{kind.name}`", node, path, facts, span))
        return not absent


def _comes_first(name: str) -> bool:
    """Whether it is a layer that runs before the shortcut."""
    return name in in_block() and not KINDS[name].last


def _without_layers(node: Mapping) -> Mapping:
    own = tuple(entry for entry in node if entry.name not in (*in_block(), "branches", "blocks"))
    return replace(node, entries=own)


def _bridging(shortcut: object) -> Shortcut | None:
    return None if isinstance(shortcut, NoShortcut) else shortcut  # type: ignore[return-value]


def _key_span(node: Mapping, name: str) -> Span:
    entry = node.entry(name)
    return entry.key.span if entry is not None else node.span


def _needs() -> str:
    return "add " + " or ".join(f"`{name}: {texts[0]}`" for name, texts in layers_of_block().items())


def repeat_of(node: Node | None) -> Scalar | None:
    """The sound `repeat` of a layer or block."""
    entry = node.entry("repeat") if isinstance(node, Mapping) else None
    value = entry.value if entry else None
    return value if isinstance(value, Scalar) and isinstance(plain(value), int) else None
