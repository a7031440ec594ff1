from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from netspec.runs.lock import HOLDER, InUse, hold

CHILD = """
import sys, time
from pathlib import Path
from netspec.runs.lock import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def test_a_second_process_is_refused_by_name_until_the_first_ends(tmp_path: Path) -> None:
    with holder(tmp_path) as child:
        with pytest.raises(InUse) as caught, hold(tmp_path):
            pass
        assert str(caught.value) == f"{tmp_path} is in use by process {child.pid} on {socket.gethostname()}"
        child.communicate("")
    with hold(tmp_path):
        pass


@pytest.mark.faults
def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    with holder(tmp_path) as child:
        child.kill()
        child.wait()
    with hold(tmp_path):
        assert str(os.getpid()) in (tmp_path / HOLDER).read_text()


def test_the_same_process_cannot_hold_it_twice(tmp_path: Path) -> None:
    with hold(tmp_path), pytest.raises(InUse, match=f"process {os.getpid()} on"), hold(tmp_path):
        pass


def test_it_is_released_by_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), hold(tmp_path):
        raise ZeroDivisionError
    with hold(tmp_path):
        pass


def test_a_longer_owner_before_leaves_no_rest(tmp_path: Path) -> None:
    (tmp_path / HOLDER).write_text("x" * 500)
    with hold(tmp_path), pytest.raises(InUse, match=f"process {os.getpid()} on"), hold(tmp_path):
        pass


def test_a_holder_that_has_not_said_who_it_is(tmp_path: Path) -> None:
    with hold(tmp_path):
        (tmp_path / HOLDER).write_text("")
        with pytest.raises(InUse, match="another process"), hold(tmp_path):
            pass


def test_a_folder_that_is_not_there_is_an_error_of_the_environment(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), hold(tmp_path / "missing"):
        pass


@pytest.mark.parametrize("written", ["", "[]", "3", "{}", '{"pid": 1}'])
def test_whoever_holds_it_without_saying_so_is_another_process(written: str, tmp_path: Path) -> None:
    with hold(tmp_path):
        (tmp_path / HOLDER).write_text(written)
        with pytest.raises(InUse, match=r"in use by another process$"), hold(tmp_path):
            pass
