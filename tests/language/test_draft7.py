"""The schema in draft-07 is one that a strict reader takes, and accepts what the schema of 2020-12 accepts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from netspec.language import draft7
from netspec.language import schema as current

KEYWORDS = {
    *("$schema", "$id", "$ref", "definitions", "title", "description", "default", "examples"),
    *("type", "enum", "const", "if", "then", "else", "allOf", "properties", "required", "additionalProperties"),
    *("items", "minItems", "maxItems", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("pattern", "minLength", "maxLength"),
}
"""Those of draft-07 that the format needs; a strict reader refuses any that it does not know."""
OF_TYPE = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "minItems", "maxItems"},
    "string": {"pattern", "minLength", "maxLength"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
}
OF_TYPE["integer"] = OF_TYPE["number"]


def schemas(part: Any) -> Iterator[dict[str, Any]]:
    """A schema and every one in it."""
    yield part
    for name in ("if", "then", "else", "items"):
        if name in part:
            yield from schemas(part[name])
    for inner in (*part.get("allOf", ()), *part.get("properties", {}).values(), *part.get("definitions", {}).values()):
        yield from schemas(inner)


def test_what_ajv_in_strict_mode_asks_for() -> None:
    Draft7Validator.check_schema(draft7.schema())
    for part in schemas(draft7.schema()):
        assert part.keys() <= KEYWORDS
        assert isinstance(part.get("type", ""), str)
        assert set(part.get("required", ())) <= part.get("properties", {}).keys()
        assert "$ref" not in part or len(part) == 1
        for type, keywords in OF_TYPE.items():
            assert not keywords & part.keys() or OF_TYPE[part["type"]] == keywords, (type, part)


WHOLE: dict[str, Any] = {
    "netspec": 1,
    "name": "x",
    "input": {"height": 28, "width": 28, "channels": 1},
    "defaults": {"conv": {"kernel": 3}, "activation": "relu"},
    "blocks": [
        {"conv": {"filters": 8, "padding": "same", "stride": [1, 2], "groups": "depthwise"}, "pool": {"window": "all"}},
        {"repeat": 2, "conv": [{"filters": 8, "kernel": [3, 3], "norm": "batch"}], "pool": "max"},
    ],
    "fc": [10, {"units": 3, "dropout": 0.5}],
    "budget": {"parameters": "62k", "weights": "1MiB", "receptive_field": [5, 5]},
    "data": {"source": "digits", "augment": {"flip": "horizontal"}},
    "train": {
        "epochs": 2,
        "optimizer": {"type": "sgd", "learning_rate": 0.1, "momentum": 0.9},
        "schedule": {"type": "cosine", "warmup": "5%"},
        "loss": "cross_entropy",
        "target": {"metric": "accuracy", "at_least": 0.9},
        "early_stopping": {"patience": 3},
    },
}
OTHERS: tuple[Any, ...] = (None, True, -1, 2, 0.5, "x", "5%", [], [3, 3], {}, {"type": "adamw"})


def changed(node: Any) -> Iterator[Any]:
    """The value with one of those in it replaced, left out, or beside another key."""
    yield from OTHERS
    parts = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for place, value in [*parts]:
        for other in changed(value):
            copy = node.copy()
            copy[place] = other
            yield copy
    if isinstance(node, dict):
        yield node | {"nothing": 1}
        yield from ({name: value for name, value in node.items() if name != left} for left in node)


@pytest.mark.parametrize("key", WHOLE)
def test_it_accepts_what_the_current_schema_accepts(key: str) -> None:
    old, new = Draft7Validator(draft7.schema()), Draft202012Validator(current.schema())
    verdicts = set()
    for value in changed(WHOLE[key]):
        spec = WHOLE | {key: value}
        accepted = new.is_valid(spec)
        assert old.is_valid(spec) == accepted, value
        verdicts.add(accepted)
    assert new.is_valid(WHOLE)
    assert verdicts == {True, False} or key in ("netspec", "name")


def test_both_can_be_known_to_one_reader() -> None:
    assert draft7.schema()["$id"] != current.schema()["$id"]
    assert not current.schema()["$id"].startswith("http")
