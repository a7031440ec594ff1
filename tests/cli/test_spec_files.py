"""Which files a command line names, and in what order they are told."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from netspec.cli import spec_files
from netspec.project.configuration import left_out
from tests.cli.run import here, netspec

GOOD = "netspec: 1\nname: good\ninput: [8, 8, 1]\nfc: [10]\n"
BAD = GOOD.replace("[10]", "[0]")
WORSE = GOOD.replace("[10]", "[0, -1]")
WARNED = GOOD + "blocks:\n  - conv: {filters: 4, kernel: 3, stride: 2}\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("a.yaml", "b.yml", "notes.txt", "broken/c.yaml", "broken/deep/d.yaml", ".venv/e.yaml", "x/.f.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(GOOD)
    (tmp_path / "x" / "loop").symlink_to(tmp_path, target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def expand(names: list[str], exclude: list[str]) -> list[str]:
    return [file.name for file in spec_files.expand(names, exclude)]


ALL = ["a.yaml", "b.yml", "broken/c.yaml", "broken/deep/d.yaml", "x/.f.yaml"]


@pytest.mark.parametrize(
    ("names", "exclude", "found"),
    [
        (["."], [], ALL),
        (["b.yml", "."], [], ["b.yml", *(name for name in ALL if name != "b.yml")]),
        (["./a.yaml", "a.yaml", "*.yaml"], [], ["./a.yaml"]),
        (["**/*.yaml"], [], ["a.yaml", "broken/c.yaml", "broken/deep/d.yaml"]),
        (["notes.txt", "missing.yaml"], [], ["notes.txt", "missing.yaml"]),
        (["."], ["broken"], ["a.yaml", "b.yml", "x/.f.yaml"]),
        (["."], ["broken/"], ["a.yaml", "b.yml", "x/.f.yaml"]),
        (["."], ["./broken/deep", "x"], ["a.yaml", "b.yml", "broken/c.yaml"]),
        (["."], ["*.yaml"], ["b.yml"]),
        (["."], ["brok?n/*"], ["a.yaml", "b.yml", "x/.f.yaml"]),
        (["."], ["c", "roken", "a"], ALL),
        (["a.yaml", "broken/c.yaml"], ["broken"], ["a.yaml"]),
        (["broken"], ["broken/c.yaml"], ["broken/deep/d.yaml"]),
    ],
    ids=str,
)
def test_what_names_stand_for(names: list[str], exclude: list[str], found: list[str], tree: Path) -> None:
    assert expand(names, exclude) == found


def test_a_pattern_holds_for_absolute_names(tree: Path) -> None:
    assert expand([str(tree)], ["broken/deep"]) == [str(tree / name) for name in ALL if "deep" not in name]


def test_what_is_left_out_is_not_entered(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entered = []
    listed = os.scandir

    def noticed(path: str) -> object:
        entered.append(os.path.normpath(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", noticed)
    expand(["."], ["broken"])
    assert entered == [".", "x"]


def test_case_matters() -> None:
    assert not left_out("Broken/a.yaml", ["broken"])


def test_all_files_that_are_named_may_be_left_out(tree: Path) -> None:
    done = here("validate", "broken/c.yaml", "a.yaml", "--exclude", "broken", "--exclude", "a.*")
    assert (done.exit_code, done.stdout) == (0, "no errors in 0 files\n")


def test_a_folder_of_which_nothing_is_left_is_wrong_usage(tree: Path) -> None:
    (tree / "empty").mkdir()
    (tree / "other").mkdir()
    (tree / "other" / "x.yaml").write_text("services: {}\n")
    for arguments in (["empty"], ["other"], [".", "--exclude", "*"], ["a.yaml", "broken", "--exclude", "[ab]*"]):
        done = here("validate", *arguments)
        assert (done.exit_code, done.stdout) == (2, "")
        assert "no spec to check" in done.stderr or "no .yaml or .yml file to check below empty" in done.stderr
    assert here("validate", "other", "a.yaml").exit_code == 0
    assert "--exclude * leaves out all files" in here("validate", ".", "--exclude", "*").stderr
    assert "the pattern *.nope matches no file" in here("validate", "a.yaml", "*.nope").stderr


def test_the_worst_file_comes_first_for_people_and_the_names_order_for_programs(tmp_path: Path) -> None:
    for name, text in (("a", WARNED), ("b", BAD), ("c", GOOD), ("d", WORSE), ("e", BAD)):
        (tmp_path / f"{name}.yaml").write_text(text)
    report = json.loads(netspec("validate", "--format", "json", ".", cwd=tmp_path).stdout)
    assert [found["file"][0] for found in report["diagnostics"]] == list("abdde")
    lines = netspec("validate", "--format", "concise", ".", cwd=tmp_path).stdout.splitlines()
    assert [line[0] for line in lines] == list("ddbea")
    full = netspec("validate", ".", cwd=tmp_path).stdout
    assert [line.strip()[4] for line in full.splitlines() if line.strip().startswith("-->")] == list("ddbea")
    assert full.split("\n\n")[-2].splitlines() == [
        "errors  warnings  file",
        "     2         -  d.yaml",
        "     1         -  b.yaml",
        "     1         -  e.yaml",
        "     -         1  a.yaml",
    ]


def test_the_table_names_twenty_files(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number:02}.yaml").write_text(BAD)
    table = netspec("validate", ".", cwd=tmp_path).stdout.split("\n\n")[-2].splitlines()
    assert len(table) == 22
    assert table[-1] == "and 10 more with errors or warnings"
