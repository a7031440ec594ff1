"""Timing of compiled functions, in turn.

Machines drift: other programs run, clocks change. What is compared is therefore run alternately, and of several
runs the quickest and the median count.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp

from netspec.lowering.options import compiler_options
from netspec.lowering.workload import Program, normal

Call = Callable[[], Any]


@dataclass
class Timing:
    """How long the runs of one function took, in seconds."""

    runs: list[float] = field(default_factory=list)

    @property
    def min(self) -> float:
        """The quickest run: what the machine can do when nothing disturbs it."""
        return min(self.runs)

    @property
    def median(self) -> float:
        """The run in the middle: what to expect."""
        return statistics.median(self.runs)

    def as_json(self) -> dict[str, float | int]:
        """The quickest and the median run in seconds, and how many there were."""
        return {"min_seconds": self.min, "median_seconds": self.median, "runs": len(self.runs)}


def once(call: Call) -> float:
    """The seconds until the result of a call is there."""
    began = time.perf_counter()
    jax.block_until_ready(call())
    return time.perf_counter() - began


def in_turn(calls: Sequence[Call], *, seconds: float, least: int = 3, most: int = 50) -> list[Timing]:
    """Runs each call in turn, at least `least` rounds, then until `seconds` are over or there are `most`.

    The calls have run before: what is compiled at the first run is not counted here.
    """
    timings = [Timing() for _ in calls]
    began = time.perf_counter()
    for round_ in range(most):
        if round_ >= least and time.perf_counter() - began > seconds:
            break
        for timing, call in zip(timings, calls, strict=True):
            timing.runs.append(once(call))
    return timings


def compiled(program: Program) -> tuple[Call, int]:
    """The program as training compiles it, ready to run on its arguments, and the bytes that it needs for itself."""
    function = jax.jit(program.function, compiler_options=compiler_options(jax.default_backend()))
    ready = function.lower(*program.arguments).compile()
    memory: Any = ready.memory_analysis()
    return lambda: ready(*program.arguments), int(memory.temp_size_in_bytes)


def matmul_peak(dtype: Any, seconds: float = 0.7) -> float:
    """The FLOP/s that this machine reaches in square matrix products of this type.

    The best of two sizes: the smaller stays in a CPU's caches, the larger gives all cores enough to do.
    """
    sizes = (1024, 2048) if jax.default_backend() == "cpu" else (4096, 8192)
    calls = []
    for size in sizes:
        a = normal(size, size, dtype=dtype)
        calls.append(compiled(Program(jnp.matmul, (a, a)))[0])
        once(calls[-1])
    timings = in_turn(calls, seconds=seconds)
    return max(2 * size**3 / timing.min for size, timing in zip(sizes, timings, strict=True))
