"""Which keys a place of the format has, and which of them an unknown one stands for."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache

from netspec.language.fields import Key, keys, keys_by_name
from netspec.language.kinds import KINDS
from netspec.language.top import Block, Defaults, Input, Top
from netspec.text.nodes import Mapping, Node, Scalar

Path = tuple[str | int, ...]

TYPE = next(key for key in keys(KINDS["pool"].settings) if key.name == "type")


def known_keys(path: Path, node: Mapping) -> tuple[Key, ...]:
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


def suggest(name: str, facts: tuple[Key, ...]) -> str | None:
    """The key that was meant, by what other systems call it or by likeness."""
    lowered = name.lower().replace("-", "_")
    for key in facts:
        if lowered == key.name or lowered in key.also:
            return key.name
    return _alike(lowered, tuple(key.name for key in facts))


@lru_cache(maxsize=1024)
def _alike(name: str, names: tuple[str, ...]) -> str | None:
    """The likest name. Kept: the same few are asked for at every trial of a fix."""
    close = get_close_matches(name, names, 1, 0.6)
    return close[0] if close else None


def of_any_variant(name: str, path: Path) -> bool:
    """Whether a key belongs to some `type` of the mapping: it may belong to the one that is misspelt."""
    cls: type = Top
    for step in path:
        key = next((key for key in keys(cls) if key.name == step), None)
        if key is not None and key.type.variants:
            return any(key.name == name for variant in key.type.variants.values() for key in keys(variant))
        cls = key.type.section if key is not None and key.type.section else cls
    return False


def sections_with(name: str) -> list[str]:
    """The sections, and the kinds of layers in a block, that have a key of this name."""
    found = [key.name for key in keys(Top) if key.type.section and name in keys_by_name(key.type.section)]
    return found + [kind for kind in ("conv", "pool") if name in keys_by_name(KINDS[kind].settings)]


def lists_with(name: str) -> list[str]:
    """The keys whose value may be a list of mappings with a key of this name; of a number, those that list numbers."""
    if name.isdigit():
        return ["fc"]
    items: dict[str, type] = {"blocks": Block, "fc": KINDS["fc"].settings, "conv": KINDS["conv"].settings}
    return [listing for listing, item in items.items() if name in keys_by_name(item)]
