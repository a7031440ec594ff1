"""A run that an earlier version wrote is loaded, measured and gone on with: `tests/files/run`, see the note beside it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from netspec.runs.directory import MODEL, RunDirectory
from netspec.runs.lock import NAME
from netspec.storage import tensors
from netspec.training.trained import load
from tests.cli.run import here

RUN = Path(__file__).parent.parent / "files" / "run"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return Path(shutil.copytree(RUN, tmp_path / "run"))


def rows(run: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("which", ["model", "best"])
def test_its_network_is_loaded(which: str, run: Path) -> None:
    network = load(run, which)
    assert network.classes == tuple("0123456789")
    assert [row["epoch"] for row in network.rows] == [1, 2]
    arrays, _ = tensors.load(run / MODEL)
    assert np.array_equal(network.variables["params"]["fc1"]["kernel"], arrays["params/fc1/kernel"])


def test_it_is_measured_as_it_was(run: Path) -> None:
    found = json.loads(here("evaluate", str(run), "--format", "json").stdout)
    _, metadata = tensors.load(run / MODEL)
    assert found["accuracy"] == pytest.approx(metadata["test"]["accuracy"], abs=0.01)


def test_it_goes_on(run: Path) -> None:
    (run / NAME).write_text('{"pid": 1, "host": "another"}')  # as an earlier version left it
    before = rows(run)
    done = here("train", "--resume", str(run), "--set", "train.epochs=3")
    assert done.exit_code == 0, done.stderr
    assert rows(run)[:2] == before
    assert len(rows(run)) == 3
    newest, passed_over = RunDirectory(run).checkpoints().newest()
    assert newest is not None
    assert (newest.step, newest.epoch, passed_over) == (24, 3, [])
