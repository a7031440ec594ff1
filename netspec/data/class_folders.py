"""Folders of images by class: `train/<class>/…` and `test/<class>/…`, the classes in the order of their names.

Names that systems leave behind are passed over: those that begin with a dot, `Thumbs.db`, `desktop.ini`.
Everything else has to be an image in a class folder.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from netspec.data import folders
from netspec.data.checks import Shape, assemble, count_problems
from netspec.data.dataset import Dataset, Split
from netspec.data.files import fits, is_folder, reason
from netspec.data.image_files import ImageFiles
from netspec.data.images import left_behind, require_mode
from netspec.data.loading import LEFT_OUT, MEMORY, Loading
from netspec.data.problem import Problem, Refused, problem
from netspec.data.streamed import Pixels, Streamed

SMALLER = f"use fewer or smaller images, or {LEFT_OUT}"
"""What helps where a folder of images is more than memory holds."""


def load(
    folder: Path,
    input_shape: Shape,
    outputs: int | None,
    resize: bool,
    *,
    two: bool = False,
    loading: Loading = MEMORY,
) -> Dataset:
    """The data set of the images under `folder`; `two` where one output tells two classes apart.

    Raises:
        Refused: every file and folder that is wrong.
    """
    problems: list[Problem] = []
    require_mode(folder, input_shape[2])
    trees = {part: _tree(folder, part, problems) for part in ("train", "test")}
    classes = tuple(sorted(trees["train"]))
    for part, tree in trees.items():
        problems += folders.unwritable(folder / part, tree)
    if classes:
        problems += count_problems(len(classes), outputs, folder / "train", two=two)
        problems += folders.unknown(folder / "test", trees["test"], classes)
    parts = [[f"{part}/{name}/{file}" for name in sorted(tree) for file in tree[name]] for part, tree in trees.items()]
    numbers = {name: number for number, name in enumerate(classes)}
    labels = [
        np.repeat([numbers.get(name, 0) for name in sorted(tree)], [len(tree[name]) for name in sorted(tree)])
        for tree in trees.values()
    ]
    found = pixels(folder, parts, input_shape, resize, loading, problems)
    train, test = (Split(own, each.astype(np.int32)) for own, each in zip(found, labels, strict=True))
    dataset = assemble(train, test, classes, folder, loading.say)
    more = (*folders.nearly_equal(folder / "train", classes), *folders.unread(folder))
    return replace(dataset, warnings=(*dataset.warnings, *more))


def pixels(
    folder: Path, parts: list[list[str]], shape: Shape, resize: bool, loading: Loading, problems: list[Problem]
) -> list[Pixels | Streamed]:
    """The images of the parts, whose files are named by their paths from `folder`.

    Raises:
        Refused: `problems`, and everything that is wrong with the files; where they are streamed, and nothing is wrong
            before, that is looked for by the survey.
    """
    size = sum(map(len, parts)) * math.prod(shape)
    stream = loading.streams(size)
    if not stream:
        fits(folder, size, help=SMALLER)  # and decoding: see `ImageFiles.threads`
    found = [Streamed.all(ImageFiles(folder, names, shape, resize)) for names in parts]
    if stream and problems:
        problems += [one for part in found for one in part.check()]
    images: list[Pixels | Streamed] = [part if stream else part.whole(problems) for part in found]
    if problems:
        raise Refused(*problems)
    return images


def _tree(place: Path, part: str, problems: list[Problem]) -> dict[str, list[str]]:
    """The names of the files of each class folder of a part, in the order of their names."""
    folder = place / part
    try:
        entries = _entries(folder)
    except OSError as error:
        problems.append(problem("NS501", folder, reason(error), help=folders.instead(place, part)))
        return {}
    tree: dict[str, list[str]] = {}
    for entry in entries:
        if not is_folder(entry):
            problems.append(problem("NS516", entry, "is in no class folder"))
            continue
        try:
            files = _entries(entry)
        except OSError as error:
            problems.append(problem("NS501", entry, reason(error)))
            continue
        nested = [file for file in files if is_folder(file)]
        problems += [problem("NS516", file, "is a folder in a class folder") for file in nested]
        tree[entry.name] = [file.name for file in files if file not in nested]
        if not tree[entry.name]:
            help = "add images, or remove it"
            problems.append(problem("NS510", entry, "is a class without images", help=help))
    if not entries:
        problems.append(problem("NS510", folder, "has no class folders"))
    return tree


def _entries(folder: Path) -> list[Path]:
    """What is in the folder, by name, without what systems leave behind."""
    return sorted(path for path in folder.iterdir() if not left_behind(path.name))
