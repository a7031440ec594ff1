"""A whole run on a disk that refuses any one call: what was saved stays, and the run goes on from it to the same bits."""

from __future__ import annotations

import errno
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from netspec.report.tensorboard import TensorBoard
from netspec.runs.directory import MODEL, RunDirectory
from netspec.storage import tensors, writing
from netspec.storage.tensors import Corrupt
from netspec.training.session import Session
from netspec.training.trained import load
from tests.cli.run import ROOT
from tests.storage.faults import ERRORS, FULL, Failing, dice_of
from tests.training.runs import SPEC, session

pytestmark = pytest.mark.faults
TEXT = SPEC.replace("epochs: 3", "epochs: 2").replace("batch_size: 50", "batch_size: 400")
TEXT = TEXT.replace("every_steps: 5, keep: 2", "every_steps: 2, keep: 1")


class Runs:
    """Runs of one spec, compiled once."""

    def __init__(self, folder: Path) -> None:
        self.first = session(folder, TEXT)

    def run(self, folder: Path) -> Session:
        """Begins the run in `folder`, or goes on with it, as `netspec train` does."""
        again = Session(self.first.plan, self.first.images, RunDirectory(folder), {}, self.first.network.choices)
        again.trainer = self.first.trainer
        folder.mkdir(exist_ok=True)
        start, passed_over = RunDirectory(folder).checkpoints().newest()
        assert not passed_over
        with TensorBoard(folder, start.step if start else 0) as board:
            again.run(start, [board])
        return again


def content(folder: Path) -> list[Any]:
    newest, passed_over = RunDirectory(folder).checkpoints().newest()
    assert newest is not None
    assert not passed_over
    arrays = (newest.tensors, RunDirectory(folder).checkpoints().best().tensors, tensors.load(folder / MODEL)[0])
    return [newest.step, *({name: array.tobytes() for name, array in part.items()} for part in arrays)]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    return Runs(tmp_path_factory.mktemp("runs") / "first")


@pytest.mark.slow
def test_a_run_survives_a_refusal_of_each_call(runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Failing(-1, 0)
    with monkeypatch.context() as patch:
        patch.setattr(writing, "system", counted)
        runs.run(tmp_path / "whole")
    whole = content(tmp_path / "whole")
    places = range(len(counted.calls))
    assert len(places) > 100
    chosen = places if FULL else sorted(dice_of("refusals").sample(places, 40))
    for place in chosen:
        folder, error = tmp_path / str(place), ERRORS[place % len(ERRORS)]
        with monkeypatch.context() as patch:
            patch.setattr(writing, "system", Failing(place, error))
            with pytest.raises(OSError, match=os.strerror(error)):
                runs.run(folder)
        runs.run(folder)
        assert content(folder) == whole, (place, counted.calls[place])
        assert not [path for path in folder.rglob("*") if writing.TEMPORARY.fullmatch(path.name)]
        shutil.rmtree(folder)
    print(f"{len(chosen)} of {len(places)} calls refused, one a run: each run went on to the same bits")


def spoilt(data: bytes, dice: random.Random) -> bytes:
    """One flipped byte, or a part."""
    if dice.random() < 0.2:
        return data[: dice.randrange(len(data))]
    place = dice.randrange(len(data))
    return data[:place] + bytes([data[place] ^ dice.randrange(1, 256)]) + data[place + 1 :]


@pytest.mark.slow
def test_each_of_250_corruptions_of_a_run_is_found(runs: Runs, tmp_path: Path) -> None:
    folder, dice = tmp_path / "run", random.Random(7)
    runs.run(folder)
    checkpoints = RunDirectory(folder).checkpoints()
    paths = [folder / MODEL, *sorted(checkpoints.folder.iterdir())]
    assert len(paths) == 3
    for number in range(250):
        path = paths[number % len(paths)]
        good = path.read_bytes()
        path.write_bytes(spoilt(good, dice))
        with pytest.raises(Corrupt):
            load(folder) if path.name == MODEL else checkpoints.read(path)
        path.write_bytes(good)
    load(folder)


FULL_DISK = """
import os, subprocess, sys
place = sys.argv[1]
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96k", "none", place], check=True)
done = subprocess.run([sys.executable, "-m", "netspec", "train", sys.argv[2], "--output", place + "/run"], capture_output=True, text=True)
print(done.returncode, len(done.stderr.splitlines()), done.stderr.splitlines()[-1], sep="|")
sys.path.insert(0, os.getcwd())
from pathlib import Path
from netspec.runs.directory import RunDirectory
found, passed_over = RunDirectory(Path(place) / "run").checkpoints().newest()
partial = [path for path in Path(place).rglob("*partial")]
print(found.step if found else 0, len(passed_over), len(partial), sep="|")
"""


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_leaves_what_was_saved(tmp_path: Path) -> None:
    """A real one: a small file system in a mount namespace of its own, where this process may make one."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "small.yaml").write_text(TEXT.replace("keep: 1", "keep: 50").replace("epochs: 2", "epochs: 60"))
    child = subprocess.run(
        ["unshare", "--mount", sys.executable, "-c", FULL_DISK, str(tmp_path / "disk"), str(tmp_path / "small.yaml")],
        cwd=ROOT, capture_output=True, text=True, timeout=300, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip
    if child.returncode and ("unshare" in child.stderr or "mount" in child.stderr):
        pytest.skip(f"no file system can be mounted here: {child.stderr.strip().splitlines()[-1]}")
    assert child.returncode == 0, child.stderr
    said, left = child.stdout.splitlines()
    status, _, line = said.split("|")
    assert status == "3"
    assert line.startswith("netspec: /")
    assert line.endswith(os.strerror(errno.ENOSPC))
    step, passed_over, partial = left.split("|")
    assert int(step) > 0
    assert (passed_over, partial) == ("0", "0")
