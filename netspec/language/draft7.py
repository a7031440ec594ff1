"""The JSON Schema of the format in draft-07, for what reads no later one: catalogues of schemas, older editors, ajv in strict mode.

It is made from the schema of 2020-12 and accepts the same specs.
"""

from __future__ import annotations

from typing import Any

from netspec.language import schema as current
from netspec.language.fields import Schema

ID = f"{current.ID}:draft-07"
FOR_EDITORS = ("errorMessage", "markdownDescription", "defaultSnippets")
"""Keywords of yaml-language-server: a strict reader refuses what it does not know."""
OF_OBJECTS = {"properties", "additionalProperties", "required"}
OF_ANY = {"title", "description", "default", "examples", "enum", "const", "if", "then", "else", "allOf", "$ref"}
"""Keywords that say nothing of a type."""


def schema() -> Schema:
    """The whole schema."""
    return _rewritten(current.schema()) | {"$schema": "http://json-schema.org/draft-07/schema#", "$id": ID}


def _rewritten(schema: Schema) -> Schema:
    """A schema with those below it, in the words of draft-07, each value of one type."""
    schema = _of_one_type({name: value for name, value in schema.items() if name not in FOR_EDITORS})
    if "$ref" in schema and len(schema) > 1:  # draft-07 passes over what stands beside a reference
        schema["allOf"] = [*schema.get("allOf", ()), {"$ref": schema.pop("$ref")}]
    made: Schema = {}
    for name, value in schema.items():
        if name == "$defs":
            made["definitions"] = _each(value)
        elif name == "$ref":
            made["$ref"] = value.replace("#/$defs/", "#/definitions/")
        elif name == "properties":
            made["properties"] = _each(value)
        elif name == "allOf":
            made["allOf"] = [_rewritten(one) for one in value]
        else:
            made[name] = _rewritten(value) if isinstance(value, dict) and name not in ("default", "const") else value
    return made


def _each(schemas: dict[str, Any]) -> dict[str, Any]:
    return {name: _rewritten(schema) for name, schema in schemas.items()}


def _of_one_type(schema: Schema) -> Schema:
    """A schema that says its type; of several types each branch says its own: a choice by type has `if` on one of them."""
    types = schema.get("type", "object" if OF_OBJECTS & schema.keys() else None)
    if not isinstance(types, list):
        return schema | ({"type": types} if types else {})
    chosen = schema["if"]["type"]
    others = [type for type in types if type != chosen]
    rest = {name: value for name, value in schema.items() if name not in (*OF_ANY, "type")}
    branches = {
        "then": {"type": chosen} | schema["then"],
        "else": {"type": others if len(others) > 1 else others[0]} | rest | schema.get("else", {}),
    }
    return {name: value for name, value in schema.items() if name in OF_ANY} | branches
