"""The flat graph that every source is read into: one operation after another, each with its shape and its place in the source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from netspec.language.activations import Activation
from netspec.language.added import Projection
from netspec.language.fields import Pair
from netspec.language.kind import Shape
from netspec.language.norms import Norm
from netspec.language.steps import Dropout
from netspec.text.source import Span

Array = Any
Arrays = Mapping[str, Callable[[], Array]]
"""Arrays by netspec's names and in netspec's layout, each made when it is asked for."""


@dataclass(frozen=True, slots=True)
class Conv:
    """A convolution; the cells behind the last row and column follow from the output's size."""

    filters: int
    kernel: Pair
    stride: Pair
    before: Pair
    """Rows above and columns left of the map."""
    dilation: Pair
    groups: int
    bias: bool


@dataclass(frozen=True, slots=True)
class Pool:
    """Pooling; `whole` where one window is the whole map."""

    type: str
    window: Pair
    stride: Pair
    before: Pair
    counted: Pair | None = None
    """The padding on each side, where an average counts it as zeros."""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Fc:
    """A fully connected layer, of a map flattened in the order (height, width, channels)."""

    units: int
    bias: bool


@dataclass(frozen=True, slots=True)
class Gate:
    """Squeeze and excitation."""

    units: int
    activation: Activation
    gate: Activation


@dataclass(frozen=True, slots=True)
class Drop:
    """Stochastic depth of what an addition reads."""

    rate: float


@dataclass(frozen=True, slots=True)
class Join:
    """`add`, `concat`, or `multiply`, which is half of a gate."""

    how: str


Settings = Conv | Pool | Fc | Gate | Drop | Join | Projection | Norm | Activation | Dropout


@dataclass(frozen=True, slots=True)
class Origin:
    """Where in a source something stands."""

    name: str
    """What the source calls it."""
    span: Span | None = None
    """Its place, where the source is a text."""


@dataclass(frozen=True, slots=True)
class Op:
    """One operation."""

    settings: Settings
    reads: tuple[int, ...]
    """The numbers of the values that it reads: 0 is the image, n what the n-th operation gives."""
    shape: Shape
    """What it gives."""
    origin: Origin
    arrays: Arrays = field(default_factory=dict, compare=False)

    @property
    def step(self) -> str | None:
        """`norm`, `activation` or `dropout`, where it is such a step."""
        named = (("norm", Norm), ("activation", Activation), ("dropout", Dropout))
        return next((name for name, cls in named if isinstance(self.settings, cls)), None)


@dataclass(frozen=True, slots=True)
class Unsaid:
    """What the format cannot say, or what an import may not do, at its place in the source."""

    code: str
    message: str
    origin: Origin
    help: str | None = None
    behind: Origin | None = None
    """What was read last before it."""


@dataclass(slots=True)
class Graph:
    """A network as it was read: operations in the order they run, the last of which gives the result."""

    name: str
    system: str
    """Where it comes from, for people: `ONNX`."""
    input: Shape
    """(height, width, channels)."""
    ops: list[Op]
    output: int
    """The number of the value that is the result."""
    unsaid: list[Unsaid] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What was left out because the format says it elsewhere, or not at all, and the network stays the same."""
    normal: tuple[Array, Array] | None = None
    """Mean and deviation of each channel, where the source normalizes its images."""
    ended: bool = False
    """Whether the source says by what its result is measured, or makes probabilities of it."""
    data: dict[str, Any] = field(default_factory=dict)
    """What the source says of its data, by the keys of the format."""
    train: dict[str, Any] = field(default_factory=dict)
    """What it says of its training."""
    spec: str | None = None
    """The text of a spec that the file holds, of which it says that it is this network."""

    def shape(self, value: int) -> Shape:
        """The shape of a value."""
        return self.ops[value - 1].shape if value else self.input

    def users(self) -> list[list[int]]:
        """For each value, the numbers of the operations that read it."""
        found: list[list[int]] = [[] for _ in range(len(self.ops) + 1)]
        for number, op in enumerate(self.ops, 1):
            for value in dict.fromkeys(op.reads):
                found[value].append(number)
        return found

    def alive(self) -> set[int]:
        """The numbers of the values that the result needs."""
        found = {self.output}
        for number in range(len(self.ops), 0, -1):
            if number in found:
                found.update(self.ops[number - 1].reads)
        return found

    def needed(self) -> Graph:
        """The graph without what the result does not need: other outputs, what only they read, joins of one value."""
        alive = self.alive()
        numbers, kept = {0: 0}, list[Op]()
        for number, op in enumerate(self.ops, 1):
            if isinstance(op.settings, Join) and len(op.reads) == 1 and op.settings.how != "multiply":
                numbers[number] = numbers.get(op.reads[0], 0)
            elif number in alive:
                kept.append(replace(op, reads=tuple(numbers[n] for n in op.reads)))
                numbers[number] = len(kept)
        return replace(self, ops=kept, output=numbers[self.output])
