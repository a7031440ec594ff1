"""The committed JSON Schema, judged by the plain library alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.cli.run import ROOT

SCHEMA = json.loads((ROOT / "netspec.schema.json").read_text())
SPECS = [*sorted((ROOT / "specs").glob("*.yaml")), *sorted((ROOT / "specs" / "notes").glob("*.yaml"))]


class Core(yaml.SafeLoader):
    """PyYAML reads `1e-3` as a string, which YAML 1.2 does not."""


def _number(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> float | str:
    try:
        return float(node.value)
    except ValueError:
        return str(node.value)


Core.add_constructor("tag:yaml.org,2002:str", _number)


def test_it_is_a_schema_of_2020_12() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_spec_is_valid(path: Path) -> None:
    spec = yaml.load(path.read_text(), Core)
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(spec)] == []


@pytest.mark.parametrize(
    "change",
    [{"nmae": "x"}, {"netspec": 2}, {"fc": [0]}, {"blocks": [{"conv": {"filters": 1.5, "kernel": 3}}]}],
    ids=str,
)
def test_it_refuses(change: dict[str, object]) -> None:
    spec = {"netspec": 1, "name": "x", "input": [8, 8, 1], "fc": [10]}
    validator = Draft202012Validator(SCHEMA)
    assert validator.is_valid(spec)
    assert not validator.is_valid(spec | change)
