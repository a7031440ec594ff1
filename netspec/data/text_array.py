"""One image as text: rows of numbers, with commas or spaces between them; those of its first channel, then of the next."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from netspec.data.checks import Shape
from netspec.data.files import fits, size_of
from netspec.data.problem import Refused, problem
from netspec.language.kind import dimensions

SUFFIX = ".csv"
BYTES_A_CELL = 40
"""What the text of one number and its object take together, and more."""


def image(path: Path, shape: Shape, content: bytes | None = None) -> np.ndarray:
    """The image of a text, (height, width, channels), float32; `content` is what it holds where `path` is but a name for it.

    Empty lines are passed over, and those that begin with `#`; so is one separator at the end of a line.

    Raises:
        Refused: as `size_of`; NS504 too large, NS505 something is no number, NS508 another number of rows or columns.
    """
    fits(
        path, BYTES_A_CELL * (size_of(path, "write the rows of one image into it") if content is None else len(content))
    )
    text = (path.read_bytes() if content is None else content).decode("utf-8-sig", "replace")
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    rows = [_row(path, number, line) for number, line in lines if line and not line.startswith("#")]
    height, width, channels = shape
    if len(rows) != height * channels or {len(row) for row in rows} != {width}:
        columns = " or ".join(map(str, sorted({len(row) for row in rows}))) or "no"
        wanted = f"{height} rows" if channels == 1 else f"{channels} times {height} rows"
        fact = f"has {len(rows)} rows of {columns} numbers; an image of {dimensions(shape)} is {wanted} of {width}"
        raise Refused(problem("NS508", path, fact))
    with np.errstate(over="ignore"):  # what float32 cannot hold is infinite, and told where it is looked at
        array = np.array(rows, np.float32)
    return np.moveaxis(array.reshape(channels, height, width), 0, -1)


def _row(path: Path, number: int, line: str) -> list[float]:
    found = []
    for word in re.split(r"\s*[,;]\s*|\s+", re.sub(r"\s*[,;]$", "", line)):
        try:
            found.append(number_of(word))
        except ValueError:
            fact = f"has `{word[:20]}`, which is no number" if word else "has a separator with no number before it"
            raise Refused(problem("NS505", path, fact, where=f"line {number}")) from None
    return found


def number_of(word: str) -> float:
    """The number that a word of a text file is. Raises ValueError, of `1_0` too, which is a number in Python alone."""
    if "_" in word:
        raise ValueError(word)
    return float(word)
