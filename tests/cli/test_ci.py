"""The jobs and hooks that `docs/ci.md` and `.pre-commit-hooks.yaml` promise, run as they stand there."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from netspec.cli.main import netspec as command
from tests.cli.run import ROOT, netspec

GOOD = "netspec: 1\nname: good\ninput: [8, 8, 1]\nfc: [10]\n"
BAD = GOOD.replace("fc: [10]", "fc: [{units: 10, bias: no}]")
PAGE = (ROOT / "docs" / "ci.md").read_text()
BLOCKS = [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)]
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
DISTRIBUTION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["name"]


def lines(job: dict[str, Any]) -> list[str]:
    """The command lines of a job: GitHub's `run` of each step, or GitLab's `script`."""
    return job.get("script") or [step["run"] for step in job["steps"] if "run" in step]


JOBS = {
    f"{'github' if 'jobs' in block else 'gitlab'}-{number}": job
    for number, block in enumerate(BLOCKS)
    for job in (block.get("jobs") or block).values()
    if isinstance(job, dict)
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with specs, and a command `netspec` beside it that is this interpreter's."""
    (tmp_path / "bin").mkdir()
    tool = tmp_path / "bin" / "netspec"
    tool.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m netspec "$@"\n')
    tool.chmod(0o755)
    (tmp_path / "project" / "specs").mkdir(parents=True)
    (tmp_path / "project" / "specs" / "good.yaml").write_text(GOOD)
    return tmp_path / "project"


def run(job: dict[str, Any], project: Path) -> int:
    """Runs the lines of a job as its server does: until one fails. Gives the last status."""
    environment = os.environ | {
        "PATH": f"{project.parent / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    status = 0
    for line in lines(job):
        if line.startswith("pip install "):
            assert shlex.split(line)[2:] == [DISTRIBUTION]
            continue
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", line],
            cwd=project, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert not done.stderr, done.stderr
        status = done.returncode
        if status:
            break
    return status


def test_every_job_is_found() -> None:
    assert [name.split("-")[0] for name in JOBS] == ["github", "github", "gitlab"]
    assert all(lines(job) for job in JOBS.values())


@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
def test_a_job_passes_sound_specs_fails_broken_ones_and_leaves_its_reports(job: dict[str, Any], project: Path) -> None:
    reports = [*job.get("artifacts", {}).get("reports", {}).values()]
    reports += [step["with"]["sarif_file"] for step in job.get("steps", ()) if "sarif_file" in step.get("with", {})]
    for number, text in enumerate((GOOD, BAD)):
        (project / "specs" / "other.yaml").write_text(text)
        assert run(job, project) == number
        for report in reports:
            content = (project / report).read_text()
            assert (("NS101" in content), bool(content)) == (bool(number), True)


def test_the_documented_hook_exists_and_its_arguments_are_options() -> None:
    (config,) = (block for block in BLOCKS if "repos" in block)
    (hook,) = config["repos"][0]["hooks"]
    assert hook["id"] in {known["id"] for known in HOOKS}
    validate = command.get_command(None, "validate")  # type: ignore[arg-type]
    assert validate is not None
    options = {name for parameter in validate.params for name in parameter.opts}
    assert {argument for argument in hook["args"] if argument.startswith("--")} <= options


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_has_what_pre_commit_wants_and_its_entry_runs(hook: dict[str, Any], project: Path) -> None:
    assert {"id", "name", "entry", "language", "types", "files"} <= hook.keys()
    program, *arguments = shlex.split(hook["entry"])
    assert program in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    bad = project / "specs" / "bad.yaml"
    bad.write_text(BAD)
    done = netspec(*arguments, "specs/good.yaml", "specs/bad.yaml", cwd=project)
    fixed = "--fix" in arguments
    assert done.returncode == int(not fixed), done.stderr
    assert (bad.read_text() != BAD) == fixed
    assert netspec(*arguments, "specs/good.yaml", cwd=project).returncode == 0


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("specs/a.yaml", True),
        ("nets/specs/deep/a.yml", True),
        ("a.yaml", False),
        ("nets/a.netspec.yaml", True),
        ("a.netspec.yml.txt", False),
        ("myspecs/a.yaml", False),
        ("specs/a.yaml.txt", False),
        (".github/workflows/ci.yml", False),
    ],
)
def test_a_hook_takes_specs(hook: dict[str, Any], name: str, taken: bool) -> None:
    assert bool(re.search(hook["files"], name)) == taken


@pytest.mark.slow
@pytest.mark.skipif(find_spec("pre_commit") is None, reason="pre-commit is not installed")
@pytest.mark.skipif(not (ROOT / ".git").exists() or not shutil.which("git"), reason="not a git checkout")
def test_pre_commit_runs_the_hooks(project: Path) -> None:
    """`try-repo` clones this repository, installs it into an environment of its own and runs the hook there."""
    (project / "specs" / "bad.yaml").write_text(BAD)
    (project / "other.yaml").write_text("not: a spec\n")
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH" and not key.startswith("GIT_")}
    environment = kept | {"PRE_COMMIT_HOME": str(project.parent / "cache"), "PRE_COMMIT_COLOR": "never"}

    def tried(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(arguments, cwd=project, env=environment, capture_output=True, text=True, check=False)

    assert tried("git", "init", "-q").returncode == 0
    assert tried("git", "add", "-A").returncode == 0
    run = [sys.executable, "-m", "pre_commit", "try-repo", str(ROOT), "netspec-fix", "--all-files"]
    first = tried(*run)
    if "pip" in first.stdout + first.stderr and "netspec validate" not in first.stdout:
        pytest.skip(f"pip cannot install here: {first.stdout[-300:]}")
    assert first.returncode == 1, first.stdout
    assert "files were modified by this hook" in first.stdout
    assert "no errors in 2 files" in first.stdout
    assert (project / "specs" / "bad.yaml").read_text() == BAD.replace("no}", "false}")


def test_json_is_the_contract_for_every_broken_spec() -> None:
    """Keys, types, and that every place, edits too, lies in the file."""
    place = {"line": int, "column": int, "end_line": int, "end_column": int}
    report = json.loads(netspec("validate", "--format", "json", "specs", "--budget", "macs=1k").stdout)
    assert list(report) == ["version", "files", "errors", "warnings", "diagnostics"]
    found = report["diagnostics"]
    assert report["files"] == len([*(ROOT / "specs").rglob("*.yaml")])
    for severity in ("error", "warning"):
        assert report[f"{severity}s"] == sum(one["severity"] == severity for one in found) > 0
    assert [(one["file"], one["line"], one["column"]) for one in found] == sorted(
        (one["file"], one["line"], one["column"]) for one in found
    )

    def typed(record: dict[str, Any], **types: type) -> None:
        assert {key: type(value) for key, value in record.items()} == types

    def inside(record: dict[str, Any], text: list[str]) -> None:
        start, end = (record["line"], record["column"]), (record["end_line"], record["end_column"])
        assert start <= end
        for line, column in (start, end):
            assert 1 <= line <= len(text)
            assert 1 <= column <= len(text[line - 1]) + 1

    for one in found:
        text = (ROOT / one["file"]).read_text().split("\n")
        optional = {key: str for key in ("layer", "help") if key in one}
        words = {"code": str, "severity": str, "message": str, "file": str}
        typed(one, **words, **place, labels=list, notes=list, fixes=list, **optional)
        inside(one, text)
        for label in one["labels"]:
            typed(label, **place, message=str)
            inside(label, text)
        for fix in one["fixes"]:
            typed(fix, title=str, applicability=str, edits=list)
            assert fix["edits"]
            for edit in fix["edits"]:
                typed(edit, **place, text=str)
                inside(edit, text)
    assert {"layer", "help"} <= {key for one in found for key in one}
