"""A plan as its reader sees it: what is bridged, what stands side by side, what follows itself and is shown once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, groupby
from typing import Any, TypeAlias

from netspec.analysis.plan import Plan, PlannedLayer


@dataclass(frozen=True, slots=True)
class Leaf:
    """A layer with its gate, if it has one; or several in a row that are alike."""

    layers: tuple[PlannedLayer, ...]
    gates: tuple[PlannedLayer, ...] = ()


@dataclass(frozen=True, slots=True)
class Bridge:
    """A shortcut over what a block's layers do."""

    run: Run
    join: PlannedLayer
    projection: PlannedLayer | None
    """What stands on the shortcut."""


@dataclass(frozen=True, slots=True)
class Split:
    """Branches that read one value, in the order in which they are joined; an empty one is the value itself."""

    branches: tuple[Run, ...]
    join: PlannedLayer


@dataclass(frozen=True, slots=True)
class Block:
    """A block that is more than a chain; or several in a row that are alike, each as the first but for its channels where
    each concatenates what it reads, and for stochastic depth."""

    run: Run
    """What stands in the first."""
    copies: tuple[tuple[PlannedLayer, ...], ...]
    """The layers of each."""
    names: tuple[str, ...]

    @property
    def layers(self) -> Iterator[PlannedLayer]:
        """Those of all."""
        return chain.from_iterable(self.copies)

    @property
    def parameters(self) -> int:
        """How many numbers all of them train."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def same(self) -> bool:
        """Whether they are alike in everything."""
        first, *others = ([_facts(layer, strict=True) for layer in copy] for copy in self.copies)
        return all(other == first for other in others)


Part: TypeAlias = Leaf | Bridge | Split | Block
Run: TypeAlias = tuple[Part, ...]
"""What runs one after the other."""


def nested(plan: Plan) -> Run:
    """The whole network."""
    return _run(plan.layers, 0)


def spread(names: tuple[str, ...]) -> str:
    """One name, or the first and the last; the last without its block where that is the first's.

    >>> spread(("block1.conv1", "block1.conv2")), spread(("block1", "block2"))
    ('block1.conv1 … conv2', 'block1 … block2')
    """
    if len(names) == 1:
        return names[0]
    block = names[0].rpartition(".")[0]
    return f"{names[0]} … {names[-1].removeprefix(f'{block}.') if block else names[-1]}"


def _run(layers: Iterable[PlannedLayer], depth: int) -> Run:
    """What layers are that stand in the same groups down to a depth."""
    parts, branches = list[Part](), dict[int, Run]()
    for group, members in groupby(layers, lambda layer: next(iter(layer.layer.groups[depth:]), None)):
        within = tuple(members)
        if group is None:
            for layer in within:
                parts = _with(parts, layer, branches)
        elif group.branch:
            branches[within[-1].value] = _run(within, depth + 1)
        else:
            parts.append(Block(_run(within, depth + 1), (within,), (group.name,)))
    return _together(parts)


def _with(parts: list[Part], layer: PlannedLayer, branches: dict[int, Run]) -> list[Part]:
    """The parts of a block and its next layer, which may join them."""
    key, last = getattr(layer.settings, "key", None), parts[-1] if parts else None
    if key == "join":
        return [*parts, Split(tuple(branches.get(value, ()) for value in layer.reads), layer)]
    if key == "shortcut":
        projected = isinstance(last, Leaf) and last.layers[0].value == layer.reads[0]
        run = _together(parts[:-1] if projected else parts)
        return [Bridge(run, layer, last.layers[0] if projected and isinstance(last, Leaf) else None)]
    if layer.kind == "gate" and isinstance(last, Leaf):
        return [*parts[:-1], Leaf(last.layers, (layer,))]
    return [*parts, Leaf((layer,))]


def _together(parts: list[Part]) -> Run:
    """Blocks that are alike as one, then layers that are alike as one."""
    shown = chain.from_iterable(_once(list(alike)) for _, alike in groupby(parts, _likeness))
    return tuple(chain.from_iterable(_in_a_row(list(alike)) for _, alike in groupby(shown, _likeness)))


def _once(alike: list[Part]) -> Iterable[Part]:
    """Blocks that are alike as one; a chain that stands alone, or of one layer, as its layers."""
    blocks = [part for part in alike if isinstance(part, Block)]
    if not blocks:
        return alike
    run = blocks[0].run
    if all(isinstance(part, Leaf) for part in run) and 1 in (len(blocks), len(run)):
        return chain.from_iterable(block.run for block in blocks)
    copies = tuple(chain.from_iterable(block.copies for block in blocks))
    return [Block(run, copies, tuple(chain.from_iterable(block.names for block in blocks)))]


def _in_a_row(alike: list[Part]) -> list[Part]:
    leaves = [part for part in alike if isinstance(part, Leaf)]
    if len(leaves) < 2:
        return alike
    layers, gates = ((leaf.layers for leaf in leaves), (leaf.gates for leaf in leaves))
    return [Leaf(tuple(chain.from_iterable(layers)), tuple(chain.from_iterable(gates)))]


def _likeness(part: Part) -> object:
    """What parts that are shown as one have in common."""
    if isinstance(part, Leaf):
        return "leaf", *(_facts(layer, strict=True) for layer in (part.layers[0], *part.gates[:1]))
    if isinstance(part, Block):
        grows = any(isinstance(inner, Bridge) and inner.join.kind == "concat" for inner in part.run)
        return "block", *(_facts(layer, strict=not grows, drops=False) for layer in part.copies[0])
    return id(part)


def _facts(layer: PlannedLayer, *, strict: bool, drops: bool = True) -> tuple[object, ...]:
    """What a layer is and how it stands to what it reads; its channels too where `strict`."""
    settings: Any = layer.settings
    plain = replace(settings, name=None, **({} if drops or not hasattr(settings, "drop") else {"drop": 0.0}))
    shapes = (*layer.inputs, layer.output)
    read = tuple(layer.value - value for value in layer.reads)
    return layer.kind, plain, read, shapes if strict else tuple(shape[:-1] for shape in shapes)
