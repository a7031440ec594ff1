from __future__ import annotations

import json

from netspec.diagnostics.diagnostic import Diagnostic
from netspec.diagnostics.render.json import render
from netspec.text.source import START, Source
from tests.diagnostics.render.examples import FILES
from tests.diagnostics.render.hostile import hostile

PLACE = {"line", "column", "end_line", "end_column"}
ALWAYS = {"code", "severity", "message", "file", *PLACE, "labels", "notes", "fixes"}


def test_the_keys_are_those_of_the_contract(found):
    report = json.loads(render(found, FILES, color=False, width=80))
    assert list(report) == ["version", "files", "errors", "warnings", "diagnostics"]
    assert (report["version"], report["files"], report["errors"], report["warnings"]) == (1, 4, 9, 1)
    for one, record in zip(found, report["diagnostics"], strict=True):
        optional = {key for key in ("layer", "help") if getattr(one, key) is not None}
        assert record.keys() == ALWAYS | optional
        assert all(label.keys() == {*PLACE, "message"} for label in record["labels"])
        assert all(fix.keys() == {"title", "applicability", "edits"} for fix in record["fixes"])
        assert all(edit.keys() == {*PLACE, "text"} for fix in record["fixes"] for edit in fix["edits"])


def test_hostile_text_comes_back():
    for name, message in hostile(200):
        text = render([Diagnostic("NS001", message, Source(name, ""), START)], [], color=False, width=80)
        record = json.loads(text)["diagnostics"][0]
        assert (record["file"], record["message"]) == (joined(name), joined(message))


def joined(text: str) -> str:
    """Two lone surrogates side by side are, in JSON, the one character that they encode."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
