"""Real processes that are killed, stopped and starved, and what they leave.

`NETSPEC_FAULTS=full` makes them many: 50 kills, 20 stops.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from netspec.training import files, tensors
from netspec.training.checkpoint import Checkpoints
from tests.cli.run import ROOT

pytestmark = [pytest.mark.faults, pytest.mark.slow]

FULL = os.environ.get("NETSPEC_FAULTS") == "full"
SPEC = """\
netspec: 1
name: tiny
input: [8, 8, 1]
blocks:
  - conv: {filters: 4, kernel: 3, norm: batch}
    pool: {window: 2}
fc: [{units: 16, dropout: 0.1}, 10]
data: {augment: {crop: 1, flip: horizontal}}
train:
  epochs: 25
  batch_size: 200
  optimizer: {type: adamw, learning_rate: 0.02}
  schedule: {type: one_cycle}
  checkpoint: {every_steps: 1, keep: 2}
"""
SLOW_DISK = """\
import os, time
_flush = os.fsync
def fsync(file):
    time.sleep(0.01)
    _flush(file)
os.fsync = fsync
"""


CACHE = Path(tempfile.gettempdir()) / f"netspec-compiled-{os.getpid()}"


class Machine:
    """Starts `netspec train` with a slow disk and a cache of what XLA has compiled."""

    def __init__(self, folder: Path, text: str = SPEC) -> None:
        (folder / "site").mkdir()
        (folder / "site" / "sitecustomize.py").write_text(SLOW_DISK)
        (folder / "tiny.yaml").write_text(text)
        self.spec = folder / "tiny.yaml"
        self.environment = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(folder / "site"), str(ROOT)]),
            "JAX_COMPILATION_CACHE_DIR": str(CACHE),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        }

    def start(self, run: Path, *arguments: str) -> subprocess.Popen[str]:
        """A process that begins the run, or goes on with it."""
        begun = (run / "spec.yaml").exists()
        what = ["--resume", str(run)] if begun else [str(self.spec), "--output", str(run)]
        return subprocess.Popen(
            [sys.executable, "-m", "netspec", "train", *what, *arguments],
            cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=self.environment,
        )  # fmt: skip

    def finish(self, run: Path, *arguments: str) -> None:
        """The rest of the run."""
        with self.start(run, *arguments) as process:
            _, said = process.communicate(timeout=300)
        assert process.returncode == 0, said


def result(run: Path) -> tuple[Any, ...]:
    """The final state, the best, the model and the rows, but for the clock; there is no litter."""
    checkpoints = Checkpoints(run / "checkpoints")
    newest, passed_over = checkpoints.newest()
    assert newest is not None
    assert not passed_over
    assert not [path for path in run.rglob("*") if files.TEMPORARY.fullmatch(path.name)]
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    timeless = [{name: value for name, value in row.items() if "second" not in name} for row in rows]
    arrays = (newest.tensors, checkpoints.best().tensors, tensors.load(run / "model.safetensors")[0])
    return newest.step, timeless, [{name: array.tobytes() for name, array in part.items()} for part in arrays]


@pytest.fixture(scope="module", autouse=True)
def cache() -> Iterator[None]:
    """What XLA has compiled, until the tests of this file are over."""
    yield
    shutil.rmtree(CACHE, ignore_errors=True)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return Machine(tmp_path_factory.mktemp("machine"))


@pytest.fixture(scope="module")
def whole(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, ...]:
    """The result of a run that nothing interrupts, in a process of its own; and of another: the same bits twice."""
    folder = tmp_path_factory.mktemp("whole")
    for name in ("first", "second"):
        machine.finish(folder / name)
    assert result(folder / "first") == result(folder / "second")
    return result(folder / "first")


def partial(run: Path) -> bool:
    """Whether a save is under way."""
    folder = run / "checkpoints"
    return folder.is_dir() and any(files.TEMPORARY.fullmatch(path.name) for path in folder.iterdir())


def until(process: subprocess.Popen[str], seconds: float) -> Iterator[None]:
    """Turns, until the process ends or the time is over."""
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        yield
        time.sleep(0.0005)


def killed(machine: Machine, run: Path, dice: random.Random, *, saving: bool) -> bool | None:
    """Kills a process of the run at a random instant, with `saving` inside a save; says whether a save was torn.

    None where it ended before that.
    """
    process = machine.start(run)
    steps = Checkpoints(run / "checkpoints").steps()
    if saving or dice.random() < 0.7:  # most of the life of so short a run is its beginning
        for _ in until(process, 120):
            if Checkpoints(run / "checkpoints").steps() != steps:
                break
    for _ in until(process, dice.uniform(0, 0.3 if saving or steps else 3)):
        pass
    for _ in until(process, 5):
        if not saving or partial(run):
            break
    process.kill()
    process.communicate()
    return partial(run) if process.returncode == -signal.SIGKILL else None


def test_killed_at_random_instants_it_ends_in_the_same_bits(
    machine: Machine, whole: tuple[Any, ...], tmp_path: Path
) -> None:
    dice = random.Random(os.urandom(8))
    wanted, chain = (50, 10) if FULL else (5, 5)
    kills = torn = ends = 0
    while kills < wanted:
        run = tmp_path / f"run{ends}"
        for number in range(chain):
            found = killed(machine, run, dice, saving=number % 2 == 1)
            kills += found is not None
            torn += bool(found)
        machine.finish(run)
        assert result(run) == whole
        ends += 1
    print(f"{kills} kills, {torn} inside a save, {ends} runs of {whole[0]} steps ended in the same bits and rows")
    assert torn >= (15 if FULL else 1)


def test_no_step_is_lost_by_a_signal(whole: tuple[Any, ...], tmp_path: Path) -> None:
    """Hardly a checkpoint of its own accord: each process saves when it is told to stop, and the next goes on there."""
    dice, run, before, stops = random.Random(os.urandom(8)), tmp_path / "run", 0, 0
    machine = Machine(tmp_path, SPEC.replace("every_steps: 1", "every_epochs: 1000"))
    checkpoints = Checkpoints(run / "checkpoints")
    for number in range(20 if FULL else 3):
        process = machine.start(run)
        kind = (signal.SIGTERM, signal.SIGINT)[number % 2] if not FULL else signal.SIGTERM
        assert process.stderr is not None
        next((line for line in process.stderr if line.startswith("epoch ")), None)
        time.sleep(dice.uniform(0, 0.02))
        process.send_signal(kind)
        said = process.stderr.read()
        process.communicate()
        if process.returncode == 0:
            break
        assert process.returncode == 128 + kind, said
        assert said.splitlines()[-1].startswith("interrupted and saved; go on with: netspec train --resume"), said
        newest, passed_over = checkpoints.newest()
        assert newest is not None
        assert not passed_over
        assert newest.step > before
        before, stops = newest.step, stops + 1
    machine.finish(run)
    assert result(run) == whole
    print(f"{stops} signals, the last at step {before}: no step lost")
    assert stops >= (15 if FULL else 2)


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_any_time_is_one_line_and_its_status(
    kind: signal.Signals, machine: Machine, tmp_path: Path
) -> None:
    dice = random.Random(os.urandom(8))
    for number in range(20 if FULL else 4):
        run = tmp_path / str(number)
        process = machine.start(run, "--set", "train.epochs=3")
        time.sleep(0.3 + dice.random() ** 2 * 4)
        process.send_signal(kind)
        _, said = process.communicate(timeout=120)
        assert process.returncode in (0, 128 + kind), (process.returncode, said)
        assert "Traceback" not in said
        assert "ignored" not in said
        if process.returncode:
            last = said.splitlines()[-1] if said else "nothing was loaded yet"
            assert last.startswith(("netspec: ", "interrupted and saved", "nothing")), said
