"""A signal that comes where no exception can be raised is not lost."""

from __future__ import annotations

import signal
import subprocess
import sys

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
