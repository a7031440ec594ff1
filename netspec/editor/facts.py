"""The facts of a key in a few words, and the words it may have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netspec.language.data import KNOWN
from netspec.language.fields import Key
from netspec.language.kind import dimensions
from netspec.language.reference import default
from netspec.text.docstring import docstring


def summary(key: Key) -> str:
    """A key in a few words: required, or its default."""
    return "required" if key.required else f"default {default(key)}".replace("`", "")


def words(key: Key) -> dict[str, str]:
    """The words that a key may have as its value, each with its documentation."""
    if key.type.variants:
        return {name: docstring(settings) for name, settings in key.type.variants.items()}
    found = dict.fromkeys((*_words(key.type.schema), *key.type.words), "")
    if key.name == "source":
        found |= {name: _known(name) for name in KNOWN if name in found}
    return found


def default_word(key: Key) -> str:
    """The word that is taken where the key is left out."""
    return str(key.type.schema.get("default", key.default)).lower()


def _words(schema: Any) -> Iterator[str]:
    """The words of `enum` and `const`, wherever in a schema; true and false of a boolean."""
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "boolean":
        yield from ("true", "false")
    if "const" in schema:
        yield str(schema["const"])
    yield from map(str, schema.get("enum", ()))
    for below in ("then", "else"):
        yield from _words(schema.get(below))


def _known(name: str) -> str:
    known = KNOWN[name]
    examples = f"{known.training_examples:,} training and {known.test_examples:,} test examples"
    return f"{dimensions(known.image)} images of {known.classes} classes; {examples}."
