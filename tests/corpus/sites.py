"""Where the keys and values of a YAML text stand. PyYAML's own tree is asked, so that netspec's reader is not its own judge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Site:
    """One entry of a mapping, or one item of a sequence (its `key` is None); places are offsets into the text."""

    path: Path
    key: tuple[int, int] | None
    value: tuple[int, int]
    node: Any
    parent: Any
    parent_span: tuple[int, int]

    @property
    def name(self) -> str:
        return str(self.path[-1])

    @property
    def flow(self) -> bool:
        return bool(self.parent.flow_style)

    @property
    def scalar(self) -> str | None:
        return self.node.value if isinstance(self.node, yaml.ScalarNode) else None


def sites(text: str) -> list[Site]:
    """Every entry and item, outer before inner; what an alias repeats is listed once."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    return list(_under(text, root, (), set()))


def _under(text: str, node: Any, path: Path, seen: set[int]) -> Iterator[Site]:
    if id(node) in seen or isinstance(node, yaml.ScalarNode):
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        children = [(key.value, key, value) for key, value in node.value]
    else:
        children = [(i, None, value) for i, value in enumerate(node.value)]
    for name, key, value in children:
        if id(value) in seen:
            continue
        key_span = None if key is None else (key.start_mark.index, key.end_mark.index)
        yield Site((*path, name), key_span, _span(text, value), value, node, _span(text, node))
        yield from _under(text, value, (*path, name), seen)


def _span(text: str, node: Any) -> tuple[int, int]:
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, yaml.ScalarNode) or node.flow_style:
        return start, end
    lines = text[start:end].split("\n")
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    return start, start + len("\n".join(lines).rstrip())


def line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def lines_of(text: str, span: tuple[int, int]) -> range:
    return range(line_of(text, span[0]), line_of(text, max(span[0], span[1] - 1)) + 1)
