from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft4Validator

from netspec.diagnostics.diagnostic import Diagnostic
from netspec.diagnostics.render.sarif import render
from netspec.text.source import START, Source
from tests.diagnostics.render.examples import FILES, bias_without_effect
from tests.diagnostics.render.hostile import hostile

SCHEMA = json.loads((Path(__file__).parents[2] / "files" / "sarif-2.1.0-rtm.5.json").read_text())
VALIDATOR = Draft4Validator(SCHEMA, format_checker=Draft4Validator.FORMAT_CHECKER)


def log(found, files=()):
    report = json.loads(render(found, files, color=False, width=80))
    assert [error.message for error in VALIDATOR.iter_errors(report)] == []
    return report["runs"][0]


def test_logs_follow_the_official_schema(found):
    log([])
    run = log(found, FILES)
    assert run["columnKind"] == "unicodeCodePoints"
    assert [artifact["location"]["uri"] for artifact in run["artifacts"]] == [
        "specs/lenet5.yaml",
        "specs/odd%2C%20100%25%3A%20%C3%A9.yaml",
        "specs/absent.yaml",
        "specs/clean.yaml",
    ]


def test_the_schema_is_not_lenient(found):
    report = json.loads(render(found, FILES, color=False, width=80))
    report["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    assert not VALIDATOR.is_valid(report)


def test_hostile_names_and_messages_follow_it_too(found):
    pairs = hostile(100)
    run = log([Diagnostic("NS001", message, Source(name, ""), START) for name, message in pairs])
    assert [result["message"]["text"] for result in run["results"]] == [message for _, message in pairs]


def test_results_point_at_their_rules(found):
    run = log(found, FILES)
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for one, result in zip(found, run["results"], strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == one.code
        assert rules[result["ruleIndex"]]["help"]["markdown"]


def test_labels_layers_and_fixes_are_carried(found):
    one = bias_without_effect()
    [result] = log([one])["results"]
    assert result["level"] == "warning"
    assert result["locations"][0]["logicalLocations"] == [{"fullyQualifiedName": "late.conv1"}]
    assert [place["message"]["text"] for place in result["relatedLocations"]] == ["subtracts it again"]
    assert [fix["description"]["text"] for fix in result["fixes"]] == [fix.title for fix in one.fixes]
    deleted = result["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert deleted["deletedRegion"] == {"startLine": 14, "startColumn": 1, "endLine": 15, "endColumn": 1}
    assert deleted["insertedContent"]["text"] == ""
