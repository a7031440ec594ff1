"""What commands return and how it is shown: findings in every format of `validate`, results where they belong."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click
import pytest

from netspec.cli import messages
from netspec.cli.main import COMMANDS
from netspec.cli.main import netspec as group
from netspec.cli.outcome import Outcome
from netspec.cli.rendering import present
from netspec.diagnostics.diagnostic import placeless
from netspec.diagnostics.errors import DataError
from netspec.diagnostics.render import RENDERERS
from tests.cli.run import here

GOOD = "netspec: 1\nname: good\ninput: [8, 8, 1]\nfc: [10]\n"
BAD = GOOD.replace("[10]", "[0]")
FINDING = placeless("NS602", "`x` is not a run", "name one")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NETSPEC_CACHE", str(tmp_path / "cache"))
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(BAD)
    (tmp_path / "bad.cfg").write_text("[net]\nheight=8\nwidth=8\nchannels=3\n[convolutional]\nfilters=four\n")
    return tmp_path


WRONG = {
    "train": (["bad.yaml"], 1),
    "train --resume": (["nothing"], 2),
    "compile": (["bad.yaml", "-o", "out"], 1),
    "summary": (["bad.yaml"], 1),
    "diff": (["good.yaml", "bad.yaml"], 1),
    "import": (["bad.cfg"], 1),
    "diagram": (["bad.yaml"], 1),
    "trace": (["bad.yaml", "--layer", "fc1"], 1),
    "bench": (["bad.yaml"], 1),
    "evaluate": (["nothing"], 2),
    "predict": (["nothing", "x.png"], 2),
    "report": (["nothing"], 2),
    "export": (["nothing", "--to", "onnx", "-o", "out.onnx"], 2),
}
"""Each command with an argument that is wrong, and its exit status."""


def test_every_command_that_may_find_something_is_here() -> None:
    assert {name.split()[0] for name in WRONG} == COMMANDS.keys() - {"validate", "explain", "schema", "lsp"}


@pytest.mark.parametrize("form", [form for form in RENDERERS if form != "full"])
@pytest.mark.parametrize("command", WRONG)
def test_what_is_wrong_comes_in_every_format(command: str, form: str) -> None:
    arguments, status = WRONG[command]
    done = here(*command.split(), *arguments, "--format", form)
    assert done.exit_code == status
    code = re.findall(r"NS\d{3}", done.stdout)[0]
    assert (code == "NS602") == (status == 2)
    if form in ("json", "gitlab", "sarif"):
        json.loads(done.stdout)
    result = {"summary", "diff", "trace", "bench", "evaluate", "predict"}
    assert bool(re.search(rf"^error\[{code}\]", done.stderr, re.MULTILINE)) == (form == "json" and command in result)


@pytest.mark.parametrize("command", WRONG)
def test_words_are_the_default(command: str) -> None:
    arguments, status = WRONG[command]
    done = here(*command.split(), *arguments)
    assert (done.exit_code, done.stdout) == (status, "")
    assert done.stderr.startswith("error[")


def test_a_result_gives_way_to_findings() -> None:
    """In their format they have standard output for themselves; a file that is sound is counted."""
    done = here("summary", "good.yaml", "--format", "json")
    assert json.loads(done.stdout)["name"] == "good"
    done = here("diagram", "good.yaml", "--format", "json")
    assert json.loads(done.stdout) == {"version": 1, "files": 1, "errors": 0, "warnings": 0, "diagnostics": []}
    assert done.stderr.startswith("<svg")
    done = here("summary", "good.yaml", "--format", "github")
    assert done.stdout == ""
    assert "650" in done.stderr


def presented(outcome: Outcome, capsys: pytest.CaptureFixture[str], form: str | None = None) -> tuple[int, str, str]:
    with click.Context(group) as context:
        messages.Told.of(context).form = form
        status = present(context, outcome)
    out, err = capsys.readouterr()
    return status, out, err


def test_a_result_that_fails_half_way_shows_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    def pieces(_: Any) -> Any:
        yield "one\n"
        raise DataError([FINDING], status=2)

    status, out, err = presented(Outcome(result=pieces), capsys)
    assert (status, out) == (2, "one\n")
    assert err == "error[NS602]: `x` is not a run\nhelp: name one\n"


def test_a_finding_without_a_place_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    with click.Context(group):
        messages.tell([FINDING])
        messages.tell([FINDING])
    assert capsys.readouterr().err.count("NS602") == 1


@pytest.mark.parametrize("form", [None, "json"])
def test_the_status_is_that_of_the_findings(form: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    faint = placeless("NS607", "the last bits may differ", severity="warning")
    for found, status in (((), 0), ((faint,), 0), ((faint, FINDING), 1)):
        assert presented(Outcome(found), capsys, form)[0] == status
    assert presented(Outcome((faint,), status=130), capsys, form)[0] == 130
