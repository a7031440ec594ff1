"""`validate` day by day: each file for itself, what is chosen and configured, repairs written, shown and refused."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from netspec.cli import validate as command
from netspec.cli.main import netspec as netspec_command
from netspec.cli.spec_files import expand
from netspec.diagnostics.render import RENDERERS
from netspec.repair import safe
from tests.cli.run import netspec
from tests.cli.test_formats import findings

GOOD = "netspec: 1\nname: good\ninput: [8, 8, 1]\nfc: [10]\n"
FIXABLE = GOOD.replace("fc", "fcc")
BAD = GOOD.replace("[10]", "[0]")
WARNED = "netspec: 1\nname: x\ninput: [12, 12, 1]\nblocks:\n  - conv: {filters: 4, kernel: 4, stride: 3}\nfc: [10]\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(**texts: str) -> None:
    for name, text in texts.items():
        Path(f"{name}.yaml").write_text(text)


def validate(*arguments: str, stdin: str | bytes | None = None) -> Result:
    done = CliRunner().invoke(netspec_command, ["validate", *arguments], input=stdin, prog_name="netspec")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def found(*arguments: str, stdin: str | None = None) -> list[tuple[str, str]]:
    return findings(validate("--format", "json", *arguments, stdin=stdin).stdout, "json")


# each file for itself


@pytest.mark.parametrize("form", RENDERERS)
def test_a_file_that_fails_takes_no_other_along(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write(a=BAD, b=GOOD, c=GOOD.replace("good", "breaks"))
    judge = command.Configuration.judged

    def breaks(self: Any, report: Any) -> Any:
        if "breaks" in report.source.text:
            raise AttributeError("'NoneType' object has no attribute 'strip'")
        return judge(self, report)

    monkeypatch.setattr(command.Configuration, "judged", breaks)
    done = validate("--format", form, "a.yaml", "b.yaml", "c.yaml", "missing.yaml")
    assert done.exit_code == 3
    wanted = [("a.yaml", "NS102"), ("c.yaml", "NS025"), ("missing.yaml", "NS022")]
    assert sorted(findings(done.stdout, form)) == wanted
    assert "this is a bug in netspec" in done.stdout
    assert re.search(
        r"^c\.yaml:\nTraceback .*^this is a bug in netspec \(netspec ", done.stderr, re.DOTALL | re.MULTILINE
    )


@pytest.mark.parametrize("fence", ["```", "~~~", "``"])
@pytest.mark.parametrize("form", ["```yaml\n{}```\n", "{}```\n", "netspec: 1\n```\n{}", "netspec: 1\nname: ``\n{}"])
def test_marks_of_another_language_are_findings(form: str, fence: str) -> None:
    write(a=BAD, fenced=form.replace("```", fence).format(GOOD.replace("netspec: 1\n", "")))
    files = {name for name, _ in found("a.yaml", "fenced.yaml")}
    assert {"a.yaml", "fenced.yaml"} == files


@pytest.mark.parametrize("form", RENDERERS)
def test_names_that_no_file_can_have_are_findings(form: str) -> None:
    write(a=BAD)
    long = f"{'n' * 300}.yaml"
    done = validate("--format", form, "a.yaml", long, f"{'d' * 300}/b.yaml", "a.yaml/c.yaml")
    assert done.exit_code == 2
    assert {code for _, code in findings(done.stdout, form)} == {"NS102", "NS022"}
    assert len(findings(done.stdout, form)) == 4


UNPRIVILEGED = pytest.mark.skipif(
    os.geteuid() == 0 and not shutil.which("setpriv"),
    reason="root may enter every folder, and nothing here lays that down",
)


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that everybody may enter: pytest's own are closed."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        monkeypatch.chdir(name)
        yield Path(name)


def as_somebody(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process without root's rights."""
    from tests.cli import run

    lay_down = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    code = "import sys; from netspec.cli.main import main; main()"
    return subprocess.run(
        [*lay_down, run.sys.executable, "-c", code, *arguments],
        env=os.environ | {"PYTHONPATH": str(run.ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@UNPRIVILEGED
def test_a_folder_that_cannot_be_searched_is_a_finding(shared: Path) -> None:
    write(a=BAD)
    for name, mode in (("listed", 0o644), ("closed", 0o000)):
        (shared / name).mkdir()
        (shared / name / "b.yaml").write_text(GOOD)
        (shared / name).chmod(mode)
    done = as_somebody("validate", "--format", "json", ".", "closed/b.yaml")
    assert done.returncode == 2, done.stderr
    wanted = [("a.yaml", "NS102"), ("closed", "NS022"), ("closed/b.yaml", "NS022"), ("listed/b.yaml", "NS022")]
    assert findings(done.stdout, "json") == wanted


@UNPRIVILEGED
def test_repairs_in_a_folder_that_cannot_be_written(shared: Path) -> None:
    (shared / "closed").mkdir()
    for name, mode in (("mine", 0o666), ("theirs", 0o644)):
        path = shared / "closed" / f"{name}.yaml"
        path.write_text(FIXABLE)
        path.chmod(mode)
    (shared / "closed").chmod(0o555)
    if os.geteuid():
        (shared / "closed" / "theirs.yaml").chmod(0o444)
    done = as_somebody("validate", "--fix", "--format", "json", "closed")
    (shared / "closed").chmod(0o755)
    assert done.returncode == 3, done.stderr
    assert findings(done.stdout, "json") == [("closed/theirs.yaml", "NS026"), ("closed/theirs.yaml", "NS104")]
    assert (shared / "closed" / "mine.yaml").read_text() == GOOD
    assert (shared / "closed" / "theirs.yaml").read_text() == FIXABLE


# which files


def names(*arguments: str) -> list[str]:
    return [file.name for file in expand(arguments)]


def test_files_that_do_not_say_that_they_are_specs_are_counted(folder: Path) -> None:
    write(a=GOOD, compose="services: {}\n", broken="a: [\n", large="x: 1\n" * 300_000)
    Path("empty.netspec.yaml").touch()
    done = validate(".", "--format", "json")
    assert findings(done.stdout, "json") == [("empty.netspec.yaml", "NS001")]
    assert json.loads(done.stdout)["files"] == 2
    assert done.stderr == "not looked at: 3 YAML files without the key `netspec`\n"
    assert {name for name, _ in found("compose.yaml", ".")} == {"compose.yaml", "empty.netspec.yaml"}


@pytest.mark.skipif(not shutil.which("git"), reason="no git")
def test_what_git_ignores_is_not_entered(folder: Path) -> None:
    places = [
        "a",
        "build/b",
        "sub/c",
        "sub/d.gen",
        "node_modules/pkg/e",
        ".venv/f",
        "inner/g",
        "inner/tmp/h",
        "kept.gen",
    ]
    for place in places:
        path = Path(f"{place}.yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(GOOD)
    Path(".gitignore").write_text("build/\n*.gen.yaml\n")
    Path("inner/.gitignore").write_text("tmp\n")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    assert "build/b.yaml" in names(".")
    for at, arguments in ((".", ["init", "-q"]), (".", ["add", "-f", "kept.gen.yaml"]), ("inner", ["init", "-q"])):
        subprocess.run([*git, *arguments], cwd=at, env=environment, check=True)
    assert names(".") == ["a.yaml", "inner/g.yaml", "kept.gen.yaml", "sub/c.yaml"]
    assert names("sub") == ["sub/c.yaml"]
    assert names("build", "sub/d.gen.yaml", "node_modules") == [
        "build/b.yaml", "sub/d.gen.yaml", "node_modules/pkg/e.yaml",
    ]  # fmt: skip


# what is chosen and configured


def test_codes_are_chosen_by_name_and_by_family() -> None:
    write(a=WARNED, b=BAD)
    both = [("a.yaml", "NS302"), ("b.yaml", "NS102")]
    assert found(".") == both
    assert found(".", "--select", "NS3") == both[:1]
    assert found(".", "--select", "NS302,NS102") == both
    assert found(".", "--ignore", "NS1", "--ignore", "NS302") == []
    assert validate(".", "--ignore", "NS102").exit_code == 0
    write(c="netspec: [\n")
    assert found("c.yaml", "--select", "NS3") == [("c.yaml", "NS007")]
    done = validate(".", "--select", "NS999")
    assert (done.exit_code, "no code NS999" in done.stderr) == (2, True)


def test_a_configuration_holds_for_the_files_below_it(folder: Path) -> None:
    for place in ("one", "two/specs/broken"):
        (folder / place).mkdir(parents=True)
    (folder / "one" / "netspec.toml").write_text("strict = true\n[budgets]\nparameters = 10\n")
    (folder / "two" / "pyproject.toml").write_text('[tool.netspec]\nexclude = ["specs/broken"]\nignore = ["NS302"]\n')
    for name in ("one/a.yaml", "two/b.yaml", "two/specs/broken/c.yaml"):
        (folder / name).write_text(WARNED)
    done = validate("one", "two", "two/specs/broken/c.yaml", "--format", "json")
    report = json.loads(done.stdout)
    assert [(one["file"], one["code"], one["severity"]) for one in report["diagnostics"]] == [
        ("one/a.yaml", "NS302", "error"), ("one/a.yaml", "NS401", "error"),
    ]  # fmt: skip
    assert (report["files"], done.exit_code) == (2, 1)
    assert "(with `parameters=10 in one/netspec.toml`)" in report["diagnostics"][1]["message"]
    assert found("one", "--budget", "parameters=1M", "--ignore", "NS302") == []
    assert found("-", "--stdin-filename", "two/x.yaml", stdin=WARNED) == []
    assert found("-", "--stdin-filename", "x.yaml", stdin=WARNED) == [("x.yaml", "NS302")]


@pytest.mark.parametrize("form", RENDERERS)
def test_a_wrong_configuration_is_told_once_with_its_place(form: str) -> None:
    Path("netspec.toml").write_text("strict = true\nexlude = []\n")
    write(a=GOOD, b=WARNED)
    done = validate(".", "--format", form)
    assert (sorted(findings(done.stdout, form)), done.exit_code) == (
        [("b.yaml", "NS302"), ("netspec.toml", "NS024")],
        2,
    )


def test_a_budget_that_an_alias_stands_for_is_a_finding_of_its_file() -> None:
    Path("netspec.toml").write_text("budgets.parameters = 10\n")
    write(a=GOOD + "train: {seed: &n 9}\nbudget: {parameters: *n}\n", b=GOOD)
    assert ("a.yaml", "NS024") in found(".")
    assert ("b.yaml", "NS401") in found(".")


# repairs


def test_a_read_only_file_is_refused_with_a_finding() -> None:
    write(a=FIXABLE, b=FIXABLE)
    Path("a.yaml").chmod(0o444)
    done = validate("--fix", "--format", "concise", ".")
    assert done.exit_code == 3
    assert "a.yaml:1:1: error[NS026] the repairs cannot be written: the file is read-only\n" in done.stdout
    assert (Path("a.yaml").read_text(), Path("b.yaml").read_text()) == (FIXABLE, GOOD)
    assert done.stderr == "b.yaml: write `fc`\n"


def test_what_an_editor_wrote_while_it_was_checked_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    write(a=FIXABLE)
    fix_all = safe.fix_all

    def slowly(*arguments: Any) -> Any:
        done = fix_all(*arguments)
        write(a=FIXABLE + "# more\n")
        return done

    monkeypatch.setattr(safe, "fix_all", slowly)
    assert ("a.yaml", "NS026") in found("--fix", "a.yaml")
    assert Path("a.yaml").read_text() == FIXABLE + "# more\n"


def test_what_is_ignored_is_not_repaired() -> None:
    write(a=FIXABLE + "trian: {}\n", b=FIXABLE.replace("[10]", "[10]  # netspec: ignore[NS104]"))
    Path("netspec.toml").write_text('ignore = ["NS104"]\n')
    validate("--fix", ".")
    assert "fcc" in Path("a.yaml").read_text()
    Path("netspec.toml").unlink()
    validate("--fix", "b.yaml")
    assert "fcc" in Path("b.yaml").read_text()


@pytest.mark.parametrize(
    "text", [FIXABLE, "\ufeff" + FIXABLE.replace("\n", "\r\n"), GOOD, FIXABLE.rstrip(), "# é\n" + FIXABLE]
)
def test_standard_input_is_repaired_onto_standard_output(text: str) -> None:
    done = validate("--fix", "-", stdin=text.encode())
    assert done.stdout_bytes == text.replace("fcc", "fc").encode()
    assert (done.exit_code, "no errors in 1 file" in done.stderr) == (0, True)
    assert (
        validate("--fix", "-", "--exclude", "x.yaml", "--stdin-filename", "x.yaml", stdin=text.encode()).stdout_bytes
        == text.encode()
    )


def test_what_standard_input_cannot_be() -> None:
    write(a=GOOD)
    for arguments in (["--fix", "-", "a.yaml"], ["a.yaml", "--stdin-filename", "b.yaml"]):
        done = validate(*arguments, stdin=FIXABLE)
        assert (done.exit_code, done.stdout) == (2, "")
    done = validate("--fix", "-", stdin=b"\xff" + FIXABLE.encode())
    assert (done.exit_code, done.stdout, "NS003" in done.stderr) == (1, "", True)


@pytest.mark.skipif(not shutil.which("patch"), reason="no patch")
@pytest.mark.parametrize(
    "text", [FIXABLE, FIXABLE.replace("\n", "\r\n"), FIXABLE.rstrip(), FIXABLE + "\n" * 9 + "trian: {}\n"]
)
def test_a_difference_is_printed_and_is_a_patch(text: str) -> None:
    Path("a.yaml").write_bytes(text.encode())
    write(b=BAD)
    done = validate("--diff", "a.yaml", "b.yaml")
    assert (done.exit_code, done.stderr, Path("a.yaml").read_bytes()) == (1, "", text.encode())
    subprocess.run(["patch", "--binary", "-p0"], input=done.stdout_bytes, check=True, capture_output=True)
    changed = Path("a.yaml").read_bytes()
    Path("a.yaml").write_bytes(text.encode())
    validate("--fix", "a.yaml")
    assert Path("a.yaml").read_bytes() == changed != text.encode()
    assert validate("--diff", ".").exit_code == 0
    assert validate("--diff", "-", stdin=GOOD).stdout == ""


@pytest.mark.parametrize("options", [("--format", "full"), ("--format", "json"), ("--output", "json=out.json")])
def test_a_difference_has_one_form(options: tuple[str, str]) -> None:
    write(a=FIXABLE)
    done = validate("--diff", *options, "a.yaml")
    assert (done.exit_code, done.stdout, Path("out.json").exists()) == (2, "", False)
    assert "leave --format and --output out" in done.stderr


def test_a_difference_tells_of_what_could_not_be_read() -> None:
    done = validate("--diff", "missing.yaml", "-", "--stdin-filename", "x.yaml", stdin=FIXABLE)
    assert (done.exit_code, done.stdout.startswith("--- x.yaml\n+++ x.yaml\n"), "NS022" in done.stderr) == (
        2,
        True,
        True,
    )


# several formats


def test_formats_are_written_to_files_in_the_same_run(folder: Path) -> None:
    write(a=BAD, b=WARNED)
    outputs = [f"--output={form}={form}.out" for form in RENDERERS]
    done = validate(".", *outputs, "--format", "concise")
    for form in RENDERERS:
        assert sorted(findings(Path(f"{form}.out").read_text(), form)) == [("a.yaml", "NS102"), ("b.yaml", "NS302")]
    assert (done.stdout, done.exit_code) == (Path("concise.out").read_text(), 1)


@pytest.mark.parametrize("output", ["json", "yaml=x", "json=", "json=-", "=x"])
def test_an_output_that_cannot_be_is_wrong_usage(output: str) -> None:
    write(a=GOOD)
    done = validate("a.yaml", "--output", output)
    assert (done.exit_code, "json=findings.json" in done.stderr) == (2, True)
    assert validate("a.yaml", "--output", "json=x", "--output", "sarif=x").exit_code == 2


def test_an_output_that_cannot_be_written_ends_as_the_environment_does() -> None:
    write(a=GOOD)
    done = netspec("validate", "a.yaml", "--output", "json=missing/x.json", cwd=Path.cwd())
    assert (done.returncode, done.stdout) == (3, "no errors in 1 file\n")
    assert done.stderr == "netspec: missing/x.json: No such file or directory\n"


def test_a_line_for_github_has_its_place_in_its_words() -> None:
    write(a=BAD)
    assert re.search(r"::a\.yaml:4:6: NS102 ", validate("a.yaml", "--format", "github").stdout)


def test_no_output_is_written_over_a_spec(tmp_path: Path) -> None:
    spec = tmp_path / "n.yaml"
    spec.write_text("netspec: 1\nname: n\n")
    assert validate(str(spec), "--output", f"json={tmp_path}/./n.yaml").exit_code == 2
    assert spec.read_text() == "netspec: 1\nname: n\n"
