"""Which images a network is trained on."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Literal

from netspec.language.fields import (
    boolean,
    choice,
    key,
    number,
    number_or_list,
    one_or_pair,
    section,
    string,
    two,
    whole,
)
from netspec.language.heads import Labels

ALL_LABELS: tuple[Labels, ...] = ("class", "several", "numbers")
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a published data set before its files are opened."""

    image: tuple[int, int, int]
    classes: int
    training_examples: int
    test_examples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a source of images is, whatever its files hold."""

    known: Known | None = None
    """None where it stands for a format, and may be any data set."""
    embedded: bool = False
    """Whether it comes with netspec: no `path` leads to it."""
    suffix: str | None = None
    """The ending of the file that `path` names; None where it names a folder."""
    resizable: bool = False
    """Whether `resize` is for it."""
    white: int | None = 255
    """The value of a white pixel where pixels are bytes; None where they may be on any scale."""
    labels: tuple[Labels, ...] = ("class",)
    """What its labels may be."""

    @property
    def dtype(self) -> Literal["uint8", "float32"]:
        """The type of its pixels where no file says it."""
        return "float32" if self.white is None else "uint8"


SOURCES: dict[str, Source] = {
    "digits": Source(known=Known((8, 8, 1), 10, 1437, 360), embedded=True, white=16),
    "fashion-mnist": Source(known=Known((28, 28, 1), 10, 60_000, 10_000)),
    "mnist": Source(known=Known((28, 28, 1), 10, 60_000, 10_000)),
    "cifar-10": Source(known=Known((32, 32, 3), 10, 50_000, 10_000)),
    "idx": Source(),
    "npz": Source(suffix=".npz", white=None, labels=ALL_LABELS),
    "images": Source(resizable=True, labels=ALL_LABELS),
}
KNOWN: dict[str, Known] = {name: source.known for name, source in SOURCES.items() if source.known}


def stored(name: str) -> tuple[str, str] | None:
    """The source that a file or folder, given for its name, is one of, and its `path`; None for what looks like neither.

    >>> stored("mine.npz"), stored("sets/train-images-idx3-ubyte.gz"), stored("./photos"), stored("mnist")
    (('npz', 'mine.npz'), ('idx', 'sets'), ('images', './photos'), None)
    """
    path = PurePosixPath(name.replace("\\", "/"))
    if path.suffix == ".npz":
        return "npz", str(path)
    if re.search(r"(ubyte|\.idx)(\.gz)?$", name):
        return "idx", str(path.parent)
    return ("images", name) if re.search(r"[/\\]", name) and not path.suffix else None


@dataclass(frozen=True, kw_only=True)
class Augment:
    """Random changes of the training images, drawn anew each step."""

    flip: Literal["horizontal", "vertical", "both"] | None = key(
        choice("horizontal", "vertical", "both"),
        "Mirrors half of the images, left to right or top to bottom; `both`: along each axis half of them.",
        None,
    )
    crop: int | None = key(
        whole(1), "Pads by so many cells on each side and cuts the size out again at random.", None, examples=(4,)
    )
    rotate: float | None = key(
        number(above=0, maximum=180), "Turns by up to so many degrees either way.", None, examples=(15,)
    )
    cutout: int | None = key(whole(1), "Blanks a random square of this many cells.", None, examples=(8,))
    zoom: Interval | None = key(
        number_or_list(
            replace(number(above=0, below=1), parse=lambda value: (1 - value, 1 + value)),
            two(number(above=0, maximum=100), "two numbers"),
            "a number greater than 0 and less than 1, or [least, largest] factor",
        ),
        "Enlarges about the centre by a factor from so much below 1 to so much above it, or from the first to the second; "
        "below 1 makes smaller.",
        None,
        also=("scale", "zoom_range", "random_zoom"),
        examples=(0.1, [0.8, 1.2]),
    )
    shift: Interval | None = key(
        one_or_pair(number(0, 1), "a number of at least 0 and at most 1, or [height, width]"),
        "Moves by up to this share of the height and of the width either way, by parts of a cell too.",
        None,
        also=("translate", "translation", "random_translation"),
        examples=(0.1, [0.1, 0]),
    )
    shear: float | None = key(
        number(above=0, below=90),
        "Slants by up to so many degrees either way: upright lines lean.",
        None,
        also=("shear_range",),
        examples=(10,),
    )
    random_resized_crop: Interval | None = key(
        number_or_list(
            replace(number(above=0, maximum=1), parse=lambda value: (value, 1.0)),
            two(number(above=0, maximum=1), "two shares"),
            "a number greater than 0 and at most 1, or [least, largest] share",
        ),
        "Cuts out a part, of this share of the area or more (of the first share to the second) and from 3:4 to 4:3, and "
        "resizes it to the whole.",
        None,
        also=("resized_crop",),
        examples=(0.08, [0.5, 1]),
    )
    brightness: float | None = key(
        number(above=0, maximum=1),
        "Multiplies the pixels by a factor from so much below 1 to so much above it.",
        None,
        also=("brightness_range", "random_brightness"),
        examples=(0.2,),
    )
    contrast: float | None = key(
        number(above=0, maximum=1),
        "Multiplies the pixels' distance from the image's mean grey by a factor from so much below 1 to so much above it.",
        None,
        also=("contrast_range", "random_contrast"),
        examples=(0.2,),
    )
    saturation: float | None = key(
        number(above=0, maximum=1),
        "Multiplies the pixels' distance from their grey by a factor from so much below 1 to so much above it.",
        None,
        also=("saturation_range", "random_saturation"),
        examples=(0.2,),
    )
    erase: float | None = key(
        number(above=0, maximum=1),
        "The probability that a rectangle of 2 % to 33 % of the area, from 3:10 to 10:3, is blanked.",
        None,
        also=("random_erasing", "random_erase", "reprob"),
        examples=(0.5,),
    )
    mixup: float | None = key(
        number(above=0, maximum=1000),
        "Adds up two images of the batch, and their losses, by shares of Beta(alpha, alpha): this is alpha.",
        None,
        also=("mixup_alpha",),
        examples=(0.2,),
    )
    cutmix: float | None = key(
        number(above=0, maximum=1000),
        "Fills a rectangle from another image of the batch, and adds up their losses by area, whose share is of "
        "Beta(alpha, alpha): this is alpha. Beside `mixup`, each image has one of the two.",
        None,
        also=("cutmix_alpha",),
        examples=(1.0,),
    )

    @property
    def mixes(self) -> bool:
        """Whether the labels of two images are mixed."""
        return self.mixup is not None or self.cutmix is not None


@dataclass(frozen=True, kw_only=True)
class Data:
    """The source of the images and what is done to them."""

    source: str = key(
        choice(*SOURCES), "Where the images come from; `digits` is embedded.", "digits", also=("dataset", "name")
    )
    path: str | None = key(
        string(),
        "Where the files are, relative to the spec; `~` at its beginning is the home folder.",
        None,
        default_words="the known places",
        also=("dir", "root", "directory"),
        examples=("data/flowers",),
    )
    labels: Labels = key(
        choice(*ALL_LABELS),
        "What an image is labelled with: one `class`; `several` of some labels, each on or off; `numbers`.",
        "class",
        also=("label_mode", "task", "targets", "label_type"),
    )
    validation: float = key(
        number(0, below=1),
        "The share of the training set held out by seed; of classes, the same share of each.",
        0.1,
        also=("validation_split", "val"),
        examples=(0.2,),
    )
    normalize: Literal["standard", "unit", "none"] = key(
        choice("standard", "unit", "none"),
        "`standard`: zero mean and unit deviation a channel, by the training part; `unit`: 0 to 1; `none`.",
        "standard",
        also=("normalization", "scale"),
    )
    resize: bool = key(boolean(), "Resizes the images of an image folder to `input`.", False)
    loading: Literal["memory", "stream", "auto"] = key(
        choice("memory", "stream", "auto"),
        "`memory`: the images are read as a whole; `stream`: while they are used; `auto`: as a whole where they take no more "
        "than a quarter of the memory that is free.",
        "auto",
    )
    augment: Augment = key(
        section(Augment),
        "Random changes of the training images.",
        Augment,
        default_words="none",
        also=("augmentation",),
        examples=({"flip": "horizontal", "crop": 4},),
    )
