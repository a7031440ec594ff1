"""`netspec.toml` and the table of `pyproject.toml`: which holds, what it may say, where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.project.configuration import Configuration, Configurations
from netspec.text.source import Source

PROJECT = '[project]\nname = "a"\n\n[tool.netspec]\n'


def of(folder: Path, text: str | None, name: str = "netspec.toml") -> Configuration:
    if text is not None:
        (folder / name).write_text(text)
    return Configurations().of(str(folder / "specs" / "x.yaml"))


def test_the_nearest_file_upward_holds_alone(tmp_path: Path) -> None:
    (tmp_path / "specs" / "deep").mkdir(parents=True)
    (tmp_path / "netspec.toml").write_text('strict = true\nignore = ["NS302"]\n')
    (tmp_path / "specs" / "deep" / "pyproject.toml").write_text(PROJECT + 'select = ["NS4"]\n')
    (tmp_path / "specs" / "pyproject.toml").write_text('[project]\nname = "no word of netspec"\n')
    found = Configurations()
    assert (found.of(str(tmp_path / "specs" / "x.yaml")).strict, found.of("/x.yaml")) == (True, Configuration())
    deep = found.of(str(tmp_path / "specs" / "deep" / "x.yaml"))
    assert (deep.strict, deep.select, deep.ignore) == (False, ("NS4",), ())


def test_netspec_toml_comes_before_pyproject_toml(tmp_path: Path) -> None:
    of(tmp_path, PROJECT + "strict = true\n", "pyproject.toml")
    assert of(tmp_path, None).strict
    assert not of(tmp_path, "").strict


def test_all_settings(tmp_path: Path) -> None:
    text = 'strict = true\nexclude = ["specs/broken/"]\nselect = ["NS3"]\nignore = ["NS302"]\n'
    found = of(tmp_path, text + '[budgets]\nparameters = "60k"\nmacs = 1000000\nreceptive_field = [28, 28]\n')
    assert found.problems == ()
    assert found.budgets == ("parameters=60k", "macs=1000000", "receptive_field=[28, 28]")
    assert found.leaves_out(str(tmp_path / "specs" / "broken"))
    assert not found.leaves_out(str(tmp_path / "specs" / "sound"))
    assert [found.wants(code) for code in ("NS301", "NS302", "NS401")] == [True, False, False]


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("strikt = true\n", "strikt", "`strict`"),
        ("strict = 1\n", "strict", "`true` or `false`"),
        ('ignore = "NS302"\n', "ignore", "list of strings"),
        ("select = [302]\n", "select", "list of strings"),
        ('ignore = ["NS302", "NS999"]\n', "NS999", "no code `NS999`"),
        ('[budgets]\nparamters = "60k"\n', "paramters", "write `parameters`"),
        ('budgets.macs = "many"\n', "budgets.macs", "`many`"),
        ("budgets = 3\n", "budgets", "a table"),
        ("budgets = { macs = 1, unitz = 2 }\n", "unitz", "unitz"),
        ("strict = true\nstrict = false\n", "\n", "not TOML"),
        ("[budgets\n", "\n", "not TOML"),
        ("strict =", "=", "not TOML"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(text: str, place: str, said: str, tmp_path: Path) -> None:
    for name, whole in (
        ("netspec.toml", text),
        ("pyproject.toml", PROJECT + text.replace("[bud", "[tool.netspec.bud")),
    ):
        folder = tmp_path / name
        folder.mkdir()
        (problem,) = of(folder, whole, name).problems
        assert (problem.code, problem.severity, Path(problem.source.name).name) == ("NS024", "error", name)
        assert said in f"{problem.message} {problem.help}"
        assert Source("", whole).excerpt(problem.span) == place


def test_what_is_sound_beside_it_holds(tmp_path: Path) -> None:
    found = of(tmp_path, 'strict = true\nexclud = []\nignore = ["NS302", "NS999"]\n')
    assert (found.strict, found.ignore, len(found.problems)) == (True, ("NS302",), 2)


def test_a_project_file_of_other_tools_is_their_own_matter(tmp_path: Path) -> None:
    assert of(tmp_path, "[tool.other\n", "pyproject.toml") == Configuration()
    (tmp_path / "pyproject.toml").write_bytes(b"\xff[tool.other]\n")
    assert of(tmp_path, None) == Configuration()


def test_a_folder_that_cannot_be_searched_has_none() -> None:
    assert Configurations().of(f"/{'n' * 300}/x.yaml") == Configuration()
