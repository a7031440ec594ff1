"""What a run goes on from: its data wherever it is called, its algorithms, and what is left of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from netspec.cli.main import STARTED
from netspec.cli.train import _times, waiting
from netspec.data import streamed
from netspec.data.streamed import Meter
from netspec.report import page
from netspec.storage import tensors
from netspec.training.session import Outcome
from tests.cli.run import here

SPEC = """\
netspec: 1
name: near
input: [4, 4, 1]
fc: [3]
data: {source: npz, path: data/set.npz}
train: {epochs: 1, batch_size: 20}
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run whose spec names its data from where the spec is; it was begun from a third place."""
    (tmp_path / "specs" / "data").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    rng = np.random.default_rng(0)
    parts = {f"x_{part}": rng.normal(size=(60, 4, 4)) for part in ("train", "test")}
    np.savez(tmp_path / "specs/data/set.npz", **parts, y_train=np.arange(60) % 3, y_test=np.arange(60) % 3)
    (tmp_path / "specs" / "near.yaml").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        page, "write", lambda run, *_: run / page.NAME
    )  # most of the time of such a run, and tested by itself
    done = here("train", "specs/near.yaml", "--output", "run")
    assert done.exit_code == 0, done.output
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path / "run"


@pytest.mark.parametrize("damaged", [False, True])
def test_a_run_finds_its_data_from_anywhere(damaged: bool, run: Path) -> None:
    if damaged:
        (run / "plan.json").write_text("{")
    for arguments in (("train", "--set", "train.epochs=2", "--resume"), ("evaluate",), ("report",)):
        done = here(*arguments, str(run))
        assert done.exit_code == 0, done.output
    assert len((run / "metrics.jsonl").read_text().splitlines()) == 2


def test_other_data_are_told_by_how_many_there_are_now(run: Path) -> None:
    where = run.parent / "specs" / "data" / "set.npz"
    with np.load(where) as old:
        np.savez(where, **{name: array[:30] if name.endswith("test") else array for name, array in old.items()})
    done = here("train", "--resume", str(run), "--set", "train.epochs=2")
    assert (done.exit_code, "error[NS606]" in done.output, "30 to test" in done.output) == (1, True, True), done.output


@pytest.mark.slow
def test_data_that_have_moved_are_named_once(run: Path) -> None:
    where = run.parent / "specs" / "data" / "set.npz"
    moved = where.rename(run.parent / "moved.npz")
    assert "NS501" in here("train", "--resume", str(run), "--set", "train.epochs=2").output
    for more in (("--data", str(moved)), ()):
        done = here("evaluate", str(run), *more)
        assert (done.exit_code == 0) == bool(more), done.output
    for more in (("--data", "../moved.npz", "--set", "train.epochs=2"), ("--set", "train.epochs=3")):
        done = here("train", "--resume", str(run), *more)
        assert done.exit_code == 0, done.output
    assert here("evaluate", str(run)).exit_code == 0
    moved.rename(where)
    changed = ("--set", "train.epochs=4", "--set", f"data.path={where}")
    assert here("train", "--resume", str(run), *changed).exit_code == 0


def test_a_run_of_which_nothing_is_left_is_told(run: Path) -> None:
    (run / "plan.json").write_text("{")
    for path in (run / "checkpoints").iterdir():
        path.unlink()
    done = here("train", "--resume", str(run), "--data", str(run.parent / "specs/data/set.npz"))
    assert done.exit_code == 1
    assert "error[NS602]" in done.output


def test_a_checkpoint_is_read_once(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    load = tensors.load
    monkeypatch.setattr(tensors, "load", lambda path: (read.append(path.name), load(path))[1])
    (newest,) = (run / "checkpoints").glob("step-*")
    record = json.loads((run / "plan.json").read_text())["record"]
    done = here("train", "--resume", str(newest), "--set", "train.epochs=2")
    assert done.exit_code == 0, done.output
    assert read.count(newest.name) == 1
    assert json.loads((run / "plan.json").read_text())["record"]["choices"] == record["choices"]


def test_a_batch_of_more_than_all_examples_is_told(run: Path) -> None:
    spec = str(run.parent / "specs" / "near.yaml")
    done = here("train", spec, "--output", "large", "--set", "train.batch_size=55")
    assert done.exit_code == 0
    assert "warning[NS617]: a batch of 55 is more than the 54 training examples" in done.output
    assert "near.yaml:6:" in done.output
    assert "1 epoch of 1 step\ncompiling ...\n" in done.output
    assert "NS617" not in here("train", spec, "--output", "all", "--set", "train.batch_size=54").output


def test_a_run_that_is_complete_says_so(run: Path) -> None:
    done = here("train", "--resume", str(run))
    assert done.exit_code == 0, done.output
    assert "the run was complete, with 1 epoch; nothing is trained (for more: --set train.epochs=2)" in done.output


def test_the_last_line_has_the_accuracy_and_the_report(run: Path) -> None:
    """Where a target is missed, too: the finding stands above. How long it took is one line among the messages."""
    for target, status in (("0", 0), ("1", 1)):
        done = here("train", "--resume", str(run), "--set", f"train.target.at_least={target}")
        assert done.exit_code == status, done.output
        first, last = done.stdout.splitlines()
        assert first == f"run: {run}"
        assert re.fullmatch(rf"test accuracy [\d.]+%, loss [\d.]+; report: {re.escape(str(run))}/report.html", last)
        assert done.output.splitlines()[-1] == last
        assert re.search(r"^\d+\.\d s$", done.stderr, re.MULTILINE)


def test_where_the_time_went_is_one_short_line() -> None:
    outcome = Outcome(
        [], None, None, 0.0, first_step_seconds=1.0, step_seconds=20, evaluation_seconds=2, saving_seconds=0.01
    )
    line = _times(outcome, STARTED + 3, 4)
    assert re.fullmatch(r"[\d.]+ s: start 4.0, steps 20.0, evaluation 2.0, report 4.0(, between them [\d.]+)?", line)


def test_waiting_for_images_is_told_with_what_would_help(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that read 20 s for 4 s of computing have to be five."""
    monkeypatch.setattr(streamed, "workers", lambda: 2)
    monkeypatch.setattr(streamed, "cores", lambda: 8)
    assert waiting(Meter(waited=0.4, read=20), 10) is None
    assert "5 threads would keep up" in (waiting(Meter(waited=6, read=20), 10) or "")
    assert "10 threads on as many cores" in (waiting(Meter(waited=8, read=20), 10) or "")
    outcome = Outcome([], None, None, 0.0, first_step_seconds=1.0, step_seconds=10, reading=Meter(6, 20))
    assert "steps 10.0 (6.0 of it waiting for images)" in _times(outcome, STARTED + 3, 4)
