"""The JSON Schema (2020-12) of the format, made from the keys of the dataclasses.

Where a value has alternatives the branch is chosen by `if`/`then`/`else` on its type, never by `oneOf`, so that one
branch is blamed. `errorMessage` says what a place expects; editors and `structure` both show it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from netspec.language import edits
from netspec.language.fields import Key, Schema, Type, keys, keys_by_name, whole
from netspec.language.kinds import at_least_one, in_block, written
from netspec.language.reference import described
from netspec.language.top import SECTIONS, Block, Defaults, Input, Top
from netspec.text.docstring import docstring

SIZE: Schema = whole(1).schema | {"errorMessage": f"expected {whole(1).expected}"}
DEFINED = SECTIONS.keys() - {"input"}
"""What stands in `$defs`, and is referred to."""
ID = "urn:netspec-compiler:schema:1"
"""A name and no address: the project owns no domain, and the schema comes with the installed version."""


def _key(key: Key) -> Schema:
    """The schema of one key's value."""
    expected = {"errorMessage": f"expected {key.type.expected}"}
    if key.type.named is not None:
        return _said(_ref(key.type.named), key)
    schema = _branches(key.type.schema, expected)
    if key.type.short is not None and key.type.section is not None:
        schema |= expected | {"else": _untyped(mapping(key.type.section))}
    elif key.type.section is not None:
        # beside `required`, an editor would give `errorMessage` for a missing key too
        schema = _untyped(mapping(key.type.section)) | {"allOf": [schema | expected]}
    elif key.type.values is not None:
        rule = key.type.values.schema | {"errorMessage": f"expected {key.type.values.expected}"}
        schema = {"additionalProperties": rule, "allOf": [schema | expected]}
    elif key.type.refers in DEFINED:
        schema |= expected | _referring(key.type)
    else:
        schema |= expected
    if key.type.variants:
        schema |= _variants(key.type)
    return _said(schema, key)


def _said(schema: Schema, key: Key) -> Schema:
    """The schema of a value with what is said of its key."""
    schema["description"] = key.doc
    schema["markdownDescription"] = described(key)
    if not key.required and isinstance(key.default, bool | int | float | str) and not key.default_words:
        schema["default"] = key.default
    if examples := [example for example in key.examples if not isinstance(example, dict)]:
        schema["examples"] = examples
    if snippets := [example for example in key.examples if isinstance(example, dict)]:
        # editors show a mapping among `examples` as "[object Object]"
        schema["defaultSnippets"] = [{"label": edits.written(example), "body": example} for example in snippets]
    return schema


def _branches(schema: Schema, expected: Schema) -> Schema:
    """The schema of a type, with what is expected in each of its branches that says nothing narrower: an editor reads it where the value fails."""
    branches = {name: expected | _branches(schema[name], expected) for name in ("then", "else") if name in schema}
    items = schema.get("items")
    if isinstance(items, dict) and "errorMessage" in items:
        schema = schema | {"items": _branches(items, {"errorMessage": items["errorMessage"]})}
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


def _referring(type: Type) -> Schema:
    """A mapping that stands in `$defs`; a list of those, or one of a few words, where the type has them."""
    if type.listed and "object" in type.schema["type"]:
        items = {"type": "object", "errorMessage": "expected a mapping"} | _ref(type.refers)
        return {"if": {"type": "array"}, "then": {"items": items, "minItems": 1}, "else": _ref(type.refers)}
    if type.words:
        return {"if": {"type": "string"}, "then": {"enum": list(type.words)}, "else": _ref(type.refers)}
    return {} if type.listed else _ref(type.refers)


def _variants(type: Type) -> Schema:
    default = type.schema.get("default")
    names = list(type.variants)
    branches = []
    for name, cls in type.variants.items():
        chosen: Schema = {"properties": {"type": {"const": name}}}
        if name != default:
            chosen["required"] = ["type"]
        branch = mapping(cls)
        branch["properties"] = {"type": {"const": name}} | branch["properties"]
        branches.append({"if": {"type": "object"} | chosen, "then": branch})
    if default is None:
        # which keys a mapping may have follows from its `type`; without one, none that no type has
        known = {key.name: _key(key) for cls in type.variants.values() for key in keys(cls)}
        of_any: Schema = {"properties": known, "additionalProperties": False}
        branches.append({"if": {"properties": {"type": {}}, "required": ["type"]}, "else": of_any})
    type_key = {"enum": names, "description": "Which one.", "errorMessage": f"expected one of {', '.join(names)}"}
    of_mapping: Schema = {"properties": {"type": type_key | ({"default": default} if default else {})}}
    needs = {} if default else {"required": ["type"]}
    return {"if": {"type": "string"}, "then": {"enum": names}, "else": of_mapping | needs | {"allOf": branches}}


def _layer(cls: type) -> Schema:
    """A layer kind, or `defaults` for it: what a layer requires may stand in either, so a pass checks it."""
    schema = _untyped(mapping(cls))
    schema.pop("required", None)
    return schema | {"description": docstring(cls)}


def _ref(name: str | None) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _input(schema: Schema) -> Schema:
    sizes = {"items": SIZE, "minItems": 3, "maxItems": 3}
    return schema | {"if": {"type": "array"}, "then": sizes, "else": _untyped(mapping(Input))}


def _block() -> Schema:
    """What stands in a list of blocks, at the top, in a branch or in a group."""
    block = mapping(Block)
    items = {"type": "object", "errorMessage": f"expected a mapping with {at_least_one()}"} | _ref("block")
    block["properties"]["blocks"] |= {"items": items, "minItems": 1}
    branch: Schema = {
        "type": ["object", "array"],
        "if": {"type": "array"},
        "then": {"items": items},
        "else": _ref("block"),
        "errorMessage": "expected a block or a list of blocks",
    }
    block["properties"]["branches"] |= {"items": branch, "minItems": 1}
    return _untyped(block) | {"description": docstring(Block)}


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
    assert written().keys() - in_block() == {"fc"}, "only `fc` may stand behind the blocks"
    top = mapping(Top)
    properties = top["properties"]
    defaults = mapping(Defaults)
    properties["input"] = _input(properties["input"])
    properties["defaults"] |= defaults
    expected = {"type": "object", "errorMessage": f"expected a mapping with {at_least_one()}"}
    properties["blocks"] |= {"items": expected | _ref("block")}
    properties["fc"] |= _fc()
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "title": "netspec",
        "description": docstring(Top),
    }
    layers = {name: _layer(SECTIONS[name]) for name in SECTIONS if name not in ("block", "input")}
    return head | top | {"$defs": layers | {"block": _block()} | _named()}


def _named() -> dict[str, Schema]:
    """The choices that many keys share."""
    types = (keys_by_name(Block)[name].type for name in ("norm", "activation"))
    return {
        str(type.named): type.schema | {"errorMessage": f"expected {type.expected}"} | _variants(type) for type in types
    }
