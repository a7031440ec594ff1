"""The same for many files: by as many processes as there are processors, where that pays."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

MANY = 64
"""From how many files on. To start the processes takes as long as to check about ten."""
SHARE = 16
"""How many files a process takes at a time."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def each(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """What a function gives for each file, in their order. All of them must be such that pickle takes them.

    Where a process is killed from outside, as systems do that run out of memory, this one does what is left.
    """
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if len(items) < MANY or processors == 1:
        return [function(item) for item in items]
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    context = multiprocessing.get_context("fork" if sys.platform == "linux" else None)
    executor = ProcessPoolExecutor(processors, context, signal.signal, (signal.SIGINT, signal.SIG_IGN))
    results: list[Result] = []
    try:
        results.extend(executor.map(function, items, chunksize=SHARE))
    except BrokenProcessPool:
        results.extend(map(function, items[len(results) :]))
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
    return results
