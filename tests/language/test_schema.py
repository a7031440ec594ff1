"""What an editor's YAML support has from the JSON Schema: at every key its documentation, default, range and examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from netspec.language.schema import schema


def below(part: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema within the schema."""
    if isinstance(part, dict):
        yield path, part
        for name, inner in part.items():
            if name not in ("examples", "defaultSnippets"):
                yield from below(inner, f"{path}/{name}")
    elif isinstance(part, list):
        for number, inner in enumerate(part):
            yield from below(inner, f"{path}/{number}")


PARTS = dict(below(schema()))
PROPERTIES = {
    f"{path}/{name}": part
    for path, parent in PARTS.items()
    if "$schema" not in path and isinstance(parent.get("properties"), dict)
    for name, part in parent["properties"].items()
    if "if" not in path.split("/")[-2:] and "const" not in part
}


@pytest.mark.parametrize("path", PROPERTIES)
def test_every_property_says_what_it_takes(path: str) -> None:
    part = PROPERTIES[path]
    chooses = path.endswith("/type") and "markdownDescription" not in part
    assert part["description"]
    if chooses:  # the `type` of a mapping with variants
        assert part["enum"]
        needed = PARTS[path.removesuffix("/type")].get("required", ())
        assert "type" in needed or part["default"] in part["enum"]
        return
    shown = part["markdownDescription"]
    assert shown.startswith(part["description"])
    assert "\nTakes " in shown
    assert ("\nRequired." in shown) != ("\nDefault: " in shown)
    simple = "enum" in part or part.get("type") == "boolean"
    assert simple or part.get("examples") or part.get("defaultSnippets")
    if not simple:
        assert "\nFor example " in shown


@pytest.mark.parametrize("path", PROPERTIES)
def test_every_example_and_default_is_valid(path: str) -> None:
    part = PROPERTIES[path]
    validator = Draft202012Validator(part | {"$defs": schema()["$defs"]})
    values = [*part.get("examples", ()), *(snippet["body"] for snippet in part.get("defaultSnippets", ()))]
    if "default" in part and not (part["default"] == "" and "enum" in part):
        values.append(part["default"])
    assert [value for value in values if not validator.is_valid(value)] == []


def test_what_is_expected_hides_no_other_mistake() -> None:
    """Editors show `errorMessage` for a missing or unknown key beside it too."""
    for path, part in PARTS.items():
        if "errorMessage" in part and "enum" not in part:
            assert not {"required", "additionalProperties"} & set(part), path


def test_each_branch_that_may_refuse_a_string_says_what_is_expected() -> None:
    for path, part in PARTS.items():
        if "pattern" in part and not path.endswith("/if"):
            assert "errorMessage" in part, path
