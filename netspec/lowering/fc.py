"""The fully connected layer in JAX."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax

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
        x, w, dy = (
            normal(*shape, dtype=dtype)
            for shape in ((batch, self.inputs), (self.inputs, self.units), (batch, self.units))
        )
        if direction == "output":
            return Program(lambda x, w: x @ w, (x, w))
        if direction == "input_gradient":
            return Program(lambda dy, w: dy @ w.T, (dy, w))
        return Program(lambda x, dy: x.T @ dy, (x, dy))


def work(settings: Fc, input: Shape) -> Product:
    """The matrix product of the layer, to be timed."""
    return Product(elements(input), settings.units)


def apply(
    settings: Fc, params: Arrays, statistics: Arrays, x: jax.Array, input: Shape, mode: Mode, choice: None
) -> tuple[jax.Array, Arrays]:
    """(batch, inputs) or a map to be flattened -> (batch, units): x @ kernel, bias, norm, activation, dropout."""
    flat = x.reshape((x.shape[0], input[0]))
    return finish(settings, params, statistics, flat @ params["kernel"].astype(x.dtype), mode)
