"""A finding that stands in no text, in every format as its consumer reads it."""

from __future__ import annotations

import json

from junitparser import JUnitXml

from netspec.diagnostics.diagnostic import Diagnostic, placeless
from netspec.diagnostics.render import RENDERERS, renderer
from netspec.text.source import Source, Span
from tests.cli.test_formats import GITLAB, SARIF

LOST = placeless("NS602", "`runs/x` is not a run", "name one")
FAINT = placeless("NS607", "the last bits may differ", severity="warning")
PLACED = Diagnostic("NS611", "the target is missed", Source("x.yaml", "netspec: 1\n"), Span(1, 1, 1, 8))


def rendered(form: str, *found: Diagnostic) -> str:
    return renderer(form)(found, ["x.yaml"], color=False, width=80)


def test_no_format_names_a_place_for_it() -> None:
    for form in RENDERERS:
        text = rendered(form, PLACED, LOST, FAINT)
        assert "\0" not in text
        assert "\\u0000" not in text
        assert "is not a run" in text, form


def test_words_are_the_message_and_what_helps() -> None:
    assert rendered("full", LOST).startswith(
        "error[NS602]: `runs/x` is not a run\nhelp: name one\n\n1 error in 1 file\n"
    )
    assert rendered("concise", PLACED, LOST) == (
        "error[NS602] `runs/x` is not a run\nx.yaml:1:1: error[NS611] the target is missed\n"
    )
    assert rendered("github", LOST) == "::error title=netspec NS602::NS602 `runs/x` is not a run%0Ahelp: name one\n"


def test_json_has_no_place() -> None:
    found = json.loads(rendered("json", PLACED, LOST))
    assert (found["files"], found["errors"]) == (1, 2)
    placed, lost = found["diagnostics"]
    assert placed.keys() - lost.keys() == {"file", "line", "column", "end_line", "end_column"}
    assert lost["help"] == "name one"


def test_what_servers_read_is_valid() -> None:
    SARIF.validate(log := json.loads(rendered("sarif", PLACED, LOST)))
    assert [bool(one["locations"]) for one in log["runs"][0]["results"]] == [True, False]
    GITLAB.validate(issues := json.loads(rendered("gitlab", PLACED, LOST)))
    assert [one["location"]["path"] for one in issues] == ["x.yaml", "."]
    cases = {
        case.name: case for suite in JUnitXml.fromstring(rendered("junit", LOST, FAINT).encode()) for case in suite
    }
    assert cases.keys() == {"x.yaml", "netspec"}
    assert cases["netspec"].result[0].text == "error[NS602] `runs/x` is not a run\nhelp: name one"


def test_a_file_may_have_an_empty_name() -> None:
    """`netspec validate ""`: it is a name all the same."""
    assert Diagnostic("NS022", "the file cannot be read", Source("", ""), Span(1, 1, 1, 1)).placed
