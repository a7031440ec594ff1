"""The codes that no spec raises by itself: their commands, run as a person would, raise exactly them; the repair does not."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from netspec.cli import specs
from netspec.cli.explain import explanation
from netspec.data import splits
from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.code import Code
from netspec.diagnostics.render.cells import cells
from netspec.report import page
from tests.cli.run import ROOT, here
from tests.cli.run import netspec as process

BY_COMMANDS = [code for code in CODES.values() if not code.alone]


class Terminal:
    """A folder and what is typed in it. Lines that begin with `netspec` run in this process: JAX is loaded once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "folder"
        self.folder.mkdir()
        (folder / "bin").mkdir()
        for name, command in (("netspec", "-m netspec"), ("python3", "")):
            tool = folder / "bin" / name
            tool.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {command} "$@"\n')
            tool.chmod(0o755)
        path = f"{folder / 'bin'}:{os.environ['PATH']}"
        self.environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT)}

    def type(self, text: str) -> tuple[list[str], int]:
        """The codes that the last line tells of, and its status; the lines before succeed."""
        told: tuple[str, int] = ("", 0)
        for part in re.split(r"^(netspec .*)$", text, flags=re.MULTILINE):
            if part.strip():
                assert told[1] == 0, told[0]
                told = self._own(part) if part.startswith("netspec ") else self._shell(part)
        return re.findall(r"(?:error|warning)\[(NS\d+)\]", told[0]), told[1]

    def _own(self, line: str) -> tuple[str, int]:
        done = here(*shlex.split(line)[1:])
        return done.output, done.exit_code

    def _shell(self, text: str) -> tuple[str, int]:
        done = subprocess.run(
            ["sh", "-ec", text], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        return done.stdout + done.stderr, done.returncode


WARNINGS = {
    *("NS205", "NS512", "NS517", "NS520", "NS531", "NS532", "NS533", "NS630"),
    *("NS607", "NS616", "NS620", "NS621", "NS622", "NS623"),
    *("NS643", "NS645"),
}


@pytest.mark.slow
@pytest.mark.parametrize("code", BY_COMMANDS, ids=lambda code: code.code)
def test_its_commands_raise_exactly_it_and_its_repair_nothing(
    code: Code, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if code.code == "NS607" and len(os.sched_getaffinity(0)) == 1:
        pytest.skip("one core: there is no other number of them")
    terminal = Terminal(tmp_path)
    monkeypatch.chdir(terminal.folder)
    monkeypatch.setattr(page, "write", lambda *_: None)  # half the time of such a run, and tested by itself
    monkeypatch.setenv("NETSPEC_CACHE", str(tmp_path / "cache"))
    spec = terminal.folder / "example.yaml"
    spec.write_text(code.example, encoding="utf-8")
    found, status = terminal.type(f"{code.setup}\n{code.command}")
    assert [one for one in found if one not in code.beside] == [code.code]
    assert bool(status) != (code.code in WARNINGS)
    if not code.repair:
        spec.write_text(code.repaired, encoding="utf-8")
    if code.code.startswith("NS5") and not code.repair:  # that the network then trains is the same for all of them
        images = splits.read(specs.require_plan("example.yaml"))
        assert not isinstance(images, list), images
        assert not images.warnings
    else:
        assert terminal.type(code.repair or code.command) == ([], 0)


def test_every_code_can_be_seen_and_says_why() -> None:
    for code in CODES.values():
        assert code.example or code.setup
        assert code.repaired or code.repair
        assert min(len(code.meaning), len(code.why)) > 20
        assert "netspec " in code.command


@pytest.mark.parametrize("code", CODES.values(), ids=lambda code: code.code)
def test_the_explanation_fits_a_terminal_and_colour_adds_nothing(code: Code) -> None:
    plain = explanation(code, colour=False)
    assert re.sub("\x1b\\[[0-9;]*m", "", explanation(code, colour=True)) == plain
    assert all(char.isprintable() or char == "\n" for char in plain)
    assert {title for title in ("Repaired:", "Repaired by:") if title in plain}
    if code.code not in ("NS018", "NS019", "NS020"):  # about length: their specs are told whole, to be copied
        assert max(map(cells, plain.split("\n"))) <= 80, plain


def values(line: str) -> list[float]:
    """The sides of an equation that are numbers alone."""
    found = []
    for side in line.split(" = "):
        if re.fullmatch(r"(?:floor|ceil|[\d\s.()*/%+,-])+", side):
            floor, ceil = (lambda x: x // 1), (lambda x: -(-x // 1))
            found.append(eval(side, {"floor": floor, "ceil": ceil, "__builtins__": {}}))
    return found


@pytest.mark.parametrize("code", [code for code in CODES.values() if code.arithmetic], ids=lambda code: code.code)
def test_the_arithmetic_is_right(code: Code) -> None:
    for line in code.arithmetic:
        sides = values(line)
        assert len(sides) >= 2, line
        assert len(set(sides)) == 1, (line, sides)


@pytest.mark.parametrize("code", [code for code in CODES.values() if code.code[:3] in ("NS3", "NS4")], ids=str)
def test_shapes_and_budgets_have_arithmetic(code: Code) -> None:
    assert code.arithmetic


def test_explain_speaks_json_and_completes() -> None:
    import json

    one = json.loads(process("explain", "NS507", "--format", "json").stdout)
    assert one == {"version": 1} | {
        name: list(value) if isinstance(value, tuple) else value
        for name in ("code", "title", "meaning", "why", "example", "repaired", "arithmetic", "setup", "command")
        if (value := getattr(CODES["NS507"], name))
    }
    assert [c["code"] for c in json.loads(process("explain", "--format", "json").stdout)["codes"]] == list(CODES)
    variables = {"COMP_WORDS": "netspec explain NS30", "COMP_CWORD": "2", "_NETSPEC_COMPLETE": "bash_complete"}
    assert process(**variables).stdout.split() == [f"plain,NS30{number}" for number in range(1, 10)]


def test_an_unknown_code_is_wrong_usage_with_the_nearest() -> None:
    done = process("explain", "NS3O1")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.search(r"Did you mean NS3\d\d \(", done.stderr)
    for far in ("window", "NS999", "999"):
        assert "lists them" in process("explain", far).stderr
