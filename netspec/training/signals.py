"""Stopping in good order: SIGINT and SIGTERM become a wish that the training loop reads after each step."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """While entered, the first SIGINT or SIGTERM only sets `requested`; a SIGINT after it interrupts.

    That one raises KeyboardInterrupt at once. The loop finishes its step, saves, and the command exits with
    128 + `requested`: 130 or 143. A signal that is ignored when the block is entered (as in a shell's
    background job) stays ignored. Python lets only the main thread set handlers: in another one nothing is
    caught, and `inactive` says so. The handlers found are put back at the end.
    """

    requested: signal.Signals | None = None
    """The first signal that came."""
    inactive: str | None = None
    """Why no signal is caught, where none is."""

    def __init__(self) -> None:
        self._previous: dict[signal.Signals, signal._HANDLER] = {}

    def __enter__(self) -> Interruption:
        if threading.current_thread() is not threading.main_thread():
            self.inactive = "signals reach the main thread only"
            return self
        for number in SIGNALS:
            previous = signal.getsignal(number)
            if previous not in (signal.SIG_IGN, None):  # None: set by C code, which Python could not put back
                self._previous[number] = signal.signal(number, self._note)
        if not self._previous:
            self.inactive = "this process was started with its signals ignored"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._previous:
            signal.signal(*self._previous.popitem())

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.requested is None:
            self.requested = signal.Signals(number)
        elif number == signal.SIGINT:
            raise KeyboardInterrupt
