"""The documentation says what is: its outputs, its references, its commands, its links."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from netspec.cli.main import COMMANDS, netspec
from netspec.diagnostics import codes_page
from netspec.language import reference
from netspec.repair.check import check_source
from netspec.text.source import Source
from tests import api_page

ROOT = Path(__file__).parent.parent
BLESS = os.environ.get("NETSPEC_BLESS") == "1"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
PROSE = [page for page in PAGES if page.name != "codes.md"]

CONSOLE = re.compile(r"^```console\n\$ (?P<command>.*)\n(?P<output>(?:(?!```).*\n)*)```$", re.MULTILINE)
COMMAND = re.compile(r"(?:^|[\s`/|])netspec ([a-z]+)((?: +[^\s`|#]+)*)")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def shell(command: str) -> str:
    """What a command line of the documentation prints; `netspec` is this interpreter's."""
    function = f'netspec() {{ "{sys.executable}" -m netspec "$@"; }}\n'
    environment = {key: value for key, value in os.environ.items() if key not in ("FORCE_COLOR", "COLUMNS")}
    done = subprocess.run(
        ["bash", "-c", function + command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert not done.stderr, done.stderr
    return re.sub(r"[ \t]+$", "", done.stdout, flags=re.MULTILINE).rstrip("\n") + "\n"


@pytest.mark.parametrize("page", [page for page in PROSE if CONSOLE.search(page.read_text())], ids=name)
def test_outputs_are_current(page: Path) -> None:
    text = page.read_text()
    current = CONSOLE.sub(lambda m: f"```console\n$ {m['command']}\n{shell(m['command'])}```", text)
    if BLESS:
        page.write_text(current)
    assert page.read_text() == current


@pytest.mark.parametrize(
    ("page", "made"),
    [("docs/format.md", reference.reference), ("docs/codes.md", codes_page.page), ("docs/api.md", api_page.page)],
    ids=["format", "codes", "api"],
)
def test_references_are_current(page: str, made: object) -> None:
    path = ROOT / page
    head, mark, _ = path.read_text().partition("NETSPEC_BLESS=1) -->\n\n")
    current = head + mark + made()  # type: ignore[operator]
    if BLESS:
        path.write_text(current)
    assert mark
    assert path.read_text() == current


@pytest.mark.parametrize("page", [page for page in PROSE if ">>> " in page.read_text()], ids=name)
def test_python_examples_run(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    failed, tried = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert tried
    assert not failed


@pytest.mark.parametrize("page", PROSE, ids=name)
def test_specs_are_clean(page: Path) -> None:
    for spec in blocks(page.read_text(), "yaml"):
        if spec.startswith("netspec: 1\n"):
            assert not [
                found for found in check_source(Source(page.name, spec)).diagnostics if found.severity != "hint"
            ]


@pytest.mark.parametrize("page", PROSE, ids=name)
def test_commands_and_their_options_exist(page: Path) -> None:
    text = page.read_text()
    shown = "\n".join(blocks(text, "sh") + re.findall(r"`(netspec [^`]+)`", text))
    shown += "\n" + "\n".join(match["command"] for match in CONSOLE.finditer(text))
    for command, arguments in COMMAND.findall(shown):
        assert command in COMMANDS, command
        found = netspec.get_command(None, command)  # type: ignore[arg-type]
        assert found is not None
        known = {option for parameter in found.params for option in parameter.opts} | {"--help"}
        assert {word for word in arguments.split() if word.startswith("-") and word != "-"} <= known, arguments


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_the_two_commands_need_no_environment() -> None:
    lines = [line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("python3 ")]
    assert len(lines) == 2
    first, second = (line.split(" && ") for line in lines)
    assert first[0] == second[0] == "python3 -m venv .venv"
    assert "[train]" in first[1]
    assert first[-1].endswith("netspec train specs/digits.yaml")
    assert second[-1].split(" -n ")[0] == ".venv/bin/pytest"
    assert all(step.startswith(".venv/bin/") for step in [*first[1:], *second[1:]])
    assert "README.md" in (ROOT / ".ci" / "run").read_text()
