"""From blocks and layers as written to the program: repetitions written out, joins and gates added, shapes known on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, count, takewhile
from typing import Any

from netspec.diagnostics.diagnostic import Diagnostic
from netspec.language.activations import Activation, NoActivation
from netspec.language.added import Projection, Steps
from netspec.language.causes import TooManyLayers
from netspec.language.conv import Conv
from netspec.language.fields import Pair
from netspec.language.gate import Gate, Gating
from netspec.language.inferring import as_read, inferred, one_of_a_kind
from netspec.language.join import Add, Concat
from netspec.language.kind import Problem, Settings, Shape
from netspec.language.kinds import KINDS
from netspec.language.norms import NoNorm
from netspec.language.shortcut import Shortcut
from netspec.language.spec import Group, Layer, Located, Place
from netspec.language.steps import Dropout
from netspec.language.structure import Findings
from netspec.language.templates import BlockTemplate, LayerTemplate, repeat_of
from netspec.language.top import Input
from netspec.language.values import Places
from netspec.text.nodes import Entry, Node, plain
from netspec.text.source import Source, Span

LAYER_LIMIT = 10_000
JOINS: dict[str, type[Add | Concat]] = {"add": Add, "concat": Concat}


class TooMany(Exception):
    """More layers than a program may have; told already."""


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where in the nesting of blocks a layer stands."""

    prefix: str = ""
    groups: tuple[Group, ...] = ()
    start: int = 0
    """The value that the innermost block reads."""
    first: bool = True
    """Whether this is the first repetition of the nearest block that is repeated."""
    repeated: bool = False

    def within(self, group: Group, start: int) -> _Scope:
        """The scope of a repetition of a block, or of a branch."""
        repeated = group.repetitions > 1
        first = group.repetition == 1 if repeated else self.first
        return _Scope(f"{group.name}.", (*self.groups, group), start, first, self.repeated or repeated)


@dataclass(slots=True)
class Program:
    """The layers in the order they run. A value is a number: 0 the image, n what the n-th layer gives."""

    source: Source
    findings: Findings
    activation: Activation | None
    """That of `defaults`."""
    shapes: list[Shape | None]
    """The shape of each value, as far as it is known; the image's in the beginning."""
    layers: list[Layer] = field(default_factory=list)
    numbers: dict[tuple[str, int], int] = field(default_factory=dict)

    def of_images(self, input: Located[Input] | None, entry: Entry | None) -> int:
        """The steps that follow the normalized images."""
        if input is None or entry is None:
            return 0
        steps = Steps(norm=input.value.norm, dropout=input.value.dropout)
        if len(steps.steps) == 1:
            return 0
        span = input.places[steps.following[0]].key
        return self._append(f"input.{steps.following[0]}", steps, (0,), input.places, span, entry.value, _Scope())

    def blocks(self, templates: list[BlockTemplate], value: int, scope: _Scope | None = None) -> int:
        """Writes out a list of blocks behind a value; gives the value behind them."""
        above = scope or _Scope()
        several = sum(template.repeat for template in templates) > 1
        number = 0
        for template in templates:
            for copy in range(1, template.repeat + 1):
                number += 1
                name = f"{above.prefix}block{number}" if scope is None or several else above.prefix[:-1]
                group = Group(name, template.node, copy, template.repeat)
                value = self._block(template, value, above.within(group, value))
        return value

    def end(self, templates: list[LayerTemplate], value: int) -> None:
        """Writes out what follows the blocks."""
        counts: dict[str, int] = {}
        copies = sum(template.repeat for template in templates)
        for template in templates:
            for copy in range(template.repeat):
                last = sum(counts.values()) == copies - 1
                value = self._layer(template, value, copy, _Scope(), counts, last=last)

    def _block(self, block: BlockTemplate, start: int, scope: _Scope) -> int:
        value, behind = start, len(self.layers)
        counts: dict[str, int] = {}
        if not block.sound:
            return self._unknown(block, start, scope)
        for template in block.layers:
            for copy in range(template.repeat):
                value = self._layer(template, value, copy, scope, counts)
        bridged = block.shortcut is not None
        if block.branches is not None:
            value = self._branches(block, start, scope, {} if bridged else block.after)
        elif block.group is not None:
            value = self.blocks(block.group, start, scope)
        if not block.joined:
            value = self._unknown(block, value, scope)
        elif block.shortcut is not None:
            value = self._bridge(block, block.shortcut, start, value, scope, behind)
        elif block.branches is None:
            value = self._steps(block, value, scope)
        for template in block.last:
            value = self._layer(template, value, 0, scope, counts)
        return value

    def _unknown(self, block: BlockTemplate, value: int, scope: _Scope) -> int:
        """One layer of which nothing is known stands for the block: what is behind it is silent."""
        name = f"{scope.prefix}{next(iter(KINDS))}1"
        return self._append(name, None, (value,), {}, block.node.span, block.node, scope)

    def _branches(self, block: BlockTemplate, start: int, scope: _Scope, after: dict[str, Any]) -> int:
        results = []
        for number, (node, templates) in enumerate(block.branches or (), 1):
            group = Group(f"{scope.prefix}branch{number}", node, 1, 1, branch=True)
            results.append(self.blocks(templates, start, scope.within(group, start)))
        if block.join is None or not results:
            return self._unknown(block, start, scope)
        settings = block.settings.get("join") or JOINS[block.join](key="join", **after)
        block.settings["join"] = settings
        return self._added(block, "join", block.join, settings, tuple(results), scope)

    def _bridge(
        self, block: BlockTemplate, shortcut: Shortcut, start: int, value: int, scope: _Scope, behind: int
    ) -> int:
        """The shortcut with its projection, then norm, activation and dropout of the block."""
        read, given = self.shapes[start], self.shapes[value]
        concat = shortcut.type == "concat"
        differ = read is not None and given is not None and (read[:2] != given[:2] if concat else read != given)
        if differ and shortcut.projection == "skip":
            return self._steps(block, value, scope)
        bridge = start
        if differ and shortcut.projection != "none":
            assert read is not None
            assert given is not None
            bridge = self._project(block, shortcut, start, (read, given), scope, behind)
        drop = _drop(shortcut, scope.groups[-1])
        settings = block.settings.get(drop) or JOINS[shortcut.type](key="shortcut", drop=drop, **block.after)
        block.settings[drop] = settings
        return self._added(block, "shortcut", shortcut.type, settings, (bridge, value), scope)

    def _project(
        self,
        block: BlockTemplate,
        shortcut: Shortcut,
        start: int,
        shapes: tuple[Shape, Shape],
        scope: _Scope,
        behind: int,
    ) -> int:
        read, target = shapes
        own = [layer for layer in self.layers[behind:] if layer.kind == "conv" and not layer.added]
        stride, concat = self._stride(block, shapes, behind), shortcut.type == "concat"
        if shortcut.projection in ("pool", "slice"):
            bare = Projection(way=shortcut.projection, stride=stride, target=target, channels=not concat)
            return self._added(block, "shortcut", "projection", bare, (start,), scope)
        asked = shortcut.projection if isinstance(shortcut.projection, dict) else {}
        norm, bias = _like(own[-1].settings if own else None)
        usual = {"filters": read[2] if concat else target[2], "kernel": (1, 1), "stride": stride, "norm": norm}
        usual |= {"activation": NoActivation(), "dropout": Dropout()} | ({} if "norm" in asked else {"bias": bias})
        resolved = Conv.resolved(usual | asked, read[2], read[2])
        settings = resolved if isinstance(resolved, Problem) or resolved is None else Conv(**resolved)
        first = own[0] if block.layers and own and own[0].reads == (start,) else None
        led_by = behind + 1 if first is not None and first.settings is not None and first.settings.leading else None
        return self._added(block, "shortcut", "projection", settings, (start,), scope, led_by)

    def _stride(self, block: BlockTemplate, shapes: tuple[Shape, Shape], behind: int) -> Pair:
        """The product of the strides of a block's convolutions; of branches and groups, the quotient of the sizes."""
        if block.branches is not None or block.group is not None:
            averaged = block.shortcut is not None and block.shortcut.projection == "pool"
            sizes = zip(shapes[0][:2], shapes[1][:2], strict=True)
            rows, columns = (_quotient(size, to, averaged) for size, to in sizes)
            return rows, columns
        stride = (1, 1)
        for layer in self.layers[behind:]:
            if isinstance(layer.settings, Conv):
                stride = (stride[0] * layer.settings.stride[0], stride[1] * layer.settings.stride[1])
        return stride

    def _steps(self, block: BlockTemplate, value: int, scope: _Scope) -> int:
        """Norm, activation and dropout of a block that joins nothing."""
        if not block.after and not block.left_out:
            return value
        steps = Steps(**block.after)
        if len(steps.steps) == 1 and not block.left_out:
            return value
        key = (*steps.following, *block.left_out)[0]
        return self._added(block, key, key, steps, (value,), scope)

    def _added(
        self,
        block: BlockTemplate,
        key: str,
        called: str,
        settings: Settings | Problem | None,
        reads: tuple[int, ...],
        scope: _Scope,
        led_by: int | None = None,
    ) -> int:
        """A layer that a key of a block adds."""
        entry = block.node.entry(key)
        span = entry.key.span if entry is not None else block.node.span
        node = entry.value if entry is not None else block.node
        name = self._free(f"{scope.prefix}{called}", scope)
        if isinstance(settings, Problem):
            self._refuse((*block.path, key), name, settings, span)
            settings = None
        return self._append(
            name,
            settings,
            reads,
            block.places,
            span,
            node,
            scope,
            added=True,
            led_by=led_by,
            partial=bool(block.left_out),
        )

    def _free(self, name: str, scope: _Scope) -> str:
        """The name of a place, with a number where the block has that name already: that of its branches' join, or of a layer
        in the one block of a group, which is called as the group."""
        within = takewhile(lambda layer: layer.groups[: len(scope.groups)] == scope.groups, reversed(self.layers))
        taken = {layer.name for layer in within if "name" not in layer.own}
        return next(one for one in chain([name], (f"{name}{n}" for n in count(2))) if one not in taken)

    def _layer(
        self, template: LayerTemplate, value: int, copy: int, scope: _Scope, counts: dict[str, int], last: bool = False
    ) -> int:
        """One copy of a layer, and its gate."""
        kind = template.kind
        counts[kind.name] = number = counts.get(kind.name, 0) + 1
        default = f"{scope.prefix}{kind.name}{number if kind.many else ''}"
        default = self._free(default, scope) if kind.last else default
        repeated = template.repeat > 1 or scope.repeated
        reads = (scope.start, value) if kind.bridges else (value,)
        first = template.has_first and scope.first and copy == 0
        places = template.places | _places_of_first(template.places) if first else template.places
        settings = self._settled(template, value, scope, first, last, default)
        name = self._named(template, default, repeated)
        value = self._append(name, settings, reads, places, template.span, template.node, scope, template, led_by=None)
        gate = getattr(settings, "gate", None)
        return value if gate is None else self._gate(name, gate, value, places, template, scope)

    def _gate(self, name: str, gate: Gating, value: int, places: Places, template: LayerTemplate, scope: _Scope) -> int:
        assert isinstance(gate.units, int)
        settings = Gate(units=gate.units, activation=gate.activation, gate=gate.gate)
        own = {key.removeprefix("gate."): place for key, place in places.items() if key.startswith("gate.")}
        return self._append(
            f"{name}.gate", settings, (value,), own, places["gate"].key, template.gate, scope, added=True
        )

    def _append(
        self,
        name: str,
        settings: Settings | None,
        reads: tuple[int, ...],
        places: Any,
        span: Span,
        node: Node,
        scope: _Scope,
        template: LayerTemplate | None = None,
        added: bool = False,
        led_by: int | None = None,
        partial: bool = False,
    ) -> int:
        if len(self.layers) >= LAYER_LIMIT:
            self._too_many(node, scope, span)
        kind = template.kind.name if template else settings.kind if settings is not None else next(iter(KINDS))
        own = template.own if template else frozenset(places)
        self.layers.append(
            Layer(
                name,
                kind,
                settings,
                reads,
                places,
                span,
                node,
                scope.groups,
                own,
                added or template is None,
                led_by,
                partial or (template is not None and template.partial),
            )
        )
        read = [self.shapes[n] for n in reads]
        known = as_read(kind, tuple(shape for shape in read if shape is not None))
        self.shapes.append(
            inferred(settings, known)[0].output if settings is not None and len(known) == len(read) else None
        )
        return len(self.layers)

    def _named(self, template: LayerTemplate, default: str, repeated: bool) -> str:
        """The name of one copy: that of its place, or its own with a number where there are several."""
        name = (template.given or {}).get("name")
        if not name or not repeated:
            return name or default
        self.numbers[name, id(template.node)] = number = self.numbers.get((name, id(template.node)), 0) + 1
        return f"{name}{number}"

    def _settled(
        self, template: LayerTemplate, value: int, scope: _Scope, first: bool, last: bool, name: str
    ) -> Settings | None:
        """The settings, made once for all copies alike; the network's last layer does not have the activation of `defaults`."""
        if template.given is None or (template.is_fixed and (last,) in template.settings):
            return template.settings.get((last,))
        given = dict(template.given)
        given |= given["first"] if first else {}
        left = {"activation"} - template.own if last else set()
        given = {key: setting for key, setting in given.items() if key not in left and key != "first"}
        resolved = template.kind.settings.resolved(given, self._channels(value), self._channels(scope.start))
        if isinstance(resolved, Problem):
            span = template.places[resolved.field].value if resolved.field in template.places else template.span
            self._refuse(template.path, name, resolved, span)
            template.given = None
            return None
        if resolved is None:
            return None
        mark = (last,) if template.is_fixed else (last, first, resolved.get("filters"), resolved.get("gate"))
        if mark not in template.settings:
            template.settings[mark] = one_of_a_kind(template.kind.settings.completed(resolved, self.activation, last))  # type: ignore[arg-type]
        return template.settings[mark]

    def _channels(self, value: int) -> int | None:
        shape = self.shapes[value]
        return shape[-1] if shape is not None else None

    def _refuse(self, path: tuple[str | int, ...], name: str, problem: Problem, span: Span) -> None:
        finding = Diagnostic(
            problem.code,
            f"`{name}`: {problem.message}",
            self.source,
            span,
            layer=name,
            notes=problem.notes,
            help=problem.help,
            cause=problem.cause,
        )
        self.findings.add(path, finding)

    def _too_many(self, node: Node, scope: _Scope, span: Span) -> None:
        """Said once, at the largest `repeat` of the layer or of what it stands in."""
        if not self.findings.wrong_itself("blocks"):
            nodes = (node, *(group.node for group in reversed(scope.groups)))
            repeats = [value for one in nodes if (value := repeat_of(one)) is not None]
            largest = max(repeats, key=lambda scalar: plain(scalar), default=None)  # type: ignore[arg-type, return-value]
            message = f"this spec writes out to more than {LAYER_LIMIT:,} layers"
            at = largest.span if largest is not None else span
            cause = TooManyLayers(largest.span if largest is not None else None)
            self.findings.add(
                ("blocks",), Diagnostic("NS202", message, self.source, at, help="lower a `repeat`", cause=cause)
            )
        raise TooMany


def _quotient(size: int, to: int, averaged: bool) -> int:
    """The stride that leads from a size to another: every S-th cell gives ceil(size/S); windows of S cells may give the floor.

    >>> _quotient(33, 17, False), _quotient(33, 16, True), _quotient(8, 8, True)
    (2, 2, 1)
    """
    down = max(1, size // to)
    return down if averaged and size // down == to else max(1, -(-size // to))


def _like(convolution: Settings | None) -> tuple[Any, bool]:
    """Norm and bias of a projection beside a convolution: those that come after its sum."""
    if not isinstance(convolution, Conv):
        return NoNorm(), True
    return (convolution.norm if "norm" in convolution.following else NoNorm()), convolution.bias


def _drop(shortcut: Shortcut, group: Group) -> float:
    """Stochastic depth of one repetition."""
    first, last = shortcut.drop
    return first + (last - first) * (group.repetition - 1) / max(1, group.repetitions - 1)


def _places_of_first(places: Places) -> dict[str, Place]:
    return {key.removeprefix("first."): place for key, place in places.items() if key.startswith("first.")}
