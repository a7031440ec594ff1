"""The sections of a spec: which keys stand at the top, in `input`, in a block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from netspec.language.activations import ACTIVATIONS, Activation, NoActivation
from netspec.language.budget import Budget
from netspec.language.conv import First, Projected
from netspec.language.data import Data
from netspec.language.fields import Type, choice, key, name, section, string, variant, whole
from netspec.language.kinds import KINDS, in_block, written
from netspec.language.norms import Norm
from netspec.language.shortcut import SHORTCUTS, NoShortcut, Shortcut
from netspec.language.steps import Dropout, activation_key, dropout_key, norm_key
from netspec.language.train import Train

VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Input:
    """The size of an image, and what is done to the normalized images."""

    height: int = key(whole(1), "Rows of an image.", also=("h", "rows"), examples=(28,))
    width: int = key(whole(1), "Columns of an image.", also=("w", "columns"), examples=(28,))
    channels: int = key(
        whole(1),
        "Numbers a pixel: 1 for grey, 3 for colour. The images of an image folder become that, colour grey and grey colour.",
        also=("c", "depth"),
        examples=(1, 3),
    )
    norm: Norm = norm_key("Normalization of the normalized images, as the first layer `input.norm`.")
    dropout: Dropout = dropout_key("The share of numbers of the normalized images that is switched off in training.")

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


@_with({name: kind.default for name, kind in written().items()})
class Defaults:
    """Values for the keys that layers leave out."""

    activation: Activation | None = key(
        variant(ACTIVATIONS, named="activation"),
        "For every convolution, and every fully connected layer but the last.",
        None,
        examples=("gelu", {"type": "leaky_relu", "slope": 0.1}),
    )


@_with({name: kind.entry for name, kind in in_block().items()})
class Block:
    """One `[CONV]*N -> POOL?`, or branches, or a group of blocks; bridged by a shortcut, repeated."""

    repeat: int = key(whole(1), "How many of this block in a row.", 1, also=("repeats", "times"), examples=(2,))
    shortcut: Shortcut | NoShortcut = key(
        variant(SHORTCUTS),
        "Joins what the block reads to what its layers give, before the block's `activation` and `pool`.",
        NoShortcut,
        default_words="none",
        also=("residual", "skip", "skip_connection"),
        examples=("add", {"type": "add", "projection": "pool"}),
    )
    branches: object = key(
        Type({"type": "array"}, "a list of branches, each a block or a list of blocks", refers="block", listed=True),
        "Blocks side by side, which all read the same map; an empty branch `[]` is the map itself.",
        None,
        default_words="none",
        examples=([{"conv": {"filters": 8, "kernel": 1}}, []],),
    )
    join: Literal["concat", "add"] | None = key(
        choice("concat", "add"),
        "What becomes of branches: all their channels in the order they are written, or their sum.",
        None,
    )
    blocks: object = key(
        Type({"type": "array"}, "a list of blocks", refers="block", listed=True),
        "A group: blocks that are repeated, bridged and pooled as one.",
        None,
        default_words="none",
        examples=([{"conv": {"filters": 32, "kernel": 3}}],),
    )
    norm: Norm = norm_key("Normalization after the shortcut or the join.")
    activation: Activation = activation_key("The function after the shortcut or the join, and norm.", NoActivation)
    dropout: Dropout = dropout_key("The share of units switched off in training, after the activation.", ("drop_rate",))


SECTIONS: dict[str, type] = {
    "block": Block,
    "input": Input,
    **{name: kind.settings for name, kind in written().items()},
    **{"first": First, "projected": Projected},
}
"""What a type `refers` to."""


@dataclass(frozen=True, kw_only=True)
class Top:
    """A network: INPUT -> [[CONV]*N -> POOL?]*M -> [FC]*K."""

    netspec: int = key(Type({"const": VERSION}, f"{VERSION}"), "The version of the format.", examples=(VERSION,))
    name: str = key(name("A-Za-z0-9_-", "letters, digits, `-` and `_`"), "The network's name.", examples=("lenet5",))
    description: str = key(string(), "What it is, in a sentence.", "", examples=("LeNet-5 with max pooling.",))
    input: Input = key(
        Type({"type": ["object", "array"]}, "{height, width, channels} or [height, width, channels]", refers="input"),
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
        Type({"type": "array"}, "a list of blocks", refers="block", listed=True),
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
