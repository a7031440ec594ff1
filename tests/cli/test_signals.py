"""A signal that comes where no exception can be raised is not lost."""

from __future__ import annotations

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


@pytest.mark.parametrize(("number", "word"), [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")])
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
    with farewell.resumable(Path(sys.argv[1])):
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
