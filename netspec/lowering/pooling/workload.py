"""A pooling layer as work to be timed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax

from netspec.analysis.pooling import WINDOWS, Kind, Window
from netspec.lowering.pooling.pool import ALGORITHMS, pool
from netspec.lowering.workload import Direction, Program, normal

BOTH: tuple[Direction, ...] = ("output", "input_gradient")


@dataclass(frozen=True)
class Pooling:
    """One pooling layer; see `netspec.lowering.workload.Workload`. The gradient reads what the output's algorithm stored."""

    input: tuple[int, int, int]
    window: Window
    kind: Kind

    def algorithms(self, direction: Direction) -> tuple[str, ...]:
        """All of them; a window over the whole map is a reduction in any case."""
        if direction not in BOTH:
            return ()
        return ("reduction",) if self.window.covers(*self.input[:2]) else tuple(ALGORITHMS)

    def names(self, choice: str | None) -> dict[Direction, str]:
        """The one name for both directions."""
        first, *others = self.algorithms("output")
        return dict.fromkeys(BOTH, choice if choice in (*others, WINDOWS) else first)

    def choice(self, names: Mapping[Direction, str]) -> str | None:
        """The name; None where there is nothing to choose."""
        return names["output"] if names["output"] in (*ALGORITHMS, WINDOWS) else None

    def groups(self) -> tuple[tuple[Direction, ...], ...]:
        """Both directions together."""
        return (BOTH,)

    def program(self, direction: Direction, algorithm: str, batch: int, dtype: Any) -> Program:
        """The maxima or means with what the gradient needs of them, or that gradient."""
        x = normal(batch, *self.input, dtype=dtype)
        name = algorithm if algorithm in (*ALGORITHMS, WINDOWS) else None

        def forward(x: jax.Array) -> Any:
            return jax.vjp(lambda x: pool(x, self.window, self.kind, name), x)

        if direction == "output":
            return Program(forward, (x,))
        y, pull = jax.jit(forward)(x)
        return Program(lambda pull, dy: pull(dy), (pull, normal(*y.shape, dtype=dtype)))
