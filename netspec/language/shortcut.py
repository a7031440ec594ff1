"""What a block says of its shortcut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from netspec.language.fields import key, mapping_of, number, one_or_pair

PROJECTIONS = ("conv", "pool", "slice", "none", "skip")


@dataclass(frozen=True, kw_only=True)
class Shortcut:
    """What joins what a block reads to what its layers give."""

    type: ClassVar[str]

    projection: Any = key(
        mapping_of(
            "projected",
            f"one of {', '.join(f'`{word}`' for word in PROJECTIONS)}, or a mapping of conv's keys",
            words=PROJECTIONS,
        ),
        "What makes the shapes agree where they differ: `conv`, 1x1 with the block's stride, and norm and bias as of its last "
        "convolution; a mapping says what is other than that; `pool` (average) and `slice` (every S-th cell) add zero channels; "
        "`none`: they must agree; `skip`: no shortcut where they do not.",
        "conv",
        also=("downsample", "proj"),
        examples=("conv", {"kernel": 3, "padding": 1}),
    )
    drop: tuple[float, float] = key(
        one_or_pair(number(0, below=1), "a number of at least 0 and less than 1, or [first, last]"),
        "Stochastic depth: the probability that an image goes by the shortcut alone in training; `[first, last]` rises over the repetitions.",
        (0.0, 0.0),
        also=("drop_path", "stochastic_depth", "drop_connect"),
        examples=(0.1, [0, 0.2]),
    )


@dataclass(frozen=True, kw_only=True)
class NoShortcut:
    """None."""

    type: ClassVar[str] = "none"


@dataclass(frozen=True, kw_only=True)
class AddShortcut(Shortcut):
    """What the block reads plus what its layers give (He and others, 2016)."""

    type: ClassVar[str] = "add"


@dataclass(frozen=True, kw_only=True)
class ConcatShortcut(Shortcut):
    """The channels that the block reads, then those that its layers give (Huang and others, 2017)."""

    type: ClassVar[str] = "concat"


SHORTCUTS: dict[str, type] = {cls.type: cls for cls in (NoShortcut, AddShortcut, ConcatShortcut)}
