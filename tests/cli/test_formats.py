"""Every format of `validate` over the sound and the broken specs, read as its consumer reads it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from click.testing import CliRunner
from jsonschema import Draft4Validator
from junitparser import JUnitXml

from netspec.cli.main import netspec as command
from netspec.diagnostics.diagnostic import Edit, told
from netspec.diagnostics.edits import edited
from netspec.diagnostics.render import RENDERERS
from netspec.repair.check import check_source
from netspec.text.source import Source, Span
from tests.cli.run import ROOT
from tests.diagnostics.render.test_github import parsed

SARIF = Draft4Validator(
    json.loads((ROOT / "tests" / "files" / "sarif-2.1.0-rtm.5.json").read_text()),
    format_checker=Draft4Validator.FORMAT_CHECKER,
)
GITLAB = Draft4Validator(
    {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "properties": {
                "description": {"type": "string", "minLength": 1},
                "check_name": {"type": "string", "minLength": 1},
                "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
                "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
                "location": {
                    "type": "object",
                    "required": ["path", "positions"],
                    "properties": {
                        "path": {"type": "string", "pattern": r"^(?!/)(?!\./)"},
                        "positions": {
                            "required": ["begin", "end"],
                            "additionalProperties": {
                                "required": ["line", "column"],
                                "additionalProperties": {"type": "integer", "minimum": 1},
                            },
                        },
                    },
                },
            },
        },
    }
)
"""What https://docs.gitlab.com/ci/testing/code_quality/ documents of a report, columns included."""

SOUND = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "specs").rglob("*.yaml") if "broken" not in path.parts)
BROKEN = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "specs" / "broken").glob("*.yaml"))


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What `validate` prints, and its status."""
    monkeypatch.chdir(ROOT)

    def run(*arguments: str) -> tuple[str, int]:
        done = CliRunner().invoke(command, ["validate", *arguments])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.stdout, done.exit_code

    return run


def findings(text: str, form: str) -> list[tuple[str, str]]:
    """The file and the code of each finding in a report, which is held against its format."""
    if form == "full":
        codes = re.findall(r"^(?:error|warning)\[(NS\d+)\]", text, re.MULTILINE)
        return list(zip(re.findall(r"^ *--> (.*?):\d+:\d+$", text, re.MULTILINE), codes, strict=True))
    if form == "concise":
        return [re.fullmatch(r"(.*?):\d+:\d+: \w+\[(NS\d+)\] .*", line).groups() for line in text.splitlines()]  # type: ignore[union-attr, misc]
    if form == "github":
        commands = [parsed(line) for line in text.splitlines()]
        return [(properties["file"], properties["title"].removeprefix("netspec ")) for _, properties, _ in commands]
    if form == "junit":
        cases = [case for suite in JUnitXml.fromstring(text) for case in suite]
        told = [(case.name, (case.result[0].text if case.result else "") + (case.system_out or "")) for case in cases]
        return [(name, code) for name, words in told for code in re.findall(r": (?:error|warning)\[(NS\d+)\]", words)]
    report = json.loads(text)
    if form == "json":
        return [(found["file"], found["code"]) for found in report["diagnostics"]]
    if form == "gitlab":
        assert [error.message for error in GITLAB.iter_errors(report)] == []
        return [(issue["location"]["path"], issue["check_name"]) for issue in report]
    assert [error.message for error in SARIF.iter_errors(report)] == []
    results = report["runs"][0]["results"]
    places = [result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results]
    return [(unquote(place), result["ruleId"]) for place, result in zip(places, results, strict=True)]


@pytest.mark.parametrize("form", RENDERERS)
def test_a_clean_tree_is_a_valid_report_of_nothing(form: str, written: Any) -> None:
    text, status = written("specs", "--exclude", "broken", "--format", form)
    assert status == 0
    assert findings(text, form) == []
    if form in ("json", "sarif", "junit"):
        counted = {"json": '"files": (\\d+)', "junit": 'tests="(\\d+)"'}
        found = re.search(counted[form], text) if form in counted else None
        assert int(found[1] if found else text.count('"location"')) == len(SOUND)


@pytest.mark.parametrize("form", RENDERERS)
def test_every_format_has_every_finding(form: str, written: Any) -> None:
    text, status = written("specs/broken", "--format", form)
    assert status == 1
    wanted = [(name, one.code) for name in BROKEN for one in told(check_source(read(name)).diagnostics)]
    assert sorted(findings(text, form)) == sorted(wanted)


def read(name: str) -> Source:
    return Source(name, (ROOT / name).read_bytes().decode())


def test_fixes_of_sarif_are_those_of_json_and_can_be_made(written: Any) -> None:
    results = json.loads(written("specs/broken", "--format", "sarif")[0])["runs"][0]["results"]
    records = json.loads(written("specs/broken", "--format", "json")[0])["diagnostics"]
    made = 0
    for result, record in zip(results, records, strict=True):
        text = (ROOT / record["file"]).read_text()
        titles = [fix["description"]["text"] for fix in result.get("fixes", ())]
        assert titles == [fix["title"] for fix in record["fixes"]]
        for fix, same in zip(result.get("fixes", ()), record["fixes"], strict=True):
            (change,) = fix["artifactChanges"]
            assert unquote(change["artifactLocation"]["uri"]) == record["file"]
            regions = [(one["deletedRegion"], one["insertedContent"]["text"]) for one in change["replacements"]]
            keys = ("startLine", "startColumn", "endLine", "endColumn")
            new = edited(text, [Edit(Span(*(region[key] for key in keys)), words) for region, words in regions])
            keys = ("line", "column", "end_line", "end_column")
            assert new == edited(text, [Edit(Span(*(one[k] for k in keys)), one["text"]) for one in same["edits"]])
            before, after = ([one.message for one in check_source(Source("x", t)).diagnostics] for t in (text, new))
            assert after.count(record["message"]) < before.count(record["message"])
            made += 1
    assert made > 30


def test_fingerprints_are_of_the_file_below_the_root_wherever_that_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prints = []
    for root in ("one", "two"):
        (tmp_path / root / "specs").mkdir(parents=True)
        (tmp_path / root / "specs" / "a.yaml").write_text("netspec: 1\nname: a\ninput: [8, 8, 1]\nfc: [0, -1]\n")
        monkeypatch.chdir(tmp_path / root)
        for name in ("specs", "./specs/a.yaml", str(tmp_path / root / "specs")):
            report = json.loads(CliRunner().invoke(command, ["validate", name, "--format", "gitlab"]).stdout)
            prints.append([issue["fingerprint"] for issue in report])
    assert len(prints[0]) == len(set(prints[0])) == 2
    assert all(found == prints[0] for found in prints)
