"""The fully connected layer in JAX."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from netspec.language.fc import Fc
from netspec.language.kind import Shape, elements
from netspec.lowering.finish import Arrays, Mode, finish
from netspec.lowering.work import DIRECTIONS, Direction, Program, normal


@dataclass(frozen=True)
class Product:
    """The layer's matrix product as work to be timed; see `netspec.lowering.work.Work`. There is nothing to choose."""

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


def work(settings: Fc, input: Shape) -> Product:
    """The matrix product of the layer, to be timed."""
    return Product(elements(input), settings.units)


def apply(
    settings: Fc, params: Arrays, statistics: Arrays, x: jax.Array, input: Shape, mode: Mode, choice: None
) -> tuple[jax.Array, Arrays]:
    """(batch, inputs) or a map to be flattened -> (batch, units): x @ kernel, bias, norm, activation, dropout."""
    flat = x.reshape((x.shape[0], input[0]))
    return finish(settings, params, statistics, flat @ params["kernel"].astype(x.dtype), mode)
