"""Which keys a place of the format has, and which places have a key."""

from __future__ import annotations

from collections.abc import Mapping as MappingType

from netspec.language.edits import written
from netspec.language.fields import Key, keys, keys_by_name
from netspec.language.kinds import KINDS, in_block
from netspec.language.top import Block, Defaults, Input, Top
from netspec.text.nodes import Mapping, Node, Path, Scalar

TYPE = next(key for key in keys(KINDS["pool"].settings) if key.name == "type")


def known_keys(path: Path, node: Node) -> tuple[Key, ...]:
    """The keys that the mapping at this path may have; none where the path itself is unknown."""
    names = [step for step in path if isinstance(step, str)]
    if not names:
        return tuple(keys(Top))
    cls: type = Top
    if names[-1] in KINDS and len(path) > 1 and names[0] in ("blocks", "defaults", "fc"):
        cls = KINDS[names[-1]].settings
    elif names == ["fc"]:
        cls = KINDS["fc"].settings
    elif names == ["blocks"]:
        cls = Block
    else:
        cls = {"input": Input, "defaults": Defaults}.get(names[0], Top)
        for name in names if cls is Top else names[1:]:
            inner = below(cls, name, node)
            if inner is None:
                return ()
            cls = inner
    return tuple(keys(cls))


def below(cls: type, name: str, node: Node) -> type | None:
    """The dataclass of a nested section; of a variant, the one its `type` names."""
    key = keys_by_name(cls).get(name)
    if key is None:
        return None
    if key.type.variants:
        given: Node | None = node
        if isinstance(node, Mapping):
            given = entry.value if (entry := node.entry("type")) else None
        chosen = given.value if isinstance(given, Scalar) else None
        return key.type.variants.get(str(chosen), key.type.variants[key.type.schema["default"]])
    return key.type.section


def variants_at(path: Path) -> MappingType[str, type]:
    """The types of the mapping at a path, each with its section; empty where it has no `type` that decides its keys."""
    cls: type = Top
    for step in path:
        key = keys_by_name(cls).get(str(step))
        if key is None or key.type.variants:
            return key.type.variants if key is not None else {}
        cls = key.type.section or cls
    return {}


def facts_at(path: Path, node: Mapping) -> tuple[Key, ...]:
    """The keys that the mapping at a path may have, with the `type` that chooses among variants."""
    facts = known_keys(path, node)
    return (TYPE, *facts) if variants_at(path) and all(key is not TYPE for key in facts) else facts


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
