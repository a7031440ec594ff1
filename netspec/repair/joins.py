"""What makes maps agree that a join cannot join: at the layers on either side of it, or at the shortcut.

A side is at fault whose size is not that of the others; in it, a layer that gives fewer or more cells than its stride leaves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from netspec.analysis import shapes
from netspec.analysis.report import Report
from netspec.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from netspec.language.causes import MapsDoNotJoin
from netspec.language.conv import Conv
from netspec.language.edits import insert, remove, written
from netspec.language.fields import keys_by_name
from netspec.language.kind import Shape
from netspec.language.spec import Layer, Spec
from netspec.language.structure import fits
from netspec.repair.changes import Change, instead, keeping, numbers
from netspec.repair.usual import LARGEST, roundness
from netspec.text.nodes import Entry, Mapping, Scalar, plain, walk
from netspec.text.source import Span

STRIDES = (1, 2, 3, 4)
KERNELS = (1, 3, 5, 7, 11)
USUAL_KERNEL = 7
SUSPECTS = 6
"""How many layers of a side are looked at, those next to the join first."""


def fixes(report: Report, finding: Diagnostic, cause: MapsDoNotJoin) -> Iterator[Fix]:
    """The likeliest first: layers that keep the size, the shortcut's own projection, then other strides, kernels, filters."""
    join = _failing(report, finding)
    if join is None:
        return
    yield from join.keeping()
    yield from join.projected()
    yield from join.resized()
    yield from join.refiltered()
    yield from join.otherwise()


def blamed(report: Report, finding: Diagnostic, cause: MapsDoNotJoin) -> Diagnostic:
    """The finding at the one value that gives another size than a stride leaves, where it is the only one."""
    join = _failing(report, finding)
    if join is None:
        return finding
    places = {join.place(layer): f"`{layer.name}` changes the size" for layer in join.suspects}
    if not join.wrong:
        places = {layer.at("filters"): f"`{layer.name}` gives {had} channels" for layer, had, _ in join.misfilled}
    if len(places) != 1:
        return finding
    ((place, why),) = places.items()
    label = Label(finding.span, "here they are joined")
    others = tuple(other for other in finding.labels if other.span.line not in (place.line, finding.span.line))
    return replace(finding, span=place, label=why, labels=(label, *others))


def _is_odd(layer: Layer, name: str) -> bool:
    """Whether a value is larger than in any published network; a kernel, than in its blocks, or even."""
    cells = numbers(getattr(layer.settings, name, 0)) if name in layer.places else (0, 0)
    if name == "kernel":
        return max(cells) > USUAL_KERNEL or any(cell and cell % 2 == 0 for cell in cells)
    return max(cells) > LARGEST[name]


def _failing(report: Report, finding: Diagnostic) -> _Join | None:
    spec, found = report.spec, report.shapes
    at = next((i for i, layer in enumerate(spec.layers) if layer.name == finding.layer), None) if spec else None
    if spec is None or spec.input is None or found is None or at is None or len(found.layers) < at:
        return None
    return _Join(spec, found, at)


@dataclass
class _Join:
    """A join that fails, or the projection before it."""

    spec: Spec
    inferred: shapes.Shapes
    at: int

    @property
    def layer(self) -> Layer:
        """The layer that fails."""
        return self.spec.layers[self.at]

    @property
    def block(self) -> Mapping:
        """The block that it joins."""
        node = self.layer.groups[-1].node
        assert isinstance(node, Mapping)
        return node

    @property
    def bridged(self) -> bool:
        """Whether it is of a shortcut, whose second side is what the block's layers give."""
        return self.layer.kind == "projection" or getattr(self.layer.settings, "key", "") == "shortcut"

    def shape(self, value: int) -> Shape:
        """The shape of a value before the join."""
        assert self.spec.input is not None
        return self.inferred.layers[value - 1].output if value else self.spec.input.value.shape

    @property
    def sides(self) -> list[int]:
        """The values that are joined."""
        if self.layer.kind == "projection":  # it stands before the join, behind what the layers give
            return [self.layer.reads[0], self.at]
        return list(self.layer.reads)

    @property
    def wrong(self) -> list[tuple[int, Shape]]:
        """The sides that differ from most, or from what a shortcut bridges, each with the size that it should have."""
        sizes = [self.shape(value)[:2] for value in self.sides]
        if self.bridged:
            return [(self.sides[1], sizes[0])] if sizes[0] != sizes[1] else []
        if self._read in sizes and all(
            size == self._read or self._crops(value) for value, size in zip(self.sides, sizes, strict=True)
        ):
            return [(value, self._read) for value, size in zip(self.sides, sizes, strict=True) if size != self._read]
        usual = Counter(sizes).most_common()
        if len(usual) > 1 and usual[0][1] > usual[1][1]:
            return [(value, usual[0][0]) for value, size in zip(self.sides, sizes, strict=True) if size != usual[0][0]]
        return [(value, other) for value, size in zip(self.sides, sizes, strict=True) for other in {*sizes} - {size}]

    def _crops(self, value: int) -> bool:
        """Whether a side has a layer that gives another size than its stride leaves."""
        return any(self._changes_size(layer, strided=True) for layer in self.chain(value))

    def chain(self, value: int) -> list[Layer]:
        """The written layers of the block that a value is computed by, the last first."""
        groups, found, open_ = self.layer.groups, list[Layer](), [value]
        while open_:
            number = max(open_)
            open_ = [n for n in open_ if n != number]
            layer = self.spec.layers[number - 1] if number else None
            if layer is not None and layer.groups[: len(groups)] == groups:
                found += [layer] if not layer.added else []
                open_ += layer.reads
        return found

    @property
    def suspects(self) -> list[Layer]:
        """The layers of the sides at fault that give another size than their stride leaves; else those that give another size
        than they read, where the other sides do not."""
        found = [(layer, to) for value, to in self.wrong for layer in self.chain(value)]
        cropping = [layer for layer, _ in found if self._changes_size(layer, strided=True)]
        changing = [layer for layer, to in found if to == self._read and self._changes_size(layer, strided=False)]
        return list({id(layer): layer for layer in cropping or changing}.values())[:SUSPECTS]

    @property
    def _read(self) -> Shape:
        """The size of what the block reads."""
        first = next(layer for layer in self.spec.layers if layer.groups[: len(self.layer.groups)] == self.layer.groups)
        return self.shape(first.reads[0])[:2]

    def _changes_size(self, layer: Layer, strided: bool) -> bool:
        """Whether a layer gives another size than it reads, but for its stride."""
        if not hasattr(layer.settings, "padding") or getattr(layer.settings, "window", None) == "all":
            return False
        planned = self.inferred.layers[self.spec.layers.index(layer)]
        strides: Any = layer.settings.stride if strided else (1, 1)  # type: ignore[union-attr]
        kept = tuple(-(-size // s) for size, s in zip(planned.input[:2], strides, strict=True))
        return planned.output[:2] != kept

    def place(self, layer: Layer) -> Span:
        """What in a layer changes the size: a value that is unusual, else its stride, its padding, or what it would be padding for."""
        odd = next((name for name in ("kernel", "window", "padding", "stride") if _is_odd(layer, name)), None)
        if odd is None and "stride" in layer.places and not self._changes_size(layer, strided=True):
            odd = "stride"
        shared = "kernel" if "kernel" not in layer.own else "padding"
        return layer.at(odd or ("padding" if "padding" in layer.places else shared))

    @property
    def misfilled(self) -> list[tuple[Layer, int, int]]:
        """The layers that give other channels than most sides have, or than the rounder count, with what they give and should."""
        depths = [self.shape(value)[-1] for value in self.sides]
        counts = Counter(depths)
        usual = max(counts, key=lambda depth: (counts[depth], roundness(depth)))
        usual = depths[0] if self.bridged and roundness(depths[0]) == roundness(usual) else usual
        found = []
        for value, depth in zip(self.sides, depths, strict=True):
            giver = next((layer for layer in self.chain(value) if hasattr(layer.settings, "filters")), None)
            if giver is not None and depth != usual:
                found.append((giver, depth, usual))
        return found

    def agrees(self, change: Change) -> bool:
        """Whether everything holds up to the join with a change."""
        spec = change.applied(self.spec)
        if spec is None:
            return False
        names = {layer.name for layer in self.spec.layers[: self.at + 1]}
        block = f"{self.layer.groups[-1].name}."
        failing = (found.layer or "" for found in shapes.infer(spec).diagnostics if found.severity == "error")
        return not any(name in names or name.startswith(block) for name in failing)

    def keeping(self) -> Iterator[Fix]:
        """Padding with which the layers keep the size, of all at once, then of one; a kernel as large as others where it is too large."""
        suspects = list({layer.places.get("padding", id(layer.node)): layer for layer in self.suspects}.values())
        changes = [Change(layer, "padding", keeping(layer)) for layer in suspects]
        changes = [change for change in changes if change.value != change.old]
        yield from self._unstrided()
        yield from self._of_their_own()
        for layer in suspects:
            if _is_odd(layer, "kernel"):
                yield from self._kernels(layer)
        yield from self._by_default(changes)
        if len(changes) > 1:
            made = [change.fix(self.spec) for change in changes]
            title = " and ".join(fix.title.removeprefix("set ") if i else fix.title for i, fix in enumerate(made))
            yield Fix(title, tuple(dict.fromkeys(edit for fix in made for edit in fix.edits)))
        yield from (change.fix(self.spec) for change in changes if self.agrees(change))

    def _unstrided(self) -> Iterator[Fix]:
        """A pool beside layers that keep the size with stride 1, where its stride is what its window is."""
        for layer in self.suspects:
            window = getattr(layer.settings, "window", "all")
            if window != "all" and window == layer.settings.stride and not self.bridged:  # type: ignore[union-attr]
                kept = keeping(layer)
                padded = [] if layer.settings.padding == kept else [(layer, "padding", kept)]  # type: ignore[union-attr]
                yield from instead(self.spec, [(layer, "stride", (1, 1)), *padded])

    def _of_their_own(self) -> Iterator[Fix]:
        """Padding of their own for layers whose kernel is, and whose padding stands in `defaults` for others."""
        found = [layer for layer in reversed(self.suspects) if "kernel" in layer.own and "padding" not in layer.own]
        changes = [(layer, "padding", keeping(layer)) for layer in found if "padding" in layer.places]
        yield from instead(self.spec, changes)

    def _by_default(self, changes: list[Change]) -> Iterator[Fix]:
        """Padding beside a kernel in `defaults`, for all layers that have that kernel."""
        conv = walk(self.spec.root, ("defaults", "conv"))
        texts = {written(change.value) for change in changes if change.inserts and "kernel" not in change.layer.own}
        if isinstance(conv, Mapping) and len(texts) == 1 and conv.entry("padding") is None:
            text = texts.pop()
            yield Fix(f"set `padding: {text}` in `defaults`", (insert(self.spec.source, conv, "padding", text),))

    def projected(self) -> Iterator[Fix]:
        """The shortcut with the projection that it has by itself, or with one that can take channels away; the block with the
        projection's stride."""
        entry = self._projection()
        shortcut = self.block.entry("shortcut")
        if entry is None or shortcut is None or not isinstance(shortcut.value, Mapping):
            return
        if isinstance(entry.value, Mapping):
            yield from self._with_its_stride(entry.value)
            yield from self._padded(entry.value, shortcut.value)
            for name in ("stride", "filters", "padding"):
                inner = entry.value.entry(name)
                if inner is not None:
                    edit = remove(self.spec.source, entry.value, inner)
                    text = self.spec.source.excerpt(inner.value.span)
                    yield Fix(f"remove `{name}: {text}` from the projection, which has the block's", (edit,))
        yield Fix("set `projection: conv`", (Edit(entry.value.span, "conv"),))

    def _with_its_stride(self, projection: Mapping) -> Iterator[Fix]:
        """The first convolution of the block with the stride that the projection has."""
        stride = projection.entry("stride")
        own = [layer for layer in self.chain(self.sides[1]) if layer.kind == "conv"]
        if stride is not None and own and fits(plain(stride.value), keys_by_name(Conv)["stride"].type.schema):
            value = plain(stride.value)
            yield from instead(self.spec, [(own[-1], "stride", tuple(value) if isinstance(value, list) else value)])

    def _padded(self, projection: Mapping, shortcut: Mapping) -> Iterator[Fix]:
        """A projection with a kernel of its own, with padding beside it."""
        layer = next((one for one in self.spec.layers if one.node is shortcut and one.kind == "conv"), None)
        if layer is not None and layer.settings is not None and projection.entry("padding") is None:
            text = written(keeping(layer))
            edit = insert(self.spec.source, projection, "padding", text)
            yield Fix(f"add `padding: {text}` to the projection", (edit,))

    def _projection(self) -> Entry | None:
        shortcut = self.block.entry("shortcut")
        return shortcut.value.entry("projection") if shortcut and isinstance(shortcut.value, Mapping) else None

    def resized(self) -> Iterator[Fix]:
        """Another stride, kernel or padding of one layer."""
        near = {id(layer.node): layer for value, _ in self.wrong for layer in self.chain(value)[:SUSPECTS]}
        for layer in near.values():
            if not hasattr(layer.settings, "padding") or getattr(layer.settings, "window", None) == "all":
                continue
            strided = "stride" in layer.places or not self.bridged  # a projection would follow any stride
            tries = [Change(layer, "stride", (n, n)) for n in STRIDES if strided]
            tries += [Change(layer, "padding", (n, n)) for n in range(1 + max(numbers(keeping(layer))))]
            yield from (try_.fix(self.spec) for try_ in tries if try_.value != try_.old and self.agrees(try_))
            yield from self._kernels(layer)

    def _kernels(self, layer: Layer) -> Iterator[Fix]:
        for field in ("kernel", "window"):
            if hasattr(layer.settings, field) and not isinstance(getattr(layer.settings, field), str):
                sizes = (n for n in (*KERNELS, 2) if n > 1 or field == "kernel")  # a window of one cell is no pooling
                tries = [Change(layer, field, (n, n)) for n in sizes]
                yield from (try_.fix(self.spec) for try_ in tries if try_.value != try_.old and self.agrees(try_))

    def refiltered(self) -> Iterator[Fix]:
        """As many filters as the other side has channels; a concatenation, which takes any."""
        if self.layer.kind == "concat":
            return
        few = [(giver, "filters", usual) for giver, _, usual in self.misfilled]
        padded = [(layer, "padding", keeping(layer)) for layer in self.suspects]
        yield from instead(self.spec, [*padded, *few]) if len(few) > 1 or self.wrong else ()
        yield from (Change(*change).fix(self.spec) for change in few)
        given = next((layer for layer in self.chain(self.sides[-1]) if hasattr(layer.settings, "filters")), None)
        if self.bridged and given is not None:
            yield Change(given, "filters", self.shape(self.sides[0])[-1]).fix(self.spec)
        join = self.block.entry("join")
        if join is not None and isinstance(join.value, Scalar) and not self.wrong:
            yield Fix("set `join: concat`", (Edit(join.value.span, "concat"),), "display")

    def otherwise(self) -> Iterator[Fix]:
        """The block without its shortcut."""
        shortcut = self.block.entry("shortcut")
        if self.bridged and shortcut is not None:
            yield Fix("remove `shortcut`", (remove(self.spec.source, self.block, shortcut),), "display")
