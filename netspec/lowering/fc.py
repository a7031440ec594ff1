"""The fully connected layer in JAX."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from netspec.analysis.stages import Stage
from netspec.lowering.around import finish
from netspec.lowering.kinds import Arrays, Run
from netspec.lowering.workload import DIRECTIONS, Direction, Program, normal


@dataclass(frozen=True)
class Product:
    """The layer's matrix product as work to be timed; see `netspec.lowering.workload.Workload`. There is nothing to choose."""

    inputs: int
    units: int

    def algorithms(self, direction: Direction) -> tuple[str, ...]:
        """One."""
        return ("matmul",)

    def names(self, choice: None) -> dict[Direction, str]:
        """The same in each direction."""
        return dict.fromkeys(DIRECTIONS, "matmul")

    def choice(self, names: Mapping[Direction, str]) -> None:
        """None."""
        return None

    def groups(self) -> tuple[tuple[Direction, ...], ...]:
        """Each direction on its own."""
        return tuple((direction,) for direction in DIRECTIONS)

    def program(self, direction: Direction, algorithm: str, batch: int, dtype: Any) -> Program:
        """One direction, of x (batch, inputs), w (inputs, units) and dy (batch, units)."""
        x, w = normal(batch, self.inputs, dtype=dtype), normal(self.inputs, self.units, dtype=dtype)
        if direction == "output":
            return Program(jnp.matmul, (x, w))
        dy = normal(batch, self.units, dtype=dtype)
        # transposed as in training: written out, XLA would transpose a large kernel first
        if direction == "input_gradient":
            return Program(lambda dy, w: jax.linear_transpose(lambda x: x @ w, x)(dy), (dy, w))
        return Program(lambda x, dy: jax.linear_transpose(lambda w: x @ w, w)(dy), (x, dy))


def workload(stage: Stage) -> Product:
    """The matrix product of the layer, to be timed."""
    return Product(stage.layer.input[0], stage.layer.output[0])


def apply(run: Run, x: jax.Array) -> tuple[jax.Array, Arrays]:
    """(batch, inputs) or a map to be flattened -> (batch, units): x @ kernel, bias, and what follows.

    A map lies in memory in the order that `FLATTENED` asks for.
    """
    flat = x.reshape((x.shape[0], *run.stage.layer.input))
    return finish(run, flat @ run.params["kernel"].astype(x.dtype))
