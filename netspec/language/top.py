"""The sections of a spec: which keys stand at the top, in `input`, in a block."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.language.budget import Budget
from netspec.language.data import Data
from netspec.language.fields import Type, choice, key, name, section, string, whole
from netspec.language.kind import ACTIVATIONS
from netspec.language.train import Train

VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Input:
    """The size of an image."""

    height: int = key(whole(1), "Rows of an image.", also=("h", "rows"))
    width: int = key(whole(1), "Columns of an image.", also=("w", "columns"))
    channels: int = key(whole(1), "Numbers a pixel: 1 for grey, 3 for colour.", also=("c", "depth"))


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """Values for the keys that layers leave out."""

    conv: object = key(Type({"type": "object"}, "a mapping of conv's keys"), "For every convolution.", None)
    pool: object = key(Type({"type": "object"}, "a mapping of pool's keys"), "For every pooling layer.", None)
    fc: object = key(Type({"type": "object"}, "a mapping of fc's keys"), "For every fully connected layer.", None)
    activation: str | None = key(
        choice(*ACTIVATIONS), "For every convolution, and every fully connected layer but the last.", None
    )


@dataclass(frozen=True, kw_only=True)
class Block:
    """One `[CONV]*N -> POOL?`."""

    conv: object = key(
        Type({"type": ["object", "array"]}, "a mapping, or a list of mappings"),
        "A convolution, or a list of them.",
        None,
        also=("convs", "conv2d", "convolution"),
    )
    pool: object = key(
        Type({"type": ["object", "string"]}, "a mapping, or `max` or `average`"),
        "The pooling layer after the convolutions.",
        None,
        also=("pooling", "maxpool", "pool2d"),
    )
    repeat: int = key(whole(1), "How many of this block in a row.", 1, also=("repeats", "times"))


@dataclass(frozen=True, kw_only=True)
class Top:
    """A network: INPUT -> [[CONV]*N -> POOL?]*M -> [FC]*K."""

    netspec: int = key(Type({"const": VERSION}, f"{VERSION}"), "The version of the format.", examples=(VERSION,))
    name: str = key(name("A-Za-z0-9_-", "letters, digits, `-` and `_`"), "The network's name.", examples=("lenet5",))
    description: str = key(string(), "What it is, in a sentence.", "")
    input: Input = key(
        Type({"type": ["object", "array"]}, "{height, width, channels} or [height, width, channels]"),
        "The size of an image: {height, width, channels} or [height, width, channels].",
        also=("input_shape", "inputs"),
    )
    defaults: Defaults = key(
        section(Defaults), "Values for the keys that layers leave out.", None, default_words="none"
    )
    blocks: object = key(
        Type({"type": "array"}, "a list of blocks"),
        "[[CONV]*N -> POOL?]*M.",
        None,
        default_words="none",
        also=("layers",),
    )
    fc: object = key(
        Type({"type": "array"}, "a list of numbers of units or mappings"),
        "[FC]*K; an integer is short for {units: n}. The last gives the logits.",
        None,
        default_words="none",
        also=("dense", "linear", "fully_connected", "fcs"),
    )
    budget: Budget = key(section(Budget), "What the network may cost.", Budget, default_words="none", also=("budgets",))
    data: Data = key(section(Data), "The images.", Data, default_words="`digits`", also=("dataset",))
    train: Train = key(section(Train), "The training.", Train, default_words="as below", also=("training",))
