"""A standard stream that is closed, full or left: the status that is promised, and never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.run import ROOT

COMMANDS = {
    "validate": (("validate", "specs/digits.yaml"), 0),
    "validate, wrong": (("validate", "specs/broken"), 1),
    "validate, missing": (("validate", "missing.yaml"), 2),
    "usage": (("validate",), 2),
    "no command": (("nonsense",), 2),
    "help": (("--help",), 0),
    "version": (("--version",), 0),
    "summary": (("summary", "specs/digits.yaml"), 0),
    "explain": (("explain",), 0),
    "schema": (("schema",), 0),
    "diagram": (("diagram", "specs/digits.yaml"), 0),
}
PRINTS = {name for name, (_, status) in COMMANDS.items() if name not in ("usage", "no command")}


def ended(arguments: tuple[str, ...], redirection: str, tmp_path: Path, **given: bytes) -> tuple[int, bytes, bytes]:
    """Status, standard output and standard error of a command in a shell that has redirected its streams."""
    command = ["sh", "-c", f'"$@" {redirection}', "sh", sys.executable, "-m", "netspec", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "NETSPEC_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, timeout=120, check=False, input=given.get("stdin", b"")
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_standard_error_that_takes_nothing_changes_no_status(name: str, tmp_path: Path) -> None:
    arguments, status = COMMANDS[name]
    for redirection in ("2>&-", "2>/dev/full"):
        found, output, errors = ended(arguments, redirection, tmp_path)
        assert (found, errors) == (status, b""), redirection
        assert bool(output) == (name in PRINTS)


@pytest.mark.parametrize("name", COMMANDS)
def test_standard_output_that_is_closed_is_one_line_and_3(name: str, tmp_path: Path) -> None:
    arguments, status = COMMANDS[name]
    found, _, errors = ended(arguments, ">&-", tmp_path)
    if name in PRINTS:
        assert (found, errors) == (3, b"netspec: standard output is closed\n")
        assert ended(arguments, ">&- 2>&-", tmp_path)[0] == 3
    else:
        assert found == status
        assert b"Traceback" not in errors


def test_a_file_does_not_take_the_number_of_a_closed_stream(tmp_path: Path) -> None:
    """The first file that is opened would: whatever is written to 1 or 2 would then be written into it."""
    code = "from netspec.cli import streams; streams.hold(); import os; print(os.open(os.devnull, 0) > 2, os.get_inheritable(1))"
    command = f'"{sys.executable}" -c "{code}"'
    done = subprocess.run(["sh", "-c", f"{command} <&- 2>&-"], capture_output=True, cwd=ROOT, check=False)
    assert done.stdout == b"True True\n"


INITIALIZE = b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}'
FRAMED = b"Content-Length: %d\r\n\r\n%s" % (len(INITIALIZE), INITIALIZE)


@pytest.mark.parametrize("redirection", [">&-", ">/dev/full"])
def test_a_language_server_without_a_client_ends(redirection: str, tmp_path: Path) -> None:
    status, _, errors = ended(("lsp",), redirection, tmp_path, stdin=FRAMED)
    assert status == 3
    assert errors.startswith(b"netspec: the client cannot be told anything: ")
    assert errors.count(b"\n") == 1


def test_a_language_server_without_standard_input_ends(tmp_path: Path) -> None:
    assert ended(("lsp",), "<&-", tmp_path) == (3, b"", b"netspec: standard input is closed\n")


@pytest.mark.slow
def test_commands_that_compute_keep_their_status(tmp_path: Path) -> None:
    """They ask for large pages by running their program again: what was closed has to be so for that one too."""
    train = (
        "train",
        "specs/digits.yaml",
        "--set",
        "train.epochs=1",
        "--tune",
        "off",
        "--set",
        "train.target.at_least=0",
    )
    run = tmp_path / "run"
    status, _, errors = ended((*train, "--output", str(run)), ">&-", tmp_path)
    assert status == 3
    assert errors.endswith(b"netspec: standard output is closed\n")
    assert (run / "report.html").exists()
    for command in ("evaluate", "report"):
        assert ended((command, str(run)), "2>&-", tmp_path)[0] == 0
        assert ended((command, str(run)), ">&-", tmp_path)[::2] == (3, b"netspec: standard output is closed\n")
    for arguments in (("evaluate", str(tmp_path / "none")), ("predict", str(run), "none.png")):
        assert ended(arguments, "2>/dev/full", tmp_path)[0] == 2
