"""Stopping in good order: SIGINT, SIGTERM and SIGHUP become a wish that the training loop reads after each step."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import stat
import threading
import time
from types import FrameType, TracebackType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""SIGHUP: the terminal is gone, as where a connection is lost. Under `nohup` it is ignored."""
GRACE_SECONDS = 3.0
"""How long an interrupt that stops at once waits for Python: while XLA compiles, no handler runs."""


class Interruption:
    """While entered, the first of SIGNALS only sets `requested`; a SIGINT after it interrupts.

    That one does at once what it did before the block: it raises KeyboardInterrupt, or ends the command. Where that is not
    heard the process ends three seconds later. The loop finishes its step, saves, and the command exits with
    128 + `requested`: 130, 143 or 129. A signal that is ignored when the block is entered (as in a shell's
    background job) stays ignored. Python lets only the main thread set handlers: in another one nothing is
    caught. The handlers found are put back at the end.
    """

    requested: signal.Signals | None = None
    """The first signal that came."""

    def __init__(self) -> None:
        self._previous: dict[signal.Signals, signal._HANDLER] = {}
        self._ends: tuple[socket.socket, socket.socket] | None = None
        self._wakeup = -1

    def __enter__(self) -> Interruption:
        if threading.current_thread() is not threading.main_thread():
            return self
        for number in SIGNALS:
            previous = signal.getsignal(number)
            if previous not in (signal.SIG_IGN, None):  # None: set by C code, which Python could not put back
                self._previous[number] = signal.signal(number, self._note)
        if self._previous:
            self._listen()
        return self

    def _listen(self) -> None:
        """Lets a thread hear signals while the main thread is in a library's code, where Python's handlers wait."""
        self._ends = socket.socketpair()
        self._ends[1].setblocking(False)
        self._wakeup = signal.set_wakeup_fd(self._ends[1].fileno(), warn_on_full_buffer=False)
        threading.Thread(target=_insist, args=(self._ends[0], dict(self._previous)), daemon=True).start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ends is not None:
            signal.set_wakeup_fd(self._wakeup)
            self._ends[1].close()  # the thread reads the end of it, and ends
            self._ends = None
        while self._previous:
            signal.signal(*self._previous.popitem())

    def _note(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            leave_lost_terminals()
        if self.requested is None:
            self.requested = signal.Signals(number)
        elif number == signal.SIGINT:
            previous = self._previous[signal.SIGINT]
            if not callable(previous):
                raise KeyboardInterrupt
            previous(number, frame)


def leave_lost_terminals() -> None:
    """Standard streams whose terminal is gone write to nowhere: each word more would be an error in what comes to its end."""
    for stream in (1, 2):
        with contextlib.suppress(OSError):  # closed
            if stat.S_ISCHR(os.fstat(stream).st_mode) and not os.isatty(stream):
                nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
                os.dup2(nowhere, stream)
                os.close(nowhere)


def _insist(numbers: socket.socket, previous: dict[signal.Signals, signal._HANDLER]) -> None:
    """Ends the process where a SIGINT after the first signal does not end it, as the handler before would have."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # one taken here would leave the main thread asleep in its call
    before = False
    with numbers:
        while received := numbers.recv(64):
            for number in (number for number in received if number in previous):
                if before and number == signal.SIGINT:
                    time.sleep(GRACE_SECONDS)
                    if _closed(numbers):
                        return
                    handler = previous[signal.SIGINT]
                    with contextlib.suppress(KeyboardInterrupt):
                        if callable(handler):
                            handler(number, None)
                    os._exit(128 + number)  # files are written so that they may be left at any moment
                before = True


def _closed(numbers: socket.socket) -> bool:
    """Whether the block has been left: the interrupt was heard."""
    numbers.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while numbers.recv(64):
            pass
        return True
    return False
