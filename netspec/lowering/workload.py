"""The linear work of a layer, apart from the network: what can be timed, and the algorithms that can do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import jax
import jax.numpy as jnp
import numpy as np

Direction = Literal["output", "input_gradient", "weight_gradient"]
DIRECTIONS: tuple[Direction, ...] = ("output", "input_gradient", "weight_gradient")


@dataclass(frozen=True)
class Program:
    """A pure function with arguments to time it on."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]


class Workload(Protocol):
    """A frozen dataclass of the static facts: equal works take the same time, and its `repr` names it on the disk."""

    def algorithms(self, direction: Direction) -> tuple[str, ...]:
        """The names of those that support it, XLA's own first; empty where the direction has no work."""
        ...

    def names(self, choice: Any) -> dict[Direction, str]:
        """The algorithm of each direction under a layer's choice; None is XLA's own."""
        ...

    def choice(self, names: Mapping[Direction, str]) -> Any:
        """The layer's choice with these algorithms. One that decides several directions takes the first's."""
        ...

    def groups(self) -> tuple[tuple[Direction, ...], ...]:
        """The directions, those together that must have the same algorithm."""
        ...

    def program(self, direction: Direction, algorithm: str, batch: int, dtype: Any) -> Program:
        """What training computes for a batch in this direction."""
        ...


def normal(*shape: int, dtype: Any) -> jax.Array:
    """An array to time on: normal numbers, the same each time."""
    values = np.random.default_rng(0).standard_normal(shape, np.float32)
    return jnp.asarray(values, dtype)
