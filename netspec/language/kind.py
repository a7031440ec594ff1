"""What a layer kind is: one object with its settings, how it runs, how it is shown; what every stage reads of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, Literal, Protocol, Self

from netspec.text.causes import Cause

Shape = tuple[int, ...]
"""(height, width, channels) of a map, or (units,) of a flat vector; without the batch."""

FLATTENED = ("height", "width", "channels")
"""The order in which a map becomes a vector: the last one runs fastest."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What a kind finds wrong with its own settings for what it reads."""

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

    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)


@dataclass(frozen=True, slots=True)
class Footprint:
    """What training holds in memory for one layer besides its output, in XLA's implementation.

    Counts are numbers of one example, but for `turned`. The first four follow from the settings; the others from the
    algorithms that the rules of the kind choose.
    """

    reads_input: bool
    """Whether the backward pass reads the input: gradients of weights do, and maxima, whose places it looks for again."""
    kept: int = 0
    """Arrays of the output's size kept from between the sum and the output, for norm and activation."""
    norm: int = 0
    """Arrays of the output's size while the gradient goes through the norm."""
    random: int = 0
    """Words of 32 bits for each number of the output, drawn for dropout before the first layer runs."""
    turned: int = 0
    """Numbers of the weights that are laid out a second time, because they are one side of a matrix product as they are."""
    led: bool = False
    """Whether what is behind the leading steps is kept besides what is read."""
    stand_in: int | None = None
    """What is kept for the backward pass in place of the input; None where that is the input itself."""
    patches: int = 0
    """While the output is computed."""
    layouts: int = 0
    """While the gradient of the weights is computed."""
    pieces: int = 0
    """While the gradient of the input is put together."""
    places: int = 0
    """The places of maxima, a byte each, kept in place of the map that they were taken from."""
    scattered: tuple[int, int] = (0, 0)
    """Cells of the map and of its maxima, where XLA writes out the place of each, axis by axis."""


class Settings(Protocol):
    """The settings of one layer, all defaults filled in: what a spec's author writes.

    `infer` and what follows it take the shapes of all that the layer reads, in order; a kind that reads one thing has one
    parameter.
    """

    kind: ClassVar[str]

    @property
    def __dataclass_fields__(self) -> dict[str, Any]: ...

    @classmethod
    def lacking(cls, given: dict[str, Any]) -> tuple[str, ...]:
        """The required keys that are not given."""

    @classmethod
    def resolved(
        cls, given: dict[str, Any], channels: int | None, of_block: int | None
    ) -> dict[str, Any] | Problem | None:
        """What is given with the numbers that follow from channels: those of its input, and those that its block reads.

        None where they are needed and not known.
        """

    @classmethod
    def completed(cls, given: dict[str, Any], activation: Any, last: bool) -> Self:
        """The settings with the defaults that depend on others: on `given` ones, on `defaults`, on being the last layer."""

    @property
    def leading(self) -> tuple[str, ...]:
        """The steps that run before what the layer itself does: norm, activation, dropout."""

    def described(self) -> tuple[str, ...]:
        """The layer in words: what it is, then what is done to its result: `conv 5x5 /2`, `batch norm`, `relu`."""

    @property
    def infer(self) -> Callable[..., Inference]:
        """(*inputs): the output shape with its arithmetic, or what does not fit."""

    @property
    def parameters(self) -> Callable[..., dict[str, Shape]]:
        """(*inputs): the trained arrays by name."""

    @property
    def statistics(self) -> Callable[..., dict[str, Shape]]:
        """(*inputs): the arrays that training updates without a gradient, by name."""

    @property
    def macs(self) -> Callable[..., int]:
        """(*inputs, output=): multiply-adds of the forward pass for one example."""

    @property
    def reach(self) -> Callable[..., Window]:
        """(*inputs): the window over the input, for the receptive field."""

    @property
    def footprint(self) -> Callable[..., Footprint]:
        """(*inputs): what training holds in memory for the layer under XLA's own algorithms."""


@dataclass(frozen=True, slots=True)
class Colour:
    """How a kind is told from others: by name in a terminal, in the picture on light and on dark ground."""

    terminal: str
    light: str
    dark: str


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A layer kind. Passes look it up in `KINDS` by the name that a layer has, and name none."""

    settings: type[Settings]
    lowering: str
    """The module that runs it, imported when a network computes: see `netspec.lowering.kinds`."""
    rules: str | None = None
    """The module that chooses among its algorithms, imported when it is asked: see `netspec.analysis.rules`."""
    place: Literal["block", "end", "added"]
    """Where the format lets it stand, under a key of its name: in a block, in the order of `KINDS`, or, `fc` alone, behind the
    blocks. Nobody writes those that a shortcut, a branch or a gate adds."""
    last: bool = False
    """Whether, in a block, it runs behind the shortcut and the join of branches."""
    many: bool = False
    """Whether several may follow each other, in a list or by `repeat`; such layers are numbered and counted, by N or K."""
    bridges: bool = False
    """Whether it reads, before what the layer before it gives, what its block reads."""
    flattens: bool = False
    """Whether it takes a map as a vector."""
    shaped_by: tuple[str, ...] | None = None
    """The keys that decide about shapes: what is wrong with another hides no shape behind it. None: all of them."""
    short: str | None = None
    """The setting that may stand for all of them: `10` for `{units: 10}`."""
    entry: Any = None
    """Its key in a block or at the top, by `netspec.language.fields.key`; None for what is added."""
    default: Any = None
    """Its key in `defaults`."""
    word: str
    """In the line of the grammar: `CONV`."""
    title: str
    """In a legend: `convolution`."""
    colour: Colour

    @property
    def name(self) -> str:
        """The key in the format."""
        return self.settings.kind


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


def alike(pair: tuple[int, int]) -> str:
    """One number where both are the same.

    >>> alike((2, 2)), alike((2, 1))
    ('2', '2x1')
    """
    return dimensions(tuple(dict.fromkeys(pair)))
