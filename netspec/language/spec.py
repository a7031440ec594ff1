"""The typed spec: what a file says, with every default filled in and every value's place kept."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from netspec.language.budget import Budget
from netspec.language.data import Data
from netspec.language.heads import HEADS
from netspec.language.kind import Settings
from netspec.language.top import Input
from netspec.language.train import LOSSES, Train
from netspec.text.nodes import Mapping, Node
from netspec.text.source import Source, Span

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key and its value stand."""

    key: Span
    value: Span


@dataclass(frozen=True, slots=True)
class Located(Generic[T]):
    """A section with the places of what the file says of it; nested keys are joined by dots."""

    value: T
    places: MappingType[str, Place]
    span: Span
    """The section's key; the start of the file where the section is left out."""

    def at(self, name: str) -> Span:
        """The place of a value; the section's where the file leaves it out."""
        return self.places[name].value if name in self.places else self.span


def measured(train: Located[Train], data: Data, *, sound: bool) -> Located[Train]:
    """The training with the loss of the labels, where it names none or what it names is not `sound`."""
    if sound and "loss" in train.places:
        return train
    default = next(head.losses[0] for head in HEADS if head.labels == data.labels)
    return replace(train, value=replace(train.value, loss=LOSSES[default]()))


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Layers that a reader sees as one: one repetition of a block, or of what stands within a block."""

    name: str
    """`block2`."""
    node: Node
    """What the file says of it; shared by its repetitions."""
    repetition: int
    """Which one it is, from 1."""
    repetitions: int
    """How many there are."""
    branch: bool = False
    """Whether it is a branch: it reads what its neighbours read."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of the program, after repetition. `settings` is None where the file has an error in it."""

    name: str
    kind: str
    """Its key in `KINDS`."""
    settings: Settings | None
    reads: tuple[int, ...]
    """The numbers of the values that it reads: 0 is the image, n what the n-th layer gives; all are less than its own."""
    places: MappingType[str, Place]
    span: Span
    """What introduces the layer: its key in the block, or its item in a list."""
    node: Node
    """What the file says of it; shared by the copies of a repeated layer."""
    groups: tuple[Group, ...] = ()
    """What it stands in, the outermost first: its block, and what is nested in that. None for what follows the blocks."""
    own: frozenset[str] = frozenset()
    """The keys that stand in the layer itself, not in `defaults`."""
    added: bool = False
    """Whether a shortcut, a branch, a gate or the input adds it, and nobody wrote it as a layer."""
    led_by: int | None = None
    """The number of the layer whose leading steps come before this one: a projection reads what the first convolution of its
    block convolves."""
    partial: bool = False
    """Whether a value that shapes do not depend on is unsound, and left out of the settings."""

    @property
    def block(self) -> Group | None:
        """The block it stands in."""
        return self.groups[0] if self.groups else None

    def at(self, name: str) -> Span:
        """The place of a setting's value; the layer's where it is left out."""
        return self.places[name].value if name in self.places else self.span


@dataclass(frozen=True, slots=True)
class Other:
    """Another value of a setting: of a layer, and of all that have it from the same place."""

    layer: Layer
    field: str
    value: Any

    def concerns(self, kind: str, node: Node, places: MappingType[str, Place]) -> bool:
        """Whether what is written so has the setting from that place."""
        place = self.layer.places.get(self.field)
        same = places.get(self.field) == place if place else node is self.layer.node
        return same and kind == self.layer.kind


Writing = Callable[[Located[Input] | None, Other | None], tuple[Layer, ...] | None]
"""The layers for images of another size, or with another value of a setting; None where they cannot be made so."""


@dataclass(frozen=True, slots=True)
class Spec:
    """A network as a file describes it: a straight-line program, whose last layer gives the result."""

    source: Source
    root: Mapping
    name: str
    description: str
    input: Located[Input] | None
    """None where the file has an error in it."""
    layers: tuple[Layer, ...]
    """In the order they run: each reads the image or what stands before it. In a chain, each reads the one before."""
    budget: Located[Budget]
    data: Located[Data]
    train: Located[Train]
    whole: bool = True
    """False where the list of layers itself has an error, so that layers may be missing from it."""
    sourced: bool = True
    """False where an error keeps unknown which data are meant."""
    given: MappingType[str, Place] = field(default_factory=dict)
    """The places of the keys at the top."""
    writing: Writing | None = field(default=None, compare=False, repr=False)

    def otherwise(self, *, input: Located[Input] | None = None, other: Other | None = None) -> Spec | None:
        """The spec with images of another size, or another value of a setting: with the layers that a shortcut adds then.

        None where the layers cannot be made so.
        """
        assert self.writing is not None, "a spec that was built can be written otherwise"
        layers = self.writing(input or self.input, other)
        return None if layers is None else replace(self, input=input or self.input, layers=layers)

    def keeping(self, stays: Callable[[Layer], bool]) -> Spec:
        """The spec with the layers that stay; who read one of the others reads what that one read first."""
        numbers, kept = [0], list[Layer]()
        for layer in self.layers:
            reads = tuple(numbers[n] for n in layer.reads)
            if stays(layer):
                led_by = numbers[layer.led_by] if layer.led_by and stays(self.layers[layer.led_by - 1]) else None
                same = reads == layer.reads and led_by == layer.led_by
                kept.append(layer if same else replace(layer, reads=reads, led_by=led_by))
                numbers.append(len(kept))
            else:
                numbers.append(reads[0])
        return replace(self, layers=tuple(kept))
