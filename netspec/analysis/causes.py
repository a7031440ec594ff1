"""What contradicts what in a spec, as data: what a finding carries, and what a repair starts from."""

from __future__ import annotations

from dataclasses import dataclass, field

from netspec.language.kind import Shape
from netspec.text.causes import Cause
from netspec.text.nodes import Path
from netspec.text.source import Span


@dataclass(frozen=True)
class Agreement:
    """A value of a key with which two values no longer contradict each other."""

    key: str
    """The path of the key, joined by dots."""
    value: str | None
    """As YAML; None where the key is left out."""
    at: Span | None = field(default=None, compare=False)
    """Where the value stands, where that is no path of keys."""


@dataclass(frozen=True)
class Contradiction(Cause):
    """Two keys contradict each other."""

    agreements: tuple[Agreement, ...]
    """What would end it, each alone."""
    follows_data: bool = False
    """Whether it may be the data's source that is wrong: then the finding stands there."""


@dataclass(frozen=True)
class NoEffect(Cause):
    """A key of a layer has no effect beside another one."""

    layer: str
    key: str


@dataclass(frozen=True)
class OnLogits(Cause):
    """A key of the last layer bends the logits."""

    position: int
    """The layer's place among all layers."""
    key: str
    value: str
    """With which it does not, as YAML."""


@dataclass(frozen=True)
class RunsBefore(Cause):
    """A layer of a block is written below one that it runs before."""

    path: Path
    """The path of the block."""
    first: str
    """The key of the one that runs first."""
    above: str
    """The key of the one that is written first."""


@dataclass(frozen=True)
class NameTaken(Cause):
    """Two layers have one name, or one has a reserved one."""

    position: int
    """The place among all layers of the one to rename."""
    stem: str
    """What another name may begin with."""


@dataclass(frozen=True)
class NameForSeveral(Cause):
    """`defaults` give one name to several layers."""

    kind: str


@dataclass(frozen=True)
class NoLayers(Cause):
    """A network without layers."""


@dataclass(frozen=True)
class OtherImageSize(Cause):
    """The data have images of another size than `input`."""

    images: Shape
    sources: tuple[str, ...]
    """The sources that have images of the size of `input`, where `input` may be right."""


@dataclass(frozen=True)
class OtherClassCount(Cause):
    """The last layer gives another number of outputs than the data have classes."""

    at: Span | None = field(compare=False)
    """The value that is the number of outputs; None where it is not written."""
    key: str | None
    classes: int


@dataclass(frozen=True)
class OneUnit(Cause):
    """The last layer gives one number, and the loss compares several."""

    at: Span | None = field(compare=False)
    """The value that is the number of outputs; None where it is not written."""
    key: str | None
    loss: str
    """The one that tells two classes apart by one number."""


@dataclass(frozen=True)
class OtherBound(Cause):
    """A target is bounded on the wrong side."""

    key: str
    """The bound that is there."""
    wanted: str


@dataclass(frozen=True)
class MapAsOutput(Cause):
    """The network ends in a map, and training needs a vector."""

    classes: int


@dataclass(frozen=True)
class CostExceeded(Cause):
    """A cost is greater than its budget."""

    key: str
    """The budget's."""


@dataclass(frozen=True)
class FieldTooSmall(Cause):
    """The receptive field is smaller than the budget asks."""


@dataclass(frozen=True)
class NotRepeated(Cause):
    """A layer has values for the first repetition, and nothing is repeated."""

    layer: int
    """Its place among the layers."""


@dataclass(frozen=True)
class FitsNoLayer(Cause):
    """A pattern fits the name of no layer."""

    path: Path
    """Of the pattern, or of the value whose key it is."""
    near: tuple[str, ...]
    """Names and patterns that it may be a slip of, the likest first."""


@dataclass(frozen=True)
class FitsInVain(Cause):
    """A pattern of layers changes nothing."""

    path: Path
    """Of the pattern, or of the value whose key it is."""


@dataclass(frozen=True)
class StridesAgain(Cause):
    """A layer strides in every repetition of its block."""

    layer: int
    """The place among the layers of a repetition that strides again."""


@dataclass(frozen=True)
class Overpadded(Cause):
    """Windows of convolutions lie in the padding alone."""

    layers: tuple[int, ...]
    """Their places among the layers; they have the padding from one place."""


@dataclass(frozen=True)
class NeedlessProjection(Cause):
    """A shortcut is to have a projection, and its shapes agree."""

    layer: int
    """The place of the join among the layers."""


@dataclass(frozen=True)
class JoinedTwice(Cause):
    """A join reads the same more than once."""

    layer: int
    """Its place among the layers."""
    key: str
    """The key that asks for it: `join`, or `shortcut`."""
    again: tuple[int, ...]
    """The places, among what it reads, of what it reads before."""
