"""What is wrong with a spec's structure, grammar and shapes, as data: what a finding carries, and what a repair starts from."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from netspec.text.causes import Cause
from netspec.text.nodes import Path
from netspec.text.source import Span


@dataclass(frozen=True)
class UnknownKey(Cause):
    """A key that the mapping at a path does not have."""

    path: Path
    """The path of the mapping."""
    name: str
    meant: str | None = None
    """The key that it plainly is a slip of, or that with its value."""
    with_value: bool = False
    """Whether what is meant takes the place of the value too."""


@dataclass(frozen=True)
class MissingKey(Cause):
    """A key that must be there is not."""

    path: Path
    """The path of the mapping, or of its short form."""
    name: str


@dataclass(frozen=True)
class BrokenValue(Cause):
    """A value that breaks a rule of the JSON Schema."""

    path: Path
    """The path of the value."""
    keyword: str
    """The rule: `type`, `minimum`, `enum`, ...; `finite` for a number that is none."""
    bound: Any
    """What the schema has at the keyword."""
    meant: str | None = None
    """What the value plainly stands for, as it would be written."""
    others: tuple[str, ...] = ()
    """What it may as well stand for."""


@dataclass(frozen=True)
class EmptyBlock(Cause):
    """A block without a layer."""

    path: Path


@dataclass(frozen=True)
class TooManyLayers(Cause):
    """A `repeat` writes out too many layers."""

    repeat: Span | None = field(compare=False)
    """The value of the largest `repeat`; None where the layers are written out one by one."""


@dataclass(frozen=True)
class WindowDoesNotFit(Cause):
    """A kernel or window is larger than its padded input."""


@dataclass(frozen=True)
class CellsNeverRead(Cause):
    """The stride leaves rows or columns at the end unread."""


@dataclass(frozen=True)
class PaddingExceedsWindow(Cause):
    """A window of a pooling layer may lie in the padding alone."""


@dataclass(frozen=True)
class GroupsDoNotDivide(Cause):
    """The groups divide the input channels or the filters with a rest."""


@dataclass(frozen=True)
class MapsDoNotJoin(Cause):
    """Maps of different shapes are added, or of different heights or widths concatenated."""


@dataclass(frozen=True)
class NormGroupsDoNotDivide(Cause):
    """The groups of a group norm divide the features with a rest."""

    features: int
    groups: int


@dataclass(frozen=True)
class NoWholeNumber(Cause):
    """A multiple of a number of channels is no whole number."""

    key: str
    product: Fraction


@dataclass(frozen=True)
class OneOfTheseKeys(Cause):
    """A block has several keys of which it may have one; or lacks what another needs."""

    path: Path
    """The path of the block."""
    names: tuple[str, ...]
    """The keys of which one, or more, must go."""
    missing: str | None = None
    """The key that would make it whole, with a value."""


@dataclass(frozen=True)
class StepsNotOnce(Cause):
    """`order` does not name each step of the layer once."""

    steps: tuple[str, ...]
    """An order that does."""
