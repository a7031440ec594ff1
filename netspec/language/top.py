"""The sections of a spec: which keys stand at the top, in `input`, in a block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from netspec.language.budget import Budget
from netspec.language.data import Data
from netspec.language.fields import Type, choice, key, name, section, string, whole
from netspec.language.functions import ACTIVATIONS
from netspec.language.kinds import KINDS, in_block
from netspec.language.train import Train

VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Input:
    """The size of an image."""

    height: int = key(whole(1), "Rows of an image.", also=("h", "rows"), examples=(28,))
    width: int = key(whole(1), "Columns of an image.", also=("w", "columns"), examples=(28,))
    channels: int = key(
        whole(1),
        "Numbers a pixel: 1 for grey, 3 for colour. The images of an image folder become that, colour grey and grey colour.",
        also=("c", "depth"),
        examples=(1, 3),
    )

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        return self.height, self.width, self.channels


def _with(keys: Mapping[str, Any]) -> Callable[[type], type]:
    """Makes a section of a class whose first keys are these."""

    def section(cls: type) -> type:
        cls.__annotations__ = dict.fromkeys(keys, object) | cls.__annotations__
        for one, field in keys.items():
            setattr(cls, one, field)
        return dataclass(frozen=True, kw_only=True)(cls)

    return section


@_with({name: kind.default for name, kind in KINDS.items()})
class Defaults:
    """Values for the keys that layers leave out."""

    activation: str | None = key(
        choice(*ACTIVATIONS), "For every convolution, and every fully connected layer but the last.", None
    )


@_with({name: kind.entry for name, kind in in_block().items()})
class Block:
    """One `[CONV]*N -> POOL?`."""

    repeat: int = key(whole(1), "How many of this block in a row.", 1, also=("repeats", "times"), examples=(2,))


@dataclass(frozen=True, kw_only=True)
class Top:
    """A network: INPUT -> [[CONV]*N -> POOL?]*M -> [FC]*K."""

    netspec: int = key(Type({"const": VERSION}, f"{VERSION}"), "The version of the format.", examples=(VERSION,))
    name: str = key(name("A-Za-z0-9_-", "letters, digits, `-` and `_`"), "The network's name.", examples=("lenet5",))
    description: str = key(string(), "What it is, in a sentence.", "", examples=("LeNet-5 with max pooling.",))
    input: Input = key(
        Type({"type": ["object", "array"]}, "{height, width, channels} or [height, width, channels]"),
        "The size of an image: {height, width, channels} or [height, width, channels].",
        also=("input_shape", "inputs"),
        examples=([28, 28, 1], {"height": 28, "width": 28, "channels": 1}),
    )
    defaults: Defaults = key(
        section(Defaults),
        "Values for the keys that layers leave out.",
        None,
        default_words="none",
        examples=({"conv": {"kernel": 3, "padding": "same"}},),
    )
    blocks: object = key(
        Type({"type": "array"}, "a list of blocks"),
        "[[CONV]*N -> POOL?]*M.",
        None,
        default_words="none",
        also=("layers",),
        examples=([{"conv": {"filters": 32, "kernel": 3}, "pool": {"window": 2}}],),
    )
    fc: object = KINDS["fc"].entry
    budget: Budget = key(
        section(Budget),
        "What the network may cost.",
        Budget,
        default_words="none",
        also=("budgets",),
        examples=({"parameters": "62k"},),
    )
    data: Data = key(
        section(Data),
        "The images.",
        Data,
        default_words="`digits`",
        also=("dataset",),
        examples=({"source": "fashion-mnist"},),
    )
    train: Train = key(
        section(Train),
        "The training.",
        Train,
        default_words="as below",
        also=("training",),
        examples=({"epochs": 10, "batch_size": 128},),
    )
