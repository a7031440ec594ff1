"""A signal that comes where no exception can be raised is not lost."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.run import ROOT

IN_A_DESTRUCTOR = """
import os, signal, sys, time
from netspec import __main__, cli
from netspec.cli import main as module

class Last:
    def __del__(self):
        os.kill(os.getpid(), int(sys.argv[1]))
        time.sleep(0.01)

def command(**options):
    Last()
    time.sleep(600)

module.netspec = command
__main__.start()
"""


WORDS = [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated"), (signal.SIGHUP, "hung up")]


@pytest.mark.parametrize(("number", "word"), WORDS)
def test_a_signal_inside_a_destructor_is_heard(number: signal.Signals, word: str) -> None:
    command = [sys.executable, "-c", IN_A_DESTRUCTOR, str(int(number))]
    # 120 s tell a signal that was lost from a machine that is busy.
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (128 + number, f"netspec: {word}\n")


IN_A_RUN = """
import os, signal, sys
from pathlib import Path
from netspec import __main__
from netspec.cli import farewell, main as module

def command(**options):
    with farewell.cleared():
        farewell.work_on(Path(sys.argv[1]))
        os.kill(os.getpid(), signal.SIGINT)

module.netspec = command
__main__.start()
"""


@pytest.mark.parametrize("begun", [True, False])
def test_what_is_interrupted_says_how_to_go_on(begun: bool, tmp_path: Path) -> None:
    if begun:
        (tmp_path / "spec.yaml").touch()
    command = [sys.executable, "-c", IN_A_RUN, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    advice = f"go on with: netspec train --resume {tmp_path}\n" if begun else ""
    assert (done.returncode, done.stderr) == (130, f"netspec: interrupted\n{advice}")


SMALL = """\
netspec: 1
name: small
input: [8, 8, 1]
fc: [10]
train: {epochs: 100000, batch_size: 100}
"""


@pytest.mark.slow
def test_a_run_whose_terminal_is_lost_is_saved(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    arguments = ["-m", "netspec", "train", "small.yaml", "--output", "run"]
    terminal, own = pty.openpty()
    taken = (
        "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.executable, sys.argv[1:])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", taken, sys.executable, *arguments],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=own,
        stdout=own,
        stderr=own,
        start_new_session=True,
    )
    os.close(own)
    shown = b""
    while b"epoch" not in shown.partition(b"compiling")[2]:
        shown += os.read(terminal, 4096)
    os.close(terminal)
    assert process.wait(timeout=300) == 129
    steps = [path.name for path in (tmp_path / "run/checkpoints").glob("step-*")]
    assert steps


def test_runs_that_begin_together_have_a_number_each(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from netspec.training.session import default_folder

    (tmp_path / "runs").mkdir()
    (tmp_path / "runs/net-2").touch()  # taken by what is no run
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: default_folder("net", tmp_path / "runs"), range(32)))
    assert len(set(made)) == 32
    assert {int(folder.name.removeprefix("net-")) for folder in made} == {1, *range(3, 34)}
