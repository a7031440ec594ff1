from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from netspec.runs.checkpoint import Background, Checkpoint, Checkpoints
from netspec.storage import tensors, writing
from netspec.storage.tensors import Corrupt
from tests.storage.faults import ERRORS, FULL, GUARD_SECONDS, Failing, calls_of, dice_of


def at(step: int) -> Checkpoint:
    """What a run has at a step: its tensors say which."""
    state = {
        "params.conv.kernel": np.full((3, 3, 1, 2), step, np.float32),
        "half": np.full(3, step, ml_dtypes.bfloat16),
        "key": np.array([0, step], np.uint32),
    }
    rows = [{"epoch": epoch, "loss": 1 / (epoch + 1)} for epoch in range(step // 10)]
    return Checkpoint(step, step // 10, step % 10, state, {"seed": 1, "spec": {"name": "x"}}, rows)


def assert_same(found: Checkpoint | None, wanted: Checkpoint) -> None:
    assert found is not None
    assert (found.step, found.epoch, found.position) == (wanted.step, wanted.epoch, wanted.position)
    assert (found.record, found.metrics) == (wanted.record, wanted.metrics)
    assert found.to_bytes() == wanted.to_bytes()
    assert all(found.tensors[name].dtype == array.dtype for name, array in wanted.tensors.items())


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def saved(tmp_path: Path) -> Checkpoints:
    checkpoints = Checkpoints(tmp_path / "checkpoints", keep=3)
    for step in (10, 25, 30):
        checkpoints.save(at(step), best=step == 25)
    return checkpoints


def test_round_trip(saved: Checkpoints) -> None:
    for step in (10, 25, 30):
        assert_same(saved.named(step), at(step))
    assert_same(saved.best(), at(25))
    newest, passed_over = saved.newest()
    assert_same(newest, at(30))
    assert passed_over == []


def test_the_last_and_the_best_are_kept(saved: Checkpoints) -> None:
    for step in (40, 50, 60):
        saved.save(at(step))
    steps = [f"step-000000{step}.safetensors" for step in (40, 50, 60)]
    assert names(saved.folder) == ["best.safetensors", *steps]
    assert_same(saved.best(), at(25))
    saved.save_best(at(60))
    assert_same(saved.best(), at(60))
    assert saved.steps() == [40, 50, 60]


def test_steps_sort_as_numbers(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, keep=9)
    for step in (99_999_999, 100_000_000, 100_000_001):
        checkpoints.save(Checkpoint(step, 0, 0, {}, {}, []))
    newest, _ = checkpoints.newest()
    assert newest is not None
    assert newest.step == 100_000_001
    assert checkpoints.steps() == [99_999_999, 100_000_000, 100_000_001]


def test_nothing_yet(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        assert Checkpoints(folder).newest() == (None, [])
        assert Checkpoints(folder).steps() == []
    with pytest.raises(FileNotFoundError):
        Checkpoints(tmp_path).named(1)
    with pytest.raises(FileNotFoundError):
        Checkpoints(tmp_path).best()
    with pytest.raises(ValueError, match="at least 1"):
        Checkpoints(tmp_path, keep=0)


def test_foreign_names_never_count(saved: Checkpoints) -> None:
    good = (saved.folder / "step-00000030.safetensors").read_bytes()
    foreign = ["step-99.safetensors", "step-000000099.safetensors", "step-00000099.safetensors.bak", "99"]
    for name in (*foreign, ".netspec-0123456789abcdef.partial", "step-٠٠٠٠٠٠٩٩.safetensors", "step-00000099"):
        (saved.folder / name).write_bytes(good)
    (saved.folder / "step-00000098").mkdir()
    newest, passed_over = saved.newest()
    assert_same(newest, at(30))
    assert passed_over == []
    saved.save(at(40))
    assert all((saved.folder / name).exists() for name in foreign)


def spoil(path: Path, how: str) -> None:
    data = path.read_bytes()
    if how in ("folder", "pipe"):
        path.unlink()
    if how == "folder":
        path.mkdir()
    elif how == "pipe":
        os.mkfifo(path)
    elif how == "other step":
        path.write_bytes(at(10).to_bytes())
    elif how == "no checkpoint":
        path.write_bytes(tensors.save_bytes(at(30).tensors, {"step": 30}))
    else:
        spoilt = {"empty": b"", "short": data[:-1], "flipped": data[:-1] + b"\xff", "text": b"<html>" * 90}
        path.write_bytes(spoilt[how])


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("empty", "empty"),
        ("short", "SHA-256"),
        ("flipped", "SHA-256"),
        ("text", "begin"),
        ("folder", "regular file"),
        ("pipe", "regular file"),
        ("other step", "holds step 10"),
        ("no checkpoint", "no checkpoint"),
    ],
)
def test_a_spoilt_newest_one_is_passed_over(saved: Checkpoints, how: str, reason: str) -> None:
    path = saved.folder / "step-00000030.safetensors"
    spoil(path, how)
    newest, passed_over = saved.newest()
    assert_same(newest, at(25))
    assert [entry.path for entry in passed_over] == [path]
    assert reason in passed_over[0].reason
    with pytest.raises(Corrupt, match=reason):
        saved.named(30)


def test_one_that_cannot_be_read_is_passed_over(saved: Checkpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Path.read_bytes

    def failing(path: Path) -> bytes:
        if "30" in path.name:
            raise OSError(errno.EIO, "Input/output error")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", failing)
    newest, passed_over = saved.newest()
    assert_same(newest, at(25))
    assert passed_over[0].reason == "Input/output error"


def test_the_best_is_the_last_resort(saved: Checkpoints) -> None:
    for step in saved.steps():
        spoil(saved.folder / f"step-{step:08d}.safetensors", "short")
    newest, passed_over = saved.newest()
    assert_same(newest, at(25))
    assert len(passed_over) == 3
    spoil(saved.folder / "best.safetensors", "empty")
    newest, passed_over = saved.newest()
    assert newest is None
    assert len(passed_over) == 4


def test_a_spoilt_later_file_does_not_push_out_the_good_one(saved: Checkpoints) -> None:
    saved.keep = 1
    spoil(saved.folder / "step-00000030.safetensors", "flipped")
    saved.save(at(26))
    newest, passed_over = saved.newest()
    assert_same(newest, at(26))
    assert passed_over == []


@pytest.mark.faults
@pytest.mark.parametrize("error", ERRORS)
def test_each_call_of_a_save_may_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    def prepared(name: str) -> Checkpoints:
        checkpoints = Checkpoints(tmp_path / name, keep=2)
        checkpoints.save(at(10), best=True)
        checkpoints.save(at(20))
        return checkpoints

    expected = calls_of(monkeypatch, lambda: prepared("rehearsal").save(at(30), best=True))
    count = len(expected) - len(calls_of(monkeypatch, lambda: prepared("preparation")))
    assert count == 8 + 8 + 1  # two files of eight calls, one removal
    for number in range(count):
        checkpoints = prepared(str(number))
        monkeypatch.setattr(writing, "system", Failing(number, error))
        with pytest.raises(OSError, match=os.strerror(error)):
            checkpoints.save(at(30), best=True)
        monkeypatch.setattr(writing, "system", os)
        newest, passed_over = checkpoints.newest()
        assert newest is not None
        assert_same(newest, at(newest.step))
        assert newest.step in (20, 30)
        assert passed_over == []
        assert checkpoints.best().step in (10, 30)
        checkpoints.save(at(40))
        assert [name for name in names(checkpoints.folder) if "best" not in name] == [
            f"step-{step:08d}.safetensors" for step in (newest.step, 40)
        ]


@pytest.mark.faults
def test_a_disk_that_fails_for_good_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoints = Checkpoints(tmp_path, keep=2)
    checkpoints.save(at(10))
    for number in range(8):
        monkeypatch.setattr(writing, "system", Failing(number, errno.ENOSPC, forever=True))
        with pytest.raises(OSError, match="No space"):
            checkpoints.save(at(20))
        monkeypatch.setattr(writing, "system", os)
        newest, _ = checkpoints.newest()
        assert newest is not None
        assert_same(newest, at(newest.step))
    checkpoints.save(at(30))
    assert names(tmp_path) == ["step-00000020.safetensors", "step-00000030.safetensors"]


WRITER = """
import os, sys, time
from pathlib import Path
import numpy as np
from netspec.storage import writing
from netspec.runs.checkpoint import Checkpoint, Checkpoints

class Torn:
    "Does as os does, but write number `left` stops half-way, says so and waits."

    left = int(sys.argv[2])

    def __getattr__(self, name):
        return getattr(os, name)

    def write(self, fd, data):
        self.left -= 1
        if self.left:
            return os.write(fd, data)
        os.write(fd, data[: len(data) // 2])
        print("torn", flush=True)
        time.sleep(600)

writing.system = Torn()
checkpoints = Checkpoints(Path(sys.argv[1]), keep=2)
newest, passed_over = checkpoints.newest()
assert not passed_over, passed_over
step = newest.step if newest else 0
while True:
    step += 1
    state = {"a": np.full(300_000, step, np.float32), "b": np.arange(step % 7, dtype=np.int64)}
    rows = [{"epoch": epoch} for epoch in range(step)]
    checkpoints.save(Checkpoint(step, step, 0, state, {"seed": 1}, rows), best=step % 3 == 0)
    print(step, flush=True)
"""


@pytest.mark.faults
def test_killed_at_any_moment_it_goes_on(tmp_path: Path) -> None:
    """One kill is at a random instant after the first save, the next is in the middle of a write."""
    dice, checkpoints = dice_of("kills"), Checkpoints(tmp_path / "checkpoints")
    saved = 0
    for number in range(60 if FULL else 6):
        torn = number % 2 == 1
        command = [sys.executable, "-c", WRITER, str(checkpoints.folder), str(dice.randint(1, 6) if torn else 0)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        lines = []
        for line in child.stdout:
            lines.append(line)
            if not torn or line == "torn\n":
                break
        time.sleep(dice.uniform(0, 0.03))
        child.kill()
        assert child.wait() == -signal.SIGKILL, "the child failed by itself"
        lines += child.stdout
        child.stdout.close()
        saved = max([saved, *(int(line) for line in lines if line.endswith("\n") and line != "torn\n")])
        newest, passed_over = checkpoints.newest()
        assert passed_over == []
        assert newest is not None
        assert saved <= newest.step <= saved + 1
        assert np.all(newest.tensors["a"] == newest.step)
        assert len(newest.metrics) == newest.step
        assert not torn or any(writing.TEMPORARY.fullmatch(name) for name in names(checkpoints.folder))
        saved = newest.step
    assert checkpoints.best().step % 3 == 0
    writing.sweep(checkpoints.folder)
    assert not any("partial" in name for name in names(checkpoints.folder))


def test_background_saves_what_was_given_even_if_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, encode = threading.Event(), Checkpoint.to_bytes
    monkeypatch.setattr(Checkpoint, "to_bytes", lambda checkpoint: gate.wait(GUARD_SECONDS) and encode(checkpoint))
    checkpoints, checkpoint = Checkpoints(tmp_path), at(30)
    with Background(checkpoints) as background:
        background.save(checkpoint, best=True)
        checkpoint.tensors["key"][:] = 99
        checkpoint.metrics.clear()
        gate.set()
    assert_same(checkpoints.newest()[0], at(30))
    assert_same(checkpoints.best(), at(30))


def test_background_writes_while_the_caller_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, saving = threading.Event(), writing.write_atomic

    def slow(path: Path, data: bytes) -> None:
        assert gate.wait(GUARD_SECONDS)
        saving(path, data)

    monkeypatch.setattr(writing, "write_atomic", slow)
    checkpoints = Checkpoints(tmp_path)
    with Background(checkpoints) as background:
        background.save(at(10))
        assert checkpoints.steps() == []
        gate.set()
        background.save(at(20))
        assert 10 in checkpoints.steps()
    assert checkpoints.steps() == [10, 20]


@pytest.mark.parametrize("call", ["save", "wait", "close"])
def test_an_error_in_the_background_is_raised_once_by_the_next_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    background = Background(Checkpoints(tmp_path))
    background.save(at(10))
    background.wait()
    monkeypatch.setattr(writing, "system", Failing(1, errno.ENOSPC))
    background.save(at(20))
    with pytest.raises(OSError, match="No space"):
        background.save(at(30)) if call == "save" else getattr(background, call)()
    background.close()
    assert Checkpoints(tmp_path).steps() == [10]
    assert names(tmp_path) == ["step-00000010.safetensors"]
