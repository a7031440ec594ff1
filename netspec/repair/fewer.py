"""Fewer layers, where those before them fit: a lower `repeat`, no pool, no block from the failing one on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import log2
from typing import TYPE_CHECKING

from netspec.diagnostics.diagnostic import Edit, Fix
from netspec.language.edits import remove, remove_items
from netspec.language.spec import Group, Layer, Spec
from netspec.repair.changes import Answer
from netspec.text.nodes import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from netspec.repair.shapes import Search

REPEAT_COST, POOL_COST, BLOCKS_COST = 1.0, 2.0, 6.0
TRIED = 12
"""How many lower repeats are tried below the largest that fits."""


def answers(search: Search) -> Iterator[Answer]:
    """Every way with fewer layers that repairs, in no order."""
    blocks = Blocks(search.spec, search.at)
    for value, most in blocks.repetitions():
        for count in range(most, max(0, most - TRIED), -1):
            if search.holds(blocks.repeated(value, count)):
                cost = REPEAT_COST + log2((int(value.text) + 1) / (count + 1))
                yield Answer(cost, Fix(f"set `repeat: {count}`", (Edit(value.span, str(count)),)), None, value.span)
                break
    yield from _without_pool(search, blocks)
    yield from _without_last_blocks(search, blocks)


@dataclass
class Blocks:
    """Which block of the text each layer is from, and how often."""

    spec: Spec
    at: int
    """The place of the failing layer."""

    @cached_property
    def listed(self) -> Sequence | None:
        """The list of the blocks in the text."""
        blocks = self.spec.root.entry("blocks")
        return blocks.value if blocks and isinstance(blocks.value, Sequence) else None

    @cached_property
    def _owners(self) -> dict[int, Mapping]:
        owners: dict[int, Mapping] = {}
        for block in self.listed.items if self.listed else ():
            for entry in block if isinstance(block, Mapping) else ():
                items = entry.value.items if isinstance(entry.value, Sequence) else (entry.value,)
                if isinstance(block, Mapping):
                    owners |= {id(item): block for item in items if id(item) not in owners}
        return owners

    def of(self, layer: Layer) -> Mapping | None:
        """The block in the text that holds a layer; of one that is an alias, the first that does."""
        return self._owners.get(id(layer.node))

    def repetitions(self) -> Iterator[tuple[Scalar, int]]:
        """Each `repeat` that made the failing layer a copy of an earlier one, with how often it fits."""
        failing = self.spec.layers[self.at]
        copies = [layer for layer in self.spec.layers[: self.at + 1] if layer.node is failing.node]
        own, block = _repeat(failing.node), self.of(failing)
        outer = _repeat(block) if block else None
        if own is not None:
            here = [layer for layer in copies if layer.block == failing.block]
            if len(here) > 1:
                yield own, len(here) - 1
        if outer and (fitting := (len(copies) - 1) // _times(own)):
            yield outer, fitting

    def repeated(self, value: Scalar, count: int) -> Spec:
        """The spec with a lower `repeat`: of the failing layer, or of its block."""
        failing = self.spec.layers[self.at]
        within_block = _repeat(failing.node) is value
        seen: Counter[tuple[int, Group | None]] = Counter()

        def stays(layer: Layer) -> bool:
            if layer.node is not failing.node if within_block else self.of(layer) is not self.of(failing):
                return True
            at = (id(layer.node), layer.block if within_block else None)
            seen[at] += 1
            return seen[at] <= (count if within_block else count * _times(_repeat(layer.node)))

        return self.spec.keeping(stays)


def _repeat(node: object) -> Scalar | None:
    entry = node.entry("repeat") if isinstance(node, Mapping) else None
    return entry.value if entry and isinstance(entry.value, Scalar) and isinstance(entry.value.value, int) else None


def _times(repeat: Scalar | None) -> int:
    return repeat.value if repeat and isinstance(repeat.value, int) else 1


def _without_pool(search: Search, blocks: Blocks) -> Iterator[Answer]:
    """No pool, where one stands at or before the failing layer."""
    tried: set[int] = set()
    for layer in reversed(search.spec.layers[: search.at + 1]):
        block = blocks.of(layer)
        entry = block.entry("pool") if block else None
        if block is None or entry is None or entry.value is not layer.node or id(block) in tried:
            continue
        tried.add(id(block))
        rest = search.spec.keeping(lambda other, layer=layer: other.node is not layer.node)  # type: ignore[misc]
        if len(block.entries) > 1 and search.holds(rest):
            fix = Fix(f"remove `{layer.name}`", (remove(search.spec.source, block, entry),), "display")
            yield Answer(POOL_COST, fix, None, layer.span)


def _without_last_blocks(search: Search, blocks: Blocks) -> Iterator[Answer]:
    """No block from the failing one on."""
    listed, failing = blocks.listed, blocks.of(search.layer)
    at = next((i for i, item in enumerate(listed.items) if item is failing), 0) if listed else 0
    if listed is None or at == 0:
        return
    last = {id(item) for item in listed.items[at:]}
    if search.holds(search.spec.keeping(lambda layer: id(blocks.of(layer)) not in last)):
        count = len(listed.items) - at
        words = f"remove the last {count} blocks" if count > 1 else "remove the last block"
        fix = Fix(words, (remove_items(search.spec.source, listed, at),), "display")
        yield Answer(BLOCKS_COST + count, fix, None, search.layer.span)
