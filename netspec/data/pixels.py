"""Images for prediction, compared with those that a network was trained on: shape, type and scale of their pixels."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np

from netspec.data import npy, text_array
from netspec.data.arrays import Declared, values
from netspec.data.checks import Shape, channels_last
from netspec.data.files import FETCH_AGAIN, fits, size_of
from netspec.data.images import decode, quiet
from netspec.data.problem import Problem, Refused, problem
from netspec.language.data import SOURCES
from netspec.language.kind import dimensions

FAR = 100.0
"""So many deviations from the mean is another scale: where one pixel of 10,000 is white, it has a hundred."""
SAVE = "save one array of images with `numpy.save`"
WIDE = 5.0
"""Where the training data deviate by more, numbers from 0 to 1 were divided by 255 or the like."""


@dataclass(frozen=True, eq=False)
class Trained:
    """What is known of the images that a network was trained on."""

    shape: Shape
    source: str
    """`data.source` of the spec."""
    of_bytes: bool
    """Whether its pixels are bytes, and not any numbers."""
    statistics: tuple[np.ndarray, np.ndarray] | None
    """(channels,) mean and deviation by which the network normalizes; None where it does not."""

    @property
    def white(self) -> int | None:
        """The largest pixel, 0 being the least; None where that is not known."""
        return SOURCES[self.source].white if self.of_bytes else None

    def other_scale(self, stack: np.ndarray) -> str | None:
        """What tells that numbers (of any shape) are on another scale than the images; None where nothing does."""
        low, high, white = float(stack.min()), float(stack.max()), self.white
        has = f"has values from {low:.6g} to {high:.6g}"
        if white is not None and not 0 <= low <= high <= white:
            return f"{has}; the training data have 0 to {white}"
        if self.statistics is None:
            return None
        mean, deviation = self.statistics
        far = max(mean.max() - low, high - mean.min()) > FAR * deviation.max()
        flat = low >= 0 and 0 < high <= 1 and deviation.min() > WIDE
        about = f"{mean.mean():.3g} by {deviation.mean():.3g}"
        return f"{has}; those of the training data deviate from {about}" if far or flat else None

    def image(self, path: Path, resize: bool, content: bytes | None = None) -> np.ndarray:
        """An image file, (height, width, channels), with pixels as the training data has them.

        `content` is what it holds where `path` is but a name for it.

        Raises:
            Refused: as `decode`; NS525 the range of the training data is not known.
        """
        quiet()
        image: np.ndarray = decode(path, self.shape, resize, content)
        if self.white is None:
            fact = "is an image of bytes, and the network was trained on numbers of another range"
            raise Refused(problem("NS525", path, fact, help="give a `.npy` array with numbers as in the training data"))
        return image if self.white == 255 else image.astype(np.float32) * np.float32(self.white / 255)

    def arrays(self, path: Path, content: bytes | None = None) -> np.ndarray:
        """The images of a `.npy` file, or the one of a `.csv`, (n, height, width, channels), uint8 or float32; `content` as for `image`.

        Raises:
            Refused: NS501 not there, NS502 no array, NS503 damaged, NS504 too large, NS505 no numbers, NS508 another
                shape, NS509 one that is not finite, NS510 none.
        """
        if path.suffix.lower() == text_array.SUFFIX:
            return _finite(path, text_array.image(path, self.shape, content)[None])
        size = size_of(path) if content is None else len(content)

        def opened() -> BinaryIO:
            return path.open("rb") if content is None else BytesIO(content)

        with opened() as stream:
            array = npy.header(stream, path, None, SAVE)
        shape = self._stacked(array.shape)
        if shape is None:
            fact = f"has the shape {array.shape}; the network takes images of {dimensions(self.shape)}"
            raise Refused(problem("NS508", path, fact, help=channels_last(array.shape, self.shape)))
        if not shape[0]:
            raise Refused(problem("NS510", path, "has no images"))
        if array.start + array.size != size:
            fact = f"declares {array.size:,} bytes of numbers, and has {max(size - array.start, 0):,}"
            raise Refused(problem("NS503", path, fact, help=FETCH_AGAIN))
        declared = Declared(path, None, array.shape, array.dtype, array.start, opened, array.fortran)
        kept = np.dtype(declared.stored)
        fits(path, prod(shape) * kept.itemsize)
        return _finite(path, values(declared, kept).reshape(shape))

    def _stacked(self, shape: tuple[int, ...]) -> tuple[int, ...] | None:
        """The shape of an array with every axis that it may leave out; None where it is not one of images."""
        full = (*shape, 1) if self.shape[2] == 1 and shape[-2:] == self.shape[:2] else shape
        stack = (1, *full) if len(full) == 3 else full
        return stack if len(stack) == 4 and stack[1:] == self.shape else None


def _finite(path: Path, stack: np.ndarray) -> np.ndarray:
    """The images (n, ...) as they are. Raises Refused, NS509, where one has a pixel that is not finite."""
    bad = [f"`{name}`" for name, image in named(path, stack) if not np.isfinite(image).all()]
    if bad:
        more = f"; {len(bad):,} of {len(stack):,} images have one" if len(stack) > 1 else ""
        raise Refused(Problem("NS509", f"{bad[0]} has a pixel that is not finite in float32{more}"))
    return stack


def is_array(path: Path, content: bytes | None = None) -> bool:
    """Whether a file is to be read as an array: by its name, or by how it begins. What cannot be opened is none."""
    if path.suffix.lower() in (".npy", ".npz", text_array.SUFFIX):
        return True
    if content is not None:
        return content.startswith(npy.MAGIC)
    try:
        size_of(path)  # a pipe would be waited for
        with path.open("rb") as file:
            return file.read(len(npy.MAGIC)) == npy.MAGIC
    except (Refused, OSError):
        return False


def named(path: Path, stack: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """The images of a file, each with its name."""
    return [(f"{path}[{i}]" if len(stack) > 1 else str(path), image) for i, image in enumerate(stack)]
