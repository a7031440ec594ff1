"""Which keys a place of the format has, and which places have a key."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from dataclasses import replace

from netspec.language.edits import written
from netspec.language.fields import Key, choice, keys, keys_by_name
from netspec.language.kinds import KINDS, in_block
from netspec.language.top import SECTIONS, Block, Top
from netspec.text.nodes import Mapping, Node, Path, Scalar
from netspec.text.source import Span

TYPE = "type"
"""The key that chooses among variants."""


def known_keys(path: Path, node: Node) -> tuple[Key, ...]:
    """The keys that the mapping at this path may have; none where the path itself is unknown."""
    section = section_at(path, node)
    return () if section is None else keys(section)


def section_at(path: Path, node: Node) -> type | None:
    """The dataclass of the mapping at a path; of a list, that of its items. `node` decides among variants."""
    cls: type = Top
    listed = False
    for i, step in enumerate(path):
        if isinstance(step, int):
            if not listed:
                return None
            continue
        key = keys_by_name(cls).get(step)
        inner = below(cls, step, node) if key is not None and i == len(path) - 1 else _between(key, path[i + 1 :])
        if key is None or inner is None:
            return None
        cls, listed = inner, key.type.listed
    return cls


def _between(key: Key | None, rest: Path) -> type | None:
    """The dataclass of a mapping on the way to another; of variants, the first that has the next key."""
    if key is None:
        return None
    following = next((step for step in rest if isinstance(step, str)), "")
    fitting = (cls for cls in key.type.variants.values() if following in keys_by_name(cls))
    return next(fitting, None) if key.type.variants else section_of(key)


def section_of(key: Key) -> type | None:
    """The dataclass of the mapping that a key takes, where it takes one."""
    return SECTIONS[key.type.refers] if key.type.refers else key.type.section


def below(cls: type, name: str, node: Node) -> type | None:
    """The dataclass of a nested section; of a variant, the one its `type` names, or what is known of it without one."""
    key = keys_by_name(cls).get(name)
    if key is None:
        return None
    if key.type.variants:
        given: Node | None = node
        if isinstance(node, Mapping):
            given = entry.value if (entry := node.entry("type")) else None
        chosen = given.value if isinstance(given, Scalar) else None
        first = next(iter(key.type.variants))
        return key.type.variants.get(str(chosen), key.type.variants[key.type.schema.get("default", first)])
    return section_of(key)


def held_keys(path: Path, node: Mapping) -> frozenset[str]:
    """The keys of the sections that stand in a mapping, whatever they are: what is written beside one may belong into it."""
    cls, found = section_at(path, node), set[str]()
    for entry in node if cls is not None else ():
        key = keys_by_name(cls).get(entry.name)  # type: ignore[arg-type]
        single = key is not None and not key.type.listed and key.name not in KINDS
        inner = below(cls, entry.name, entry.value) if single else None  # type: ignore[arg-type]
        found |= keys_by_name(inner).keys() if inner is not None else set()
    return frozenset(found)


def variants_at(path: Path) -> MappingType[str, type]:
    """The types of the mapping at a path, each with its section; empty where it has no `type` that decides its keys."""
    if not path or not isinstance(path[-1], str):
        return {}
    above = section_at(path[:-1], _EMPTY)
    key = keys_by_name(above).get(path[-1]) if above is not None else None
    return key.type.variants if key is not None else {}


_EMPTY = Mapping((), Span(1, 1, 1, 1), False)


def facts_at(path: Path, node: Node) -> tuple[Key, ...]:
    """The keys that the mapping at a path may have, with the `type` that chooses among variants; without that, those of all."""
    facts, variants = known_keys(path, node), variants_at(path)
    if not variants:
        return facts
    above = section_at(path[:-1], _EMPTY)
    assert above is not None
    default = keys_by_name(above)[str(path[-1])].type.schema.get("default")
    said = default is not None or not isinstance(node, Mapping) or node.entry(TYPE) is not None
    if not said:
        facts = tuple({key.name: key for cls in reversed([*variants.values()]) for key in keys(cls)}.values())
    fitting = variants_with({entry.name for entry in node} if isinstance(node, Mapping) else set(), variants)
    return (_type_of(variants, default, tuple(fitting)), *facts)


def variants_with(names: set[str], variants: MappingType[str, type]) -> list[str]:
    """The types whose sections have all of these keys; of a mapping without a key, those that do something."""
    found = [type for type, cls in variants.items() if names - {TYPE} <= keys_by_name(cls).keys()]
    return [type for type in found if type != "none"]


def _type_of(variants: MappingType[str, type], default: str | None, examples: tuple[str, ...]) -> Key:
    type = replace(choice(*variants), variants=variants)
    return Key(TYPE, type, "Which one.", default is None, default, "", (), examples)


def section_names(path: Path, name: str, node: Node) -> set[str]:
    """The keys that the section under a name, in the mapping at a path, would have; none where it is no section."""
    facts = {key.name: key for key in known_keys(path, node)}
    is_section = name in facts and "object" in str(facts[name].type.schema.get("type", "object"))
    return {key.name for key in known_keys((*path, name), node)} if is_section and not path else set()


def sections_with(name: str) -> list[str]:
    """The sections, and the kinds of layers in a block, that have a key of this name."""
    found = [key.name for key in keys(Top) if key.type.section and name in keys_by_name(key.type.section)]
    return found + [kind.name for kind in in_block().values() if name in keys_by_name(kind.settings)]


def layers_of_block() -> dict[str, tuple[str, ...]]:
    """What may stand under each key of a layer in a block, the usual first; an empty mapping for a kind that needs nothing said.

    >>> layers_of_block()["pool"]
    ('{window: 2}', '{window: all}')
    """
    return {key.name: tuple(map(written, key.examples or ({},))) for key in keys(Block) if key.name in KINDS}


def lists_with(name: str) -> list[str]:
    """The keys whose value may be a list of mappings with a key of this name; of a number, those that list numbers."""
    if name.isdigit():
        return ["fc"]
    items: dict[str, type] = {"blocks": Block} | {kind.name: kind.settings for kind in KINDS.values() if kind.many}
    return [listing for listing, item in items.items() if name in keys_by_name(item)]
