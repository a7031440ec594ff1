"""What an unknown key stands for: another key with another value, another `type`, or the same key in another section."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from netspec.diagnostics.diagnostic import Edit, Fix
from netspec.language.edits import insert, remove, remove_item
from netspec.language.fields import Key, keys
from netspec.language.kinds import KINDS
from netspec.language.top import Block, Top
from netspec.language.vocabulary import Path, below
from netspec.text.nodes import Entry, Mapping, Node, Scalar, Sequence
from netspec.text.source import Source

NORM = ("batch_norm", "batchnorm", "batch_normalization", "bn", "norm")
TRANSLATED = {
    **{(name, word): f"norm: {norm}" for name in NORM for word, norm in (("true", "batch"), ("false", "none"))},
    ("depthwise", "true"): "groups: depthwise",
}
"""A switch of other systems, as the key and value that say the same."""


def meanings(
    source: Source, root: Mapping, path: Path, node: Mapping, entry: Entry, facts: tuple[Key, ...]
) -> Iterator[Fix]:
    """What an unknown key may have been meant as, the plainest first."""
    value = entry.value
    whole = entry.key.span.to(value.span)
    pair = TRANSLATED.get((entry.name, value.text.lower())) if isinstance(value, Scalar) else None
    if pair is not None and any(pair.startswith(f"{key.name}:") for key in facts):
        yield Fix(f"write `{pair}`", (Edit(whole, pair),))
    variants = _variants(root, path)
    words = {key.name: key.type.schema.get("enum", ()) for key in facts} | (
        {"type": tuple(variants)} if variants else {}
    )
    for name, options in words.items():
        if node.entry(name) is None and isinstance(value, Scalar):
            if value.text and value.text in options:
                yield Fix(f"write `{name}`", (Edit(entry.key.span, name),))
            elif not value.text and entry.name in options:
                yield Fix(f"write `{name}: {entry.name}`", (Edit(entry.key.span, f"{name}: {entry.name}"),))
    yield from _other_type(source, node, entry, variants)
    if value.span.line == value.span.end_line:
        for home in _homes(root, path, node):
            yield from home.given(source, node, entry)


def of_items(source: Source, listed: Sequence, node: Node, kind: str) -> Iterator[Fix]:
    """What a list of layers may have been meant as where one of its items is no layer: one layer, or one less."""
    if kind == "conv" and len(listed.items) == 2 and all(isinstance(item, Scalar) for item in listed.items):
        filters, kernel = (source.excerpt(item.span) for item in listed.items)
        text = f"{{filters: {filters}, kernel: {kernel}}}"
        yield Fix(f"write `{text}`", (Edit(listed.span, text),))
    if isinstance(node, Scalar) and node.text.replace("_", "").isalpha():
        yield Fix(f"remove `{node.text}`", (remove_item(source, listed, node),))


def with_item_before(source: Source, listed: Sequence, node: Mapping) -> Iterator[Fix]:
    """Settings without units, as those of the layer before them: `[512, {dropout: 0.5}]`."""
    at = listed.items.index(node)
    before = listed.items[at - 1] if at else None
    if isinstance(before, Scalar) and isinstance(before.value, int) and node.flow:
        inner = source.excerpt(node.span).removeprefix("{")
        text = f"{{units: {before.text}, {inner.lstrip()}"
        yield Fix(f"write `{text}`", (Edit(before.span.to(node.span), text),))


def _variants(root: Mapping, path: Path) -> dict[str, type]:
    """The types of the mapping at a path, each with its section; empty where it has no `type` that decides its keys."""
    cls: Any = Top
    node: Node | None = root
    key: Key | None = None
    for step in path:
        key = next((key for key in keys(cls) if key.name == step), None) if isinstance(step, str) else None
        node = entry.value if isinstance(node, Mapping) and (entry := node.entry(str(step))) else None
        cls = below(cls, str(step), node) if key is not None and isinstance(node, Mapping) else None
        if cls is None:
            break
    return dict(key.type.variants) if key is not None else {}


def _other_type(source: Source, node: Mapping, entry: Entry, variants: dict[str, type]) -> Iterator[Fix]:
    """The types that have the key, and every other key that is given; the one with the likest name first."""
    old = node.entry("type")
    now = old.value.text if old and isinstance(old.value, Scalar) else ""
    names = {other.name for other in node} - {"type"}
    fitting = [
        name for name, section in variants.items() if all(any(map(_named(given), keys(section))) for given in names)
    ]
    for name in sorted(fitting, key=lambda name: -SequenceMatcher(None, now, name).ratio()):
        edit = Edit(old.value.span, name) if old else insert(source, node, "type", name)
        yield Fix(f"set `type: {name}`, which has `{entry.name}`", (edit,))


def _named(name: str) -> Callable[[Key], bool]:
    return lambda key: name == key.name or name in key.also


@dataclass(frozen=True, slots=True)
class _Home:
    """A section that is there or could be: its keys, and the deepest mapping or short form that holds it."""

    names: tuple[str, ...]
    section: type
    holder: Node
    lacking: tuple[str, ...]
    """The sections, from the holder down, that have to be written for it."""

    def given(self, source: Source, mapping: Mapping, entry: Entry) -> Iterator[Fix]:
        """The key there, if that section has it."""
        key = next(filter(_named(entry.name), keys(self.section)), None)
        if key is None or (isinstance(self.holder, Mapping) and not self.lacking and self.holder.entry(key.name)):
            return
        name, *inner = (*self.lacking, key.name)
        text = "".join(f"{{{step}: " for step in inner) + source.excerpt(entry.value.span) + "}" * len(inner)
        title = f"move `{entry.name}` to `{'.'.join(self.names)}`" + f" as `{key.name}`" * (key.name != entry.name)
        edits: tuple[Edit, ...]
        if self.holder is mapping:
            edits = (Edit(entry.key.span.to(entry.value.span), f"{name}: {text}"),)
        else:
            edits = (remove(source, mapping, entry), insert(source, self.holder, name, text))
        yield Fix(title, edits)


def _homes(root: Mapping, path: Path, node: Mapping) -> Iterator[_Home]:
    """The sections inside a mapping, then all others of the spec; in a block its layers."""
    if path and path[0] == "blocks":
        if len(path) == 2:
            yield from _inside(Block, node, ())
        return
    found = sorted(_inside(Top, root, ()), key=lambda home: home.names[: len(path)] != path)
    yield from (home for home in found if home.names != path)


def _inside(section: type, node: Node, names: tuple[str, ...], lacking: tuple[str, ...] = ()) -> Iterator[_Home]:
    for key in keys(section):
        entry = node.entry(key.name) if isinstance(node, Mapping) and not lacking else None
        holder = entry.value if entry else node
        kind = KINDS.get(key.name) if section is Block else None
        inner = kind.settings if kind else None if section is Block else below(section, key.name, holder)
        if inner is None or key.name in ("input", "defaults") or (entry and not isinstance(holder, Mapping | Scalar)):
            continue
        missing = () if entry else (*lacking, key.name)
        yield _Home((*names, key.name), inner, holder, missing)
        yield from _inside(inner, holder, (*names, key.name), missing)
