"""The process that checks open texts: it may take any time, and is ended when it takes too much.

It reads jobs from standard input and answers each on standard output, in order, as pickles: nobody but `Checker` starts it.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import Any

from netspec.editor.document import Document
from netspec.text.source import Source


@dataclass(frozen=True, slots=True)
class Job:
    """What is asked of a text."""

    source: Source | None
    """The text; None where it is that of the last job: what was worked out of it is still there."""
    function: Callable[..., Any]
    """Takes the document. It is a module's, and what it takes besides and gives can be pickled."""
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Broken:
    """A job that raised."""

    traceback: str


def work() -> None:
    """Does one job after another. Where standard input ends, the server has gone: then this ends in the middle of a job."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: it comes to the server too
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what prints must not speak to the server
    jobs: SimpleQueue[Job] = SimpleQueue()
    Thread(target=_read, args=(jobs,), daemon=True).start()
    document: Document | None = None
    while True:
        job = jobs.get()
        document = document if job.source is None else Document(job.source)
        answers.write(_answer(job, document))
        answers.flush()


def _read(jobs: SimpleQueue[Job]) -> None:
    try:
        while True:
            jobs.put(pickle.load(sys.stdin.buffer))
    except EOFError:
        os._exit(0)


def _answer(job: Job, document: Document | None) -> bytes:
    try:
        return pickle.dumps(job.function(document, *job.arguments))
    except Exception:
        return pickle.dumps(Broken(traceback.format_exc()))
