"""What the name of a run directory stands for, and files that no command replaces."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.run import here, netspec

TEXT = "netspec: 1\nname: t\ninput: [8, 8, 1]\nfc: [10]\ntrain: {epochs: 1, batch_size: 200}\n"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run's directory as these commands read it: with its spec."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "spec.yaml").write_text(TEXT)
    return folder


def test_a_run_directory_stands_for_its_spec(run: Path) -> None:
    assert here("summary", str(run)).stdout == here("summary", str(run / "spec.yaml")).stdout
    assert here("diagram", str(run)).stdout == here("diagram", str(run / "spec.yaml")).stdout
    assert here("summary", str(run.parent)).exit_code == 2


@pytest.mark.slow
def test_bench_measures_the_network_of_a_run(run: Path) -> None:
    found = json.loads(here("bench", str(run), "--batch", "2", "--tune", "off", "--format", "json").stdout)
    assert found["name"] == "t"


def test_compile_of_a_run_takes_its_variables(run: Path, tmp_path: Path) -> None:
    """This one has none yet: that is said, and no network compiled that was never trained."""
    done = here("compile", str(run), "-o", str(tmp_path / "out"))
    assert done.exit_code == 2
    assert "NS602" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_run_is_not_begun_from_a_run_by_mistake(run: Path) -> None:
    done = here("train", str(run))
    assert done.exit_code == 2
    assert f"netspec train --resume {run}" in done.output


@pytest.mark.parametrize("name", ["x.png", "x.PDF", "spec.yaml"])
def test_a_diagram_is_written_under_no_other_ending(name: str, run: Path) -> None:
    done = here("diagram", str(run), "-o", str(run / name))
    assert done.exit_code == 2
    assert "netspec draws SVG" in done.output
    assert (run / "spec.yaml").read_text() == TEXT
    assert sorted(path.name for path in run.iterdir()) == ["spec.yaml"]


def test_a_diagram_does_not_replace_its_spec(run: Path) -> None:
    bare = run / "spec"
    bare.write_text(TEXT)
    done = here("diagram", str(bare), "-o", str(bare))
    assert (done.exit_code, bare.read_text()) == (2, TEXT)
    for name in ("x.svg", "X.SVG", "plain"):
        assert here("diagram", str(run), "-o", str(run / name)).exit_code == 0
        assert (run / name).read_text().startswith("<svg")
    kept = netspec("diagram", "-", "-o", str(run / "x.svg"), stdin=TEXT)
    assert (kept.returncode, "--overwrite writes over it" in kept.stderr) == (2, True)
    assert netspec("diagram", "-", "-o", str(run / "x.svg"), "--overwrite", stdin=TEXT).returncode == 0


@pytest.mark.parametrize("name", ["report.html", "metrics.jsonl", "model.safetensors", "plan.json", "checkpoints"])
def test_a_run_replaces_nothing_of_its_names_that_is_of_no_run(name: str, run: Path) -> None:
    folder = run.parent / "mine"
    folder.mkdir()
    (folder / name).write_text("[1, 2]")
    done = here("train", str(run / "spec.yaml"), "--output", str(folder))
    assert done.exit_code == 2
    assert f"holds `{name}`, which a run would replace" in done.stderr
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [(name, "[1, 2]")]
