"""The embedded data set: 1,797 handwritten digits of 8 by 8 pixels, 0 to 16, credited in `digits.md`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from netspec.data import npz
from netspec.data.checks import Shape, shape_problems
from netspec.data.dataset import Dataset
from netspec.data.problem import Refused
from netspec.language.data import SOURCES

FILE = Path(__file__).with_name("digits.npz")
WHITE = SOURCES["digits"].white
NAMES = tuple("0123456789")
NAME = Path("digits")
"""What findings call it: where the package lies is of no interest."""


def load(input_shape: Shape) -> Dataset:
    """1,437 training and 360 test examples, split once by `hold_out(…, 360 / 1797, seed=0)`.

    Raises:
        Refused: `input` is not 8×8×1.
    """
    if problems := shape_problems((8, 8, 1), input_shape, NAME):
        raise Refused(*problems)
    digits = npz.load(FILE, input_shape, 10, NAMES)
    return replace(digits, train=replace(digits.train, white=WHITE), test=replace(digits.test, white=WHITE))
