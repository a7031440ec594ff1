"""Four arrays on disk (training and test images and labels) checked by their headers, then read.

Shared by the formats that declare type and shape before the data: idx and npz. Nothing is allocated until
both headers of a part agree with each other, with `input` and with the size of the file.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from netspec.data.array_files import not_finite, streamed, unstreamable
from netspec.data.checks import Shape, assemble, label_problems, shape_problems, times
from netspec.data.dataset import Dataset, Split
from netspec.data.files import exactly, fits
from netspec.data.labels import dataset, kept, names_problem, shape_problem, value_problem
from netspec.data.loading import LEFT_OUT, MEMORY, Loading
from netspec.data.problem import Advice, Problem, Refused, problem
from netspec.data.streamed import Pixels, Streamed
from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.code import OfFile


@dataclass(frozen=True)
class Declared:
    """An array as its header declares it."""

    path: Path
    array: str | None
    """Which array of the file, where it has several."""
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    start: int
    """The byte of the stream at which the values begin."""
    open: Callable[[], BinaryIO]
    """Opens the stream that the header stands in, inflated, at byte 0."""
    fortran: bool = False
    offset: int | None = None
    """The byte of the file at which the values begin; None where they lie packed in it."""

    @property
    def image(self) -> Shape:
        """(height, width, channels); an array without an axis of channels has one."""
        return (*self.shape[1:4], 1)[:3]  # type: ignore[return-value]

    @property
    def stored(self) -> type[np.uint8] | type[np.float32]:
        """How the pixels are kept: bytes stay bytes, all else becomes float32."""
        return np.uint8 if self.dtype == np.uint8 else np.float32


def load_arrays(
    origin: Path,
    parts: list[tuple[Declared, Declared]],
    input_shape: Shape,
    outputs: int | None,
    names: tuple[str, ...] | None,
    labelled: str = "class",
    own: tuple[str, ...] | None = None,
    loading: Loading = MEMORY,
) -> Dataset:
    """The data set of (images, labels) for training and for test, found at `origin`; `labelled` is `data.labels`.

    `names` are those of a published data set, `own` those that the files give.

    Raises:
        Refused: everything that the headers, then everything that the contents show to be wrong.
    """
    problems: list[Problem] = []
    for images, labels in parts:
        wrong = _image_problems(images, input_shape) + (
            _label_problems(images, labels) if labelled == "class" else _row_problems(images, labels, labelled, outputs)
        )
        # What both parts have in common is said once.
        same = images.shape[1:] == parts[0][0].shape[1:] and any(CODES[p.code].of_file is OfFile.SIZE for p in problems)
        said = {p.advice for p in problems} & {Advice.ONE_HOT, Advice.ROWS}
        problems += [p for p in wrong if not ((same and CODES[p.code].of_file is OfFile.SIZE) or p.advice in said)]
    if problems:
        raise Refused(*problems)
    read_images = _reader(origin, [images for images, _ in parts], loading)
    if labelled != "class":
        return _of_rows(origin, parts, own, labelled, read_images, loading)
    read = [_labels(labels) for _, labels in parts]
    known = np.unique(np.concatenate([np.unique(values) for values, _ in read]))
    splits = []
    for (images, labels), (values, wrong) in zip(parts, read, strict=True):
        count = len(names) if names else outputs
        problems += wrong or label_problems(
            values, count, labels.path, labels.array, known=known, published=names is not None
        )
        try:
            splits.append(Split(read_images(images), values.astype(np.int32)))
        except Refused as refused:
            problems.extend(refused.problems)
    if problems:
        raise Refused(*problems)
    train, test = splits
    count = outputs or 1 + max(int(part.labels.max()) for part in splits)
    if own is not None and (unfit := names_problem(own, count, origin, "array `classes`")) is not None:
        raise Refused(unfit)
    return assemble(train, test, names or own or tuple(map(str, range(count))), origin, loading.say)


def _reader(
    origin: Path, images: list[Declared], loading: Loading
) -> Callable[[Declared], Pixels] | Callable[[Declared], Streamed]:
    """What reads the images of a part: as a whole, or when they are asked for.

    Raises:
        Refused: NS518 they are to be streamed and cannot be; NS504 they are more than memory holds.
    """
    size = sum(math.prod(each.shape) * np.dtype(each.stored).itemsize for each in images)
    # What both arrays of a file have in common is said once.
    wrong = [*{(one.path, one.fact): one for each in images if (one := unstreamable(each)) is not None}.values()]
    if loading.streams(size):
        if not wrong:
            return streamed
        if loading.how == "stream":
            raise Refused(*wrong)
    fits(
        origin,
        size,
        help=wrong[0].help or "" if wrong else LEFT_OUT,
    )
    return _pixels


def _one_hot(labels: Declared) -> bool:
    """Whether the labels are rows of several numbers, one row an example."""
    return len(labels.shape) == 2 and labels.shape[1] > 1


def _of_rows(
    origin: Path,
    parts: list[tuple[Declared, Declared]],
    names: tuple[str, ...] | None,
    labelled: str,
    read_images: Callable[[Declared], Pixels] | Callable[[Declared], Streamed],
    loading: Loading,
) -> Dataset:
    """The data set of several labels or numbers an image."""
    problems: list[Problem] = []
    splits = []
    for images, declared in parts:
        try:
            rows = values(declared, declared.dtype)
            rows = rows.reshape(len(rows), -1)
            if (wrong := value_problem(rows, labelled, declared.path, declared.array)) is not None:
                problems.append(wrong)
            else:
                splits.append(Split(read_images(images), kept(rows, labelled)))
        except Refused as refused:
            problems.extend(refused.problems)
    if problems:
        raise Refused(*problems)
    train, test = splits
    return dataset(train, test, names, origin, loading.say)


def _image_problems(images: Declared, input_shape: Shape) -> list[Problem]:
    """What the header of one part's images shows to be wrong."""
    problems: list[Problem] = []
    if len(images.shape) not in (3, 4):
        fact = f"has shape {times(images.shape)}; images are (n, height, width) or with a last axis of channels"
        problems.append(problem("NS505", images.path, fact, where=images.array))
    elif not images.shape[0]:
        problems.append(problem("NS510", images.path, "has no examples", where=images.array))
    else:
        problems += shape_problems(images.image, input_shape, images.path, images.array)
    return problems


def _row_problems(images: Declared, labels: Declared, labelled: str, outputs: int | None) -> list[Problem]:
    """What the header of labels that are no classes shows to be wrong."""
    wrong = shape_problem(labels.shape, labelled, outputs, labels.path, labels.array)
    return [wrong] if wrong is not None else _number_problems(images, labels)


def _label_problems(images: Declared, labels: Declared) -> list[Problem]:
    """What the header of one part's classes shows to be wrong."""
    problems: list[Problem] = []
    if labels.dtype.kind not in "iu" and not _one_hot(labels):
        fact, help = f"labels are {labels.dtype}, not integers", "save `labels.astype('int64')`"
        problems.append(problem("NS505", labels.path, fact, where=labels.array, help=help))
    if _one_hot(labels):
        fact = f"has shape {times(labels.shape)}, as one-hot labels have; labels are (n,), one class number an example"
        help = "where several labels of an image may be 1, write `labels: several` in `data`; where one is, save "
        help += "`labels.argmax(1)` in their place, for the training and the test part"
        problems.append(problem("NS505", labels.path, fact, where=labels.array, help=help, advice=Advice.ONE_HOT))
    elif len(labels.shape) != 1 and not (len(labels.shape) == 2 and labels.shape[1] == 1):
        fact = f"has shape {times(labels.shape) or '()'}; labels are (n,), one class number an example"
        problems.append(problem("NS505", labels.path, fact, where=labels.array))
    else:
        problems += _number_problems(images, labels)
    return problems


def _number_problems(images: Declared, labels: Declared) -> list[Problem]:
    """NS506 where there are not as many labels as images."""
    if not images.shape or images.shape[0] in (0, labels.shape[0]):
        return []
    fact = f"{labels.shape[0]:,} labels for {images.shape[0]:,} images"
    help = f"pair it with the images of `{images.path.name}`"
    return [problem("NS506", labels.path, fact, where=labels.array or "header", help=help)]


def _labels(declared: Declared) -> tuple[NDArray[Any], list[Problem]]:
    """The labels, none where they cannot be read."""
    try:
        return values(declared, declared.dtype).reshape(-1), []
    except Refused as refused:
        return np.zeros(0, declared.dtype), list(refused.problems)


def _pixels(declared: Declared) -> Pixels:
    """The images, all of them finite."""
    pixels: Pixels = values(declared, np.dtype(declared.stored)).reshape(-1, *declared.image)
    if problems := _finite_problems(pixels, declared):
        raise Refused(*problems)
    return pixels


def values(declared: Declared, kept: np.dtype[Any]) -> NDArray[Any]:
    """The array of a stream, converted to `kept` chunk by chunk: float64 never stands in memory as a whole."""
    flat = np.empty(math.prod(declared.shape), dtype=kept)
    done, size = 0, len(flat) * declared.dtype.itemsize
    with closing(declared.open()) as stream, np.errstate(over="ignore"):
        stream.read(declared.start)
        where = declared.array or ""
        for chunk in exactly(stream, size, declared.path, start=declared.start, array=where):
            part = np.frombuffer(chunk, dtype=declared.dtype)
            flat[done : done + len(part)] = part
            done += len(part)
    shaped = flat.reshape(declared.shape, order="F" if declared.fortran else "C")
    return np.ascontiguousarray(shaped)


def _finite_problems(pixels: Pixels, declared: Declared) -> list[Problem]:
    """NS509 where a pixel is not finite."""
    if pixels.dtype == np.uint8:
        return []
    # A sum over a row is finite if its members are, short of overflow; only suspects are looked at closely.
    with np.errstate(over="ignore", invalid="ignore"):
        suspects = np.flatnonzero(~np.isfinite(pixels.sum(axis=(1, 2, 3), dtype=np.float64)))
    return not_finite(declared, [int(row) for row in suspects if not np.isfinite(pixels[row]).all()])
