"""What every layer kind says of itself: its keys, its shape rule, its parameters and its costs."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, Protocol, Self

from netspec.text.causes import Cause

Shape = tuple[int, ...]
"""(height, width, channels) of a map, or (units,) of a flat vector; without the batch."""

ACTIVATIONS = ("none", "relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "tanh", "softplus")
NON_DECREASING = frozenset({"none", "relu", "leaky_relu", "elu", "sigmoid", "tanh", "softplus"})
"""Those that commute with a maximum: max f(x) = f(max x). gelu and silu dip below zero first."""

NORMS = ("none", "batch")


@dataclass(frozen=True, slots=True)
class Problem:
    """What a kind finds wrong with its own settings for a given input."""

    code: str
    field: str
    """The setting to point at."""
    message: str
    notes: tuple[str, ...] = ()
    help: str | None = None
    cause: Cause | None = None
    """What a repair starts from."""
    hint: bool = False
    """Whether it may well be meant so: then it is no warning."""


@dataclass(frozen=True, slots=True)
class Inference:
    """What the shape rule gives: an output, or problems of severity error and none."""

    output: Shape | None
    arithmetic: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """How far a unit sees: the effective kernel and the stride, (height, width) each."""

    kernel: tuple[int, int]
    stride: tuple[int, int]


KEPT_FOR_ACTIVATION = {"none": 0, "gelu": 2, "silu": 2}
"""Arrays that an activation's derivative is computed from; 1 for those that are not listed."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """What training holds in memory for one layer besides its output, in XLA's implementation."""

    reads_input: bool
    """Whether the backward pass reads the input: gradients of weights do, and maxima, whose places it looks for again."""
    kept: int = 0
    """Arrays of the output's size kept from between the sum and the output, for norm and activation."""
    norm: int = 0
    """Arrays of the output's size while the gradient goes through the norm."""
    random: int = 0
    """Words of 32 bits for each number of the output, drawn for dropout before the first layer runs."""

    @classmethod
    def of_sum(cls, norm: str, activation: str, dropout: float) -> Footprint:
        """A weighted sum that is followed by norm, activation and dropout."""
        normed = norm == "batch"
        kept = max(int(normed), KEPT_FOR_ACTIVATION.get(activation, 1))
        return cls(True, kept, 2 * normed, 4 * (dropout > 0))


class Settings(Protocol):
    """The settings of one layer, all defaults filled in. Passes see layers only through this."""

    kind: ClassVar[str]

    @property
    def __dataclass_fields__(self) -> dict[str, Any]: ...

    @classmethod
    def completed(cls, given: dict[str, Any], activation: str | None, last: bool) -> Self:
        """The settings with the defaults that depend on others: on `given` ones, on `defaults`, on being the last layer."""

    def infer(self, input: Shape) -> Inference:
        """The output shape with its arithmetic, or what does not fit."""

    def parameters(self, input: Shape) -> dict[str, Shape]:
        """The trained arrays by name."""

    def statistics(self, input: Shape) -> dict[str, Shape]:
        """The arrays that training updates without a gradient, by name."""

    def macs(self, input: Shape, output: Shape) -> int:
        """Multiply-adds of the forward pass for one example."""

    def reach(self, input: Shape) -> Window:
        """The window over the input, for the receptive field."""

    def footprint(self, input: Shape) -> Footprint:
        """What training holds in memory for the layer."""


def elements(shape: Shape) -> int:
    """How many numbers an array of this shape holds.

    >>> elements((28, 28, 6))
    4704
    """
    return prod(shape)


def dimensions(shape: Shape) -> str:
    """A shape as people write it.

    >>> dimensions((28, 28, 6)), dimensions((400,))
    ('28x28x6', '400')
    """
    return "x".join(str(size) for size in shape)


def norm_parameters(norm: str, features: int) -> dict[str, Shape]:
    """Batch norm's trained arrays."""
    return {"scale": (features,), "shift": (features,)} if norm == "batch" else {}


def norm_statistics(norm: str, features: int) -> dict[str, Shape]:
    """Batch norm's running statistics."""
    return {"mean": (features,), "variance": (features,)} if norm == "batch" else {}
