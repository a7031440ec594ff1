"""What may well be meant is told by editors, and by commands only where it is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.diagnostics.render import RENDERERS
from netspec.editor.convert import diagnostics
from netspec.editor.document import Document
from netspec.editor.position import Positions
from tests.cli.run import here

TEXT = """netspec: 1
name: x
input: [9, 9, 1]
blocks:
  - conv: {filters: 4, kernel: 3, norm: batch, bias: true}
    pool: {window: 2}
fc: [10]
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "x.yaml"
    path.write_text(TEXT)
    return str(path)


@pytest.mark.parametrize("form", RENDERERS)
def test_no_format_shows_a_hint(form: str, file: str) -> None:
    done = here("validate", "--strict", "--format", form, file)
    assert done.exit_code == 0
    assert "NS205" not in done.output
    assert "NS302" not in done.output


def test_they_are_warnings_where_they_are_asked_for(file: str) -> None:
    done = here("validate", "--hints", "--format", "concise", file)
    assert (done.exit_code, "warning[NS205]" in done.output) == (0, True)
    assert here("validate", "--hints", "--strict", file).exit_code == 1


def test_an_editor_shows_them_as_hints() -> None:
    document = Document.of(TEXT, "x.yaml")
    found = diagnostics("file:///x.yaml", document.report.diagnostics, 0, Positions(document.source), related=True)
    assert {(one.code, one.severity.name.upper()) for one in found if one.severity} == {
        ("NS205", "HINT"),
        ("NS302", "HINT"),
    }


def test_no_fixes_are_sought_for_hints_that_nobody_is_shown(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from netspec.repair import offer

    sought: list[str] = []
    real = offer.offer
    monkeypatch.setattr(offer, "offer", lambda report, examine: sought.append("once") or real(report, examine))
    assert here("validate", file).exit_code == 0
    assert sought == []
    assert here("validate", "--hints", file).exit_code == 0
    assert sought == ["once"]
