"""The worker processes: one a framework, all warm, of which only one runs at a time."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any

from benchmarks.networks import ROOT
from netspec.cli import huge_pages

TIMEOUT_SECONDS = 300.0


def _environment(peer: str) -> dict[str, str]:
    """This process's, on the CPU alone; `benchmarks` and netspec are those of this checkout, and netspec's is its command's."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    own = huge_pages.variables() if peer == "netspec" else {}
    return os.environ | own | {"PYTHONPATH": path, "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}


class Failed(Exception):
    """A worker ended or did not answer in time; what it said stands above, on standard error."""


class Worker:
    """One process. It is stopped, threads and all, but while it answers: nobody spins beside who is timed."""

    def __init__(self, peer: str, python: str) -> None:
        self.peer = peer
        command = [python, "-m", "benchmarks.worker", peer]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT, env=_environment(peer))
        self.greeting = self._receive()

    @property
    def process(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def variants(self) -> tuple[str, ...]:
        """The forms that the framework is timed in; none where it is not installed."""
        return tuple(self.greeting.get("variants", ()))

    def ask(self, do: str, **request: Any) -> dict[str, Any]:
        """The answer to one request; has a key `unsupported` where the framework cannot do it."""
        assert self._process.stdin is not None
        self._process.send_signal(signal.SIGCONT)
        with suppress(BrokenPipeError):  # the answer that does not come says more
            print(json.dumps({"do": do, **request}), file=self._process.stdin, flush=True)
        return self._receive()

    def _receive(self) -> dict[str, Any]:
        stream = self._process.stdout
        assert stream is not None
        ready, _, _ = select.select([stream], [], [], TIMEOUT_SECONDS)
        line = stream.readline() if ready else ""
        if not line:
            self.end()
            raise Failed(f"{self.peer}: {'it ended' if ready else f'no answer in {TIMEOUT_SECONDS:.0f} s'}")
        self._process.send_signal(signal.SIGSTOP)
        os.waitpid(self._process.pid, os.WUNTRACED)  # until it has stopped, or ended
        return json.loads(line)  # type: ignore[no-any-return]

    def end(self) -> None:
        """Ends the process; waits for it."""
        self._process.kill()
        with suppress(BrokenPipeError):
            self._process.communicate()


def cold_start(peer: str, python: str, spec: str, batch: int) -> float:
    """Seconds of a whole process from its begin until its first training step is done, and it has ended."""
    command = [python, "-m", "benchmarks.worker", "first-step", peer, spec, str(batch)]
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=_environment(peer), check=True, timeout=TIMEOUT_SECONDS, stdout=sys.stderr)
    return time.perf_counter() - start
