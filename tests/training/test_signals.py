from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from netspec.training.signals import Interruption

CHILD = """
import signal, sys, time
from netspec.training import signals
from netspec.training.signals import Interruption
signals.GRACE_SECONDS = 600  # so that a busy machine does not end the process before Python does
signal.signal(signal.SIGINT, signal.default_int_handler)
saved = False
try:
    with Interruption() as interruption:
        print("ready", flush=True)
        while not interruption.requested:
            time.sleep(0.001)
        print(interruption.requested.name, flush=True)
        if "stay" in sys.argv:
            time.sleep(600)
        print("saved", flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
    sys.exit(130)
sys.exit(128 + interruption.requested)
"""


@contextmanager
def child(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A process inside the block; killed after two minutes, when it hangs."""
    with subprocess.Popen([sys.executable, "-c", CHILD, *arguments], stdout=subprocess.PIPE, text=True) as process:
        guard = threading.Timer(120, process.kill)
        guard.start()
        try:
            assert line(process) == "ready"
            yield process
            process.wait()
        finally:
            guard.cancel()
            process.kill()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_the_first_signal_lets_the_work_end(number: signal.Signals, status: int) -> None:
    with child() as process:
        os.kill(process.pid, number)
        assert line(process) == number.name
        assert line(process) == "saved"
    assert process.returncode == status


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_after_it_ends_at_once(first: signal.Signals) -> None:
    with child("stay") as process:
        os.kill(process.pid, first)
        assert line(process) == first.name
        os.kill(process.pid, signal.SIGTERM)  # batch systems repeat it: no reason to lose the work
        os.kill(process.pid, signal.SIGINT)
        assert line(process) == "interrupted"
    assert process.returncode == 130


def test_handlers_are_put_back_after_an_error_too() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with Interruption():
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] != before
    with pytest.raises(ZeroDivisionError), Interruption():
        raise ZeroDivisionError
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_nothing_requested_is_none_and_the_first_one_stays() -> None:
    interruption = Interruption()
    with interruption:
        assert interruption.requested is None
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
        assert interruption.requested is signal.SIGTERM
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert interruption.requested is signal.SIGTERM


HEARD = """
import signal, threading
from netspec.training import signals
signals.GRACE_SECONDS = 0.5
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    with signals.Interruption():
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    for thread in set(threading.enumerate()) - {threading.main_thread()}:
        thread.join()
    print("alive")
"""


def test_an_interrupt_that_was_heard_does_not_end_the_process_later() -> None:
    done = subprocess.run([sys.executable, "-c", HEARD], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "alive\n", "")


UNHEARD = """
import hashlib, os, signal, threading, time
from netspec.training import signals
signals.GRACE_SECONDS = 0.1

def leave(number, frame):
    os.write(1, b"last words")
    os._exit(130)

def send():
    for number in (signal.SIGINT, signal.SIGINT):
        time.sleep(0.2)
        os.kill(os.getpid(), number)

signal.signal(signal.SIGINT, leave)
with signals.Interruption():
    threading.Thread(target=send).start()
    hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)  # no handler of Python's runs in it
"""


def test_an_interrupt_that_is_not_heard_ends_the_process_as_it_would_have() -> None:
    done = subprocess.run([sys.executable, "-c", UNHEARD], capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"last words", b"")


def test_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interruption() as interruption:
            signal.raise_signal(signal.SIGINT)
            assert interruption.requested is None
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_in_another_thread_it_does_nothing() -> None:
    seen: list[object] = []
    before = signal.getsignal(signal.SIGTERM)

    def work() -> None:
        with Interruption():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
    assert signal.getsignal(signal.SIGTERM) is before
