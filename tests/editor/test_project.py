"""What the project says of a spec holds in an editor as it does for `validate`."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.editor.actions import all_safe
from netspec.editor.document import Document

WARNED = "netspec: 1\nname: x\ninput: [10, 10, 1]\nblocks:\n  - conv: {filters: 4, kernel: 3, stride: 2}\nfc: [10]\n"


@pytest.mark.parametrize(
    ("configuration", "found"),
    [
        ("", [("NS302", "warning")]),
        ("strict = true\n", [("NS302", "error")]),
        ('ignore = ["NS3"]\n', []),
        ('select = ["NS4"]\n', []),
        ('exclude = ["specs"]\n', []),
        ("budgets.parameters = 10\n", [("NS302", "warning"), ("NS401", "error")]),
        ("strikt = true\n", [("NS024", "error"), ("NS302", "warning")]),
    ],
)
def test_the_findings_are_those_of_the_configuration(
    configuration: str, found: list[tuple[str, str]], tmp_path: Path
) -> None:
    (tmp_path / "netspec.toml").write_text(configuration)
    document = Document.of(WARNED, str(tmp_path / "specs" / "x.yaml"))
    assert sorted((one.code, one.severity) for one in document.report.diagnostics) == found
    assert all(one.source is document.source or one.code == "NS401" for one in document.report.diagnostics)
    assert document.plan is not None


def test_comments_hold_and_what_is_ignored_is_not_repaired(tmp_path: Path) -> None:
    text = WARNED.replace("fc:", "fcc:")
    path = str(tmp_path / "x.yaml")
    assert all_safe(Document.of(text, path)) is not None
    ignored = Document.of(text.replace("[10]", "[10]  # netspec: ignore[NS104]"), path)
    assert ("NS104" in {one.code for one in ignored.report.diagnostics}, all_safe(ignored)) == (False, None)
    (tmp_path / "netspec.toml").write_text('ignore = ["NS104"]\n')
    assert all_safe(Document.of(text, path)) is None
