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
from netspec.language.templates import repeat_of
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

    def of(self, layer: Layer) -> Mapping | None:
        """The innermost block in the text that holds a layer."""
        blocks = (group.node for group in reversed(layer.groups))
        return next((node for node in blocks if isinstance(node, Mapping)), None)

    def repetitions(self) -> Iterator[tuple[Scalar, int]]:
        """Each `repeat` that made the failing layer a copy of an earlier one, with how often it fits; the innermost first."""
        failing = self.spec.layers[self.at]
        own = repeat_of(failing.node)
        here = [layer for layer in self.spec.layers[: self.at + 1] if _is_copy(layer, failing)]
        if own is not None and len(here) > 1:
            yield own, len(here) - 1
        for group in reversed(failing.groups):
            value = repeat_of(group.node)
            if value is not None and group.repetition > 1:
                yield value, group.repetition - 1

    def repeated(self, value: Scalar, count: int) -> Spec:
        """The spec with a lower `repeat`: of the failing layer, or of a block that it is in."""
        failing = self.spec.layers[self.at]
        seen: Counter[tuple[Group, ...]] = Counter()

        def stays(layer: Layer) -> bool:
            if any(group.repetition > count and repeat_of(group.node) is value for group in layer.groups):
                return False
            if layer.node is not failing.node or repeat_of(layer.node) is not value:
                return True
            seen[layer.groups] += 1
            return seen[layer.groups] <= count

        return self.spec.keeping(stays)


def _is_copy(layer: Layer, other: Layer) -> bool:
    """Whether two layers are copies of one, in the same repetition of the same block."""
    return layer.node is other.node and layer.groups == other.groups


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
    listed, failing = blocks.listed, search.layer.block
    at = next((i for i, item in enumerate(listed.items) if failing and item is failing.node), 0) if listed else 0
    if listed is None or at == 0:
        return
    last = {id(item) for item in listed.items[at:]}
    if search.holds(search.spec.keeping(lambda layer: layer.block is None or id(layer.block.node) not in last)):
        count = len(listed.items) - at
        words = f"remove the last {count} blocks" if count > 1 else "remove the last block"
        fix = Fix(words, (remove_items(search.spec.source, listed, at),), "display")
        yield Answer(BLOCKS_COST + count, fix, None, search.layer.span)
