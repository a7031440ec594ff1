"""The typed spec: what a file says, with every default filled in and every value's place kept."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from netspec.language.budget import Budget
from netspec.language.data import Data
from netspec.language.kind import Settings
from netspec.language.top import Input
from netspec.language.train import Train
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


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer after repetition. `settings` is None where the file has an error in it."""

    name: str
    kind: str
    settings: Settings | None
    places: MappingType[str, Place]
    span: Span
    """What introduces the layer: its key in the block, or its item in a list."""
    node: Node
    """What the file says of it; shared by the copies of a repeated layer."""
    block: int | None
    """The number of its block after repetition, from 0; None for fc."""
    own: frozenset[str] = frozenset()
    """The keys that stand in the layer itself, not in `defaults`."""

    def at(self, name: str) -> Span:
        """The place of a setting's value; the layer's where it is left out."""
        return self.places[name].value if name in self.places else self.span


@dataclass(frozen=True, slots=True)
class Spec:
    """A network as a file describes it."""

    source: Source
    root: Mapping
    name: str
    description: str
    input: Located[Input] | None
    """None where the file has an error in it."""
    layers: tuple[Layer, ...]
    convolutions: tuple[int, ...]
    """N of each block."""
    pooled: tuple[bool, ...]
    """Whether each block ends in a pooling layer."""
    budget: Located[Budget]
    data: Located[Data]
    train: Located[Train]
    whole: bool = True
    """False where the list of layers itself has an error, so that layers may be missing from it."""
    sourced: bool = True
    """False where an error keeps unknown which data are meant."""
    given: MappingType[str, Place] = field(default_factory=dict)
    """The places of the keys at the top."""
