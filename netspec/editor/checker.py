"""The server's side of the process that checks: one job after another, and none for a text that has changed.

A thread beside the server's loop would take turns with it: an answer that needs 30 ms took 90 beside one check and 590 beside six,
and a thread cannot be ended. A process can, whatever it is doing.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from subprocess import PIPE
from threading import Lock, Thread, Timer
from time import monotonic
from typing import Any, Concatenate, ParamSpec, TypeVar

from netspec.editor.document import Document
from netspec.editor.worker import Broken, Job
from netspec.text.source import Source

GRACE_SECONDS = 0.1
"""How long a job may take though its text has changed: a new process takes longer to start."""
LIMIT_SECONDS = 30.0
"""How long any job may take."""

P = ParamSpec("P")
T = TypeVar("T")


class Superseded(Exception):
    """The version of the text that was asked about is no more."""


class CheckFailed(Exception):
    """A job ended without an answer, which is a bug: why, in one line, and the traceback if there is one."""

    def __init__(self, reason: str, traceback: str = "") -> None:
        super().__init__(reason)
        self.traceback = traceback


@dataclass(eq=False, kw_only=True)
class Version:
    """One version of an open text."""

    source: Source
    superseded: bool = False


@dataclass(eq=False, slots=True)
class _Asked:
    version: Version
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    future: Future[Any] = field(default_factory=Future)
    started: float = 0.0
    overdue: bool = False


class Checker:
    """A process that works, and a thread that speaks with it. No method waits, but for `close`."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[_Asked | None] = SimpleQueue()
        self._lock = Lock()
        """Holds the process and what it is at together: none is ended for a job that it has done."""
        self._process: subprocess.Popen[bytes] | None = None
        self._running: _Asked | None = None
        self._killed = self._closed = False
        self._has: Version | None = None
        """The version that the process has."""
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    def ask(
        self, version: Version, function: Callable[Concatenate[Document, P], T], *arguments: P.args, **_: P.kwargs
    ) -> Future[T]:
        """What a function of a module says of a text, later; or Superseded, or CheckFailed."""
        asked = _Asked(version, function, arguments)
        self._queue.put(asked)
        return asked.future

    def supersede(self, version: Version) -> None:
        """Has nothing more said of a version: what was asked is passed over, a job under way is ended soon."""
        version.superseded = True
        with self._lock:
            running = self._running
        if running is not None and running.version is version:
            _later(running.started + GRACE_SECONDS - monotonic(), self._end, running)

    def close(self) -> None:
        """Ends the process and the thread, whatever they are at."""
        self._queue.put(None)
        with self._lock:
            self._closed = True
            self._kill()
        self._thread.join()

    def _serve(self) -> None:
        self._start()
        while (asked := self._queue.get()) is not None:
            if asked.future.set_running_or_notify_cancel():
                try:
                    asked.future.set_result(self._answer(asked))
                except Exception as error:
                    asked.future.set_exception(error)
        self._stop()

    def _answer(self, asked: _Asked) -> Any:
        with self._lock:
            if asked.version.superseded or self._closed:
                raise Superseded
            asked.started, self._running = monotonic(), asked
        overdue = _later(LIMIT_SECONDS, self._give_up, asked)
        answer, lost = None, False
        try:
            answer = self._exchange(asked)
        except (OSError, EOFError, pickle.UnpicklingError):
            lost = True
        finally:
            overdue.cancel()
            with self._lock:
                self._running = None
        if lost or self._killed:
            status = self._stop()
            self._start()
        if isinstance(answer, Broken):
            raise CheckFailed(answer.traceback.splitlines()[-1], answer.traceback)
        if not lost:
            return answer
        if asked.version.superseded or self._closed:
            raise Superseded
        if asked.overdue:
            raise CheckFailed(f"it took more than {LIMIT_SECONDS:g} s")
        raise CheckFailed("its process cannot be started" if status is None else f"its process ended ({status})")

    def _exchange(self, asked: _Asked) -> Any:
        """Sends a job and reads its answer; OSError or EOFError where there is no process any more."""
        process, version = self._process, asked.version
        if process is None or process.stdin is None or process.stdout is None:
            raise EOFError
        source = None if self._has is version else version.source
        pickle.dump(Job(source, asked.function, asked.arguments), process.stdin)
        process.stdin.flush()
        self._has = version
        return pickle.load(process.stdout)

    def _give_up(self, asked: _Asked) -> None:
        asked.overdue = True
        self._end(asked)

    def _end(self, asked: _Asked) -> None:
        """Ends the process if it is still at this job."""
        with self._lock:
            if self._running is asked:
                self._kill()

    def _kill(self) -> None:
        self._killed = True
        if self._process is not None:
            self._process.kill()

    def _start(self) -> None:
        """A new process. It finds netspec where this one did, and nothing in the folder that it runs in."""
        code = f"import sys; sys.path[:] = {sys.path!r}; from netspec.editor.worker import work; work()"
        with self._lock:
            self._has, self._killed = None, False
            if not self._closed:
                with suppress(OSError):  # none can be had now: the next job says so, and tries again
                    self._process = subprocess.Popen([sys.executable, "-c", code], stdin=PIPE, stdout=PIPE)

    def _stop(self) -> int | None:
        """Ends the process; its exit status, None where there was none."""
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return None
        process.kill()
        with suppress(OSError):  # what was not sent yet
            process.communicate()
        return process.returncode


def _later(seconds: float, function: Callable[[_Asked], None], asked: _Asked) -> Timer:
    timer = Timer(max(0.0, seconds), function, (asked,))
    timer.daemon = True
    timer.start()
    return timer
