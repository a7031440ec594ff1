"""The JSON Schema (2020-12) of the format, made from the keys of the dataclasses.

Where a value has alternatives the branch is chosen by `if`/`then`/`else` on its type, never by `oneOf`, so that one
branch is blamed. `errorMessage` says what a place expects; editors and `structure` both show it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from netspec.language.edits import written
from netspec.language.fields import Key, Schema, keys, keys_by_name, whole
from netspec.language.kind import Kind
from netspec.language.kinds import KINDS, at_least_one, in_block
from netspec.language.reference import described
from netspec.language.top import Block, Defaults, Input, Top
from netspec.text.docstring import docstring

SIZE: Schema = whole(1).schema | {"errorMessage": f"expected {whole(1).expected}"}
ID = "urn:netspec-compiler:schema:1"
"""A name and no address: the project owns no domain, and the schema comes with the installed version."""


def _key(key: Key) -> Schema:
    """The schema of one key's value."""
    expected = {"errorMessage": f"expected {key.type.expected}"}
    schema = _branches(key.type.schema, expected)
    if key.type.section is not None:
        # beside `required`, an editor would give `errorMessage` for a missing key too
        schema = _untyped(mapping(key.type.section)) | {"allOf": [schema | expected]}
    else:
        schema |= expected
    if key.type.variants:
        schema |= _variants(key)
    schema["description"] = key.doc
    schema["markdownDescription"] = described(key)
    if not key.required and isinstance(key.default, bool | int | float | str) and not key.default_words:
        schema["default"] = key.default
    if examples := [example for example in key.examples if not isinstance(example, dict)]:
        schema["examples"] = examples
    if snippets := [example for example in key.examples if isinstance(example, dict)]:
        # editors show a mapping among `examples` as "[object Object]"
        schema["defaultSnippets"] = [{"label": written(example), "body": example} for example in snippets]
    return schema


def _branches(schema: Schema, expected: Schema) -> Schema:
    """The schema of a type, with what is expected in each of its branches that says nothing narrower: an editor reads it where the value fails."""
    branches = {name: expected | _branches(schema[name], expected) for name in ("then", "else") if name in schema}
    return schema | branches


def _untyped(schema: Schema) -> Schema:
    """Without `type`, which stands above already: a value of another type is then refused once."""
    return {name: value for name, value in schema.items() if name != "type"}


def mapping(cls: type, **more: Any) -> Schema:
    """The schema of a mapping with the keys of this dataclass."""
    facts = list(keys(cls))
    schema: Schema = {
        "type": "object",
        "properties": {key.name: _key(key) for key in facts},
        "additionalProperties": False,
    }
    required = [key.name for key in facts if key.required]
    return schema | ({"required": required} if required else {}) | more


def _variants(key: Key) -> Schema:
    default = key.type.schema["default"]
    names = list(key.type.variants)
    branches = []
    for name, cls in key.type.variants.items():
        chosen: Schema = {"properties": {"type": {"const": name}}}
        if name != default:
            chosen["required"] = ["type"]
        branch = mapping(cls)
        branch["properties"] = {"type": {"const": name}} | branch["properties"]
        branches.append({"if": {"type": "object"} | chosen, "then": branch})
    type_key = {"enum": names, "description": "Which one.", "errorMessage": f"expected one of {', '.join(names)}"}
    return {
        "if": {"type": "string"},
        "then": {"enum": names},
        "else": {"properties": {"type": type_key | {"default": default}}},
        "allOf": branches,
    }


def _layer(cls: type) -> Schema:
    """A layer kind, or `defaults` for it: what a layer requires may stand in either, so a pass checks it."""
    schema = _untyped(mapping(cls))
    schema.pop("required", None)
    return schema | {"description": docstring(cls)}


def _ref(kind: str) -> Schema:
    return {"$ref": f"#/$defs/{kind}"}


def _input(schema: Schema) -> Schema:
    sizes = {"items": SIZE, "minItems": 3, "maxItems": 3}
    return schema | {"if": {"type": "array"}, "then": sizes, "else": _untyped(mapping(Input))}


def _blocks() -> Schema:
    block = mapping(Block)
    for kind in in_block().values():
        block["properties"][kind.name] |= _in_block(kind)
    expected = {"type": "object", "errorMessage": f"expected a mapping with {at_least_one()}"}
    return {"items": _untyped(block) | {"allOf": [expected]}}


def _in_block(kind: Kind) -> Schema:
    """A mapping of a kind's keys; a list of them, or the word that is short for one, where the kind has it."""
    if kind.many:
        items = {"type": "object", "errorMessage": "expected a mapping"} | _ref(kind.name)
        return {"if": {"type": "array"}, "then": {"items": items, "minItems": 1}, "else": _ref(kind.name)}
    if kind.short is not None:
        words = keys_by_name(kind.settings)[kind.short].type.schema
        return {"if": {"type": "string"}, "then": words, "else": _ref(kind.name)}
    return _ref(kind.name)


def _fc() -> Schema:
    item: Schema = {
        "type": ["integer", "object"],
        "if": {"type": "integer"},
        "then": {"minimum": 1},
        "else": _ref("fc"),
        "errorMessage": "expected a number of units of at least 1, or a mapping",
    }
    return {"items": item}


@cache
def schema() -> Schema:
    """The whole schema."""
    assert KINDS.keys() - in_block() == {"fc"}, "only `fc` may stand behind the blocks"
    top = mapping(Top)
    properties = top["properties"]
    defaults = mapping(Defaults)
    for kind in KINDS:
        defaults["properties"][kind] |= _ref(kind)
    properties["input"] = _input(properties["input"])
    properties["defaults"] |= defaults
    properties["blocks"] |= _blocks()
    properties["fc"] |= _fc()
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "title": "netspec",
        "description": docstring(Top),
    }
    return head | top | {"$defs": {name: _layer(kind.settings) for name, kind in KINDS.items()}}
