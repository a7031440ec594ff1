"""Real processes that are killed, stopped and starved, and what they leave.

`NETSPEC_FAULTS=full` makes them many: 50 kills, 20 stops. Random instants come from `NETSPEC_FAULTS_SEED`, which is printed;
whether one of them meets a save or a step depends on the machine, so that only the full form counts those. The short form
holds the process at the place that it is about.
"""

from __future__ import annotations

import json
import os
import random
import secrets
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

from netspec.runs.checkpoint import Checkpoints
from netspec.storage import tensors, writing
from tests.cli.run import ROOT
from tests.storage.faults import FULL, GUARD_SECONDS, dice_of

pytestmark = [pytest.mark.faults, pytest.mark.slow]

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
SITE = """\
import os, signal, time

flush, open_file, write, replace, handle = os.fsync, os.open, os.write, os.replace, signal.signal
place, _, turns = os.environ.get("FAULT", "").partition(":")
marker, left, saves = os.environ.get("FAULT_MARKER", ""), int(turns or 1), set()

def reached(where):
    global left
    left -= where == place
    if where != place or left:
        return False
    open(marker, "w").close()
    return True

def hold():
    end = time.monotonic() + 600
    while not os.path.exists(marker + ".go") and time.monotonic() < end:
        time.sleep(0.001)

def slow_fsync(file):
    time.sleep(0.01)
    flush(file)

def known_open(path, *rest, **more):
    file = open_file(path, *rest, **more)
    if os.path.basename(os.path.dirname(path)) == "checkpoints" and str(path).endswith(".partial"):
        saves.add(file)
    return file

def torn_write(file, data):
    if file in saves:
        saves.discard(file)
        if place == "save" and left == 1:
            write(file, data[: len(data) // 2])
        if reached("save"):
            hold()
    return write(file, data)

def held_replace(source, target, **more):
    if os.path.basename(target) == "metrics.jsonl" and reached("rows"):
        hold()
    replace(source, target, **more)

def noted_signal(number, handler):
    before = handle(number, handler)
    if number == signal.SIGTERM:
        reached("handlers")
    return before

os.fsync, os.open, os.write, os.replace, signal.signal = slow_fsync, known_open, torn_write, held_replace, noted_signal
"""
"""Makes the disk slow, and shows or holds a process at a place, `FAULT=place:turn`, by the file `FAULT_MARKER`.

`save`: half of a checkpoint is written; `rows`: an epoch is done and its row about to be seen; `handlers`: a signal is heard.
"""


CACHE = Path(tempfile.gettempdir()) / f"netspec-compiled-{os.getpid()}"


class Machine:
    """Starts `netspec train` with a slow disk and a cache of what XLA has compiled."""

    def __init__(self, folder: Path, text: str = SPEC) -> None:
        (folder / "site").mkdir()
        (folder / "site" / "sitecustomize.py").write_text(SITE)
        (folder / "tiny.yaml").write_text(text)
        self.spec = folder / "tiny.yaml"
        self.environment = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(folder / "site"), str(ROOT)]),
            "JAX_COMPILATION_CACHE_DIR": str(CACHE),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        }

    def start(self, run: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """A process that begins the run, or goes on with it."""
        begun = (run / "spec.yaml").exists()
        what = ["--resume", str(run)] if begun else [str(self.spec), "--output", str(run)]
        return subprocess.Popen(
            [sys.executable, "-m", "netspec", "train", *what, *arguments],
            cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env=self.environment | environment,
        )  # fmt: skip

    def reaching(self, run: Path, place: str, *arguments: str) -> tuple[subprocess.Popen[str], Path]:
        """A process that has come to `place` of `SITE`, and the file that lets it go on."""
        marker = run.parent / f"{run.name}-{secrets.token_hex(4)}"
        process = self.start(run, *arguments, FAULT=place, FAULT_MARKER=str(marker))
        for _ in until(process, GUARD_SECONDS):
            if marker.exists():
                return process, marker.with_name(f"{marker.name}.go")
        process.kill()
        raise AssertionError(f"it did not come to `{place}`: {process.communicate()[1]}")

    def finish(self, run: Path, **environment: str) -> None:
        """The rest of the run."""
        with self.start(run, **environment) as process:
            _, said = process.communicate(timeout=GUARD_SECONDS)
        assert process.returncode == 0, said


def result(run: Path) -> tuple[Any, ...]:
    """The final state, the best, the model and the rows, but for the clock; there is no litter."""
    checkpoints = Checkpoints(run / "checkpoints")
    newest, passed_over = checkpoints.newest()
    assert newest is not None
    assert not passed_over
    assert not [path for path in run.rglob("*") if writing.TEMPORARY.fullmatch(path.name)]
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
    """The result of a run that nothing interrupts."""
    run = tmp_path_factory.mktemp("whole") / "run"
    machine.finish(run)
    return result(run)


AROUND = (
    {},  # what XLA has compiled is there by now
    {"JAX_ENABLE_COMPILATION_CACHE": "false", "PYTHONHASHSEED": "7"},
    {"XLA_FLAGS": "--xla_force_host_platform_device_count=2", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "8"},
)
"""What may be different around two processes that give the same bits."""


@pytest.mark.parametrize("around", AROUND * 3 if FULL else AROUND[1:])
def test_another_process_gives_the_same_bits(
    around: dict[str, str], machine: Machine, whole: tuple[Any, ...], tmp_path: Path
) -> None:
    machine.finish(tmp_path / "run", **around)
    assert result(tmp_path / "run") == whole


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    return dice_of(request.node.name)


def partial(run: Path) -> bool:
    """Whether a save is under way."""
    folder = run / "checkpoints"
    return folder.is_dir() and any(writing.TEMPORARY.fullmatch(path.name) for path in folder.iterdir())


def until(process: subprocess.Popen[str], seconds: float) -> Iterator[None]:
    """Turns, until the process ends or the time is over."""
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        yield
        time.sleep(0.0005)


def killed(machine: Machine, run: Path, dice: random.Random, *, saving: bool) -> bool | None:
    """Kills a process of the run at a random instant, with `saving` inside a save if one comes; whether a save was torn.

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


def torn(machine: Machine, run: Path, dice: random.Random) -> None:
    """Kills a process of the run in the middle of a save, one of its first."""
    process, _ = machine.reaching(run, f"save:{dice.randint(1, 6)}")
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert partial(run)


def test_killed_inside_a_save_and_at_random_instants_it_ends_in_the_same_bits(
    machine: Machine, whole: tuple[Any, ...], dice: random.Random, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    for _ in range(2):
        torn(machine, run, dice)
    for number in range(3):
        killed(machine, run, dice, saving=number % 2 == 1)
    machine.finish(run)
    assert result(run) == whole


@pytest.mark.skipif(not FULL, reason="NETSPEC_FAULTS is not full")
def test_fifty_kills(machine: Machine, whole: tuple[Any, ...], dice: random.Random, tmp_path: Path) -> None:
    kills = inside = ends = 0
    while kills < 50:
        run = tmp_path / f"run{ends}"
        for number in range(10):
            found = killed(machine, run, dice, saving=number % 2 == 1)
            kills += found is not None
            inside += bool(found)
        machine.finish(run)
        assert result(run) == whole
        ends += 1
    print(f"{kills} kills, {inside} inside a save, {ends} runs of {whole[0]} steps ended in the same bits and rows")
    assert inside >= 15


@pytest.fixture
def rarely(tmp_path: Path) -> Machine:
    """Hardly a checkpoint of its own accord: each process saves when it is told to stop, and the next goes on there."""
    return Machine(tmp_path, SPEC.replace("every_steps: 1", "every_epochs: 1000"))


def saved(process: subprocess.Popen[str], run: Path, kind: signal.Signals, before: int) -> int:
    """The step at which a process stopped that has heard a signal; its save is whole and later than `before`."""
    _, said = process.communicate(timeout=GUARD_SECONDS)
    assert process.returncode == 128 + kind, said
    assert said.splitlines()[-1].startswith("interrupted and saved; go on with: netspec train --resume"), said
    newest, passed_over = Checkpoints(run / "checkpoints").newest()
    assert newest is not None
    assert not passed_over
    assert newest.step > before
    return newest.step


def test_no_step_is_lost_by_a_signal(
    rarely: Machine, whole: tuple[Any, ...], dice: random.Random, tmp_path: Path
) -> None:
    run, step = tmp_path / "run", 0
    for kind in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        # the first time that rows are written is before the first step
        process, go = rarely.reaching(run, f"rows:{dice.randint(2, 4)}")
        process.send_signal(kind)
        go.touch()
        step = saved(process, run, kind, step)
    rarely.finish(run)
    assert result(run) == whole


@pytest.mark.skipif(not FULL, reason="NETSPEC_FAULTS is not full")
def test_twenty_signals(rarely: Machine, whole: tuple[Any, ...], dice: random.Random, tmp_path: Path) -> None:
    run, step, stops = tmp_path / "run", 0, 0
    for _ in range(20):
        process = rarely.start(run)
        assert process.stderr is not None
        next((line for line in process.stderr if line.startswith("epoch ")), None)
        time.sleep(dice.uniform(0, 0.02))
        process.send_signal(signal.SIGTERM)
        if process.wait(GUARD_SECONDS) == 0:
            process.stderr.close()
            break
        step, stops = saved(process, run, signal.SIGTERM, step), stops + 1
    rarely.finish(run)
    assert result(run) == whole
    print(f"{stops} signals, the last at step {step}: no step lost")
    assert stops >= 15


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_any_time_is_one_line_and_its_status(
    kind: signal.Signals, machine: Machine, dice: random.Random, tmp_path: Path
) -> None:
    """From the moment on when netspec listens: before that it is Python's."""
    for number in range(20 if FULL else 4):
        run = tmp_path / str(number)
        process, _ = machine.reaching(run, "handlers", "--set", "train.epochs=3")
        time.sleep(dice.random() ** 2 * 4)
        process.send_signal(kind)
        _, said = process.communicate(timeout=GUARD_SECONDS)
        assert process.returncode in (0, 128 + kind), (process.returncode, said)
        assert "Traceback" not in said
        assert "ignored" not in said
        if process.returncode:
            lines = said.splitlines() or ["nothing was loaded yet"]
            if lines[-1].startswith("go on with: netspec train --resume "):
                lines.pop()
            assert lines[-1].startswith(("netspec: ", "interrupted and saved", "nothing")), said
