"""The typed values of a tree: sections and settings as their dataclasses, each value's place kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from netspec.language.fields import Key, keys_by_name
from netspec.language.spec import Place
from netspec.language.structure import Findings
from netspec.language.vocabulary import TYPE, section_of
from netspec.text.nodes import Mapping, Node, Path, Scalar, plain

T = TypeVar("T")
Places = dict[str, Place]
PARTLY = ("first", "shortcut")
"""The mappings that are read without what is wrong in them: shapes depend on them, and not on all of their keys."""


@dataclass(frozen=True, slots=True)
class Values:
    """Reads what is sound, and leaves the rest out."""

    findings: Findings

    def section(self, cls: type[T], node: Mapping, path: Path, places: Places, prefix: str = "") -> T:
        """A section's dataclass from the sound keys of its mapping."""
        return cls(**self.given(cls, node, path, places, prefix))

    def given(self, cls: type, node: Mapping, path: Path, places: Places, prefix: str = "") -> dict[str, Any]:
        """The sound values of a mapping by their fields; `places` takes in where they stand, nested keys joined by dots."""
        found: dict[str, Any] = {}
        facts = keys_by_name(cls)
        for entry in node:
            key = facts.get(entry.name)
            if key is None:
                continue
            places[prefix + key.name] = Place(entry.key.span, entry.value.span)
            below = (*path, key.name)
            if self.findings.sound(*below) or self._partly(key, entry.value, below):
                found[key.field] = self._value(key, entry.value, below, places, f"{prefix}{key.name}.")
        return found

    def _partly(self, key: Key, node: Node, path: Path) -> bool:
        """Whether a mapping is read without what is wrong in it."""
        itself = self.findings.wrong_itself(*path) or not self.findings.sound(*path, TYPE)
        return key.name in PARTLY and isinstance(node, Mapping) and not itself

    def _value(self, key: Key, node: Node, path: Path, places: Places, prefix: str) -> Any:
        type = key.type
        if type.variants:
            chosen = node if isinstance(node, Scalar) else node.entry("type") if isinstance(node, Mapping) else None
            word = chosen if isinstance(chosen, Scalar) else chosen.value if chosen else None
            variant = type.variants[str(word.value) if isinstance(word, Scalar) else type.schema["default"]]
            return self.section(variant, node, path, places, prefix) if isinstance(node, Mapping) else variant()
        if type.short is not None and type.section is not None and isinstance(node, Scalar):
            return type.section(**{type.short: plain(node)})
        if isinstance(node, Mapping) and type.refers is not None and (cls := section_of(key)) is not None:
            return self.given(cls, node, path, places, prefix)
        if isinstance(node, Mapping) and type.section is not None:
            return self.section(type.section, node, path, places, prefix)
        return type.parse(plain(node))
