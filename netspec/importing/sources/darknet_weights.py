"""Darknet's weights: float32 numbers one after another, in the order of the layers."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from netspec.importing.graph import Arrays
from netspec.importing.sizes import Broken
from netspec.language.kind import Shape

HEADER = 3 * 4
"""Bytes of three int32: major, minor, revision; then the number of images seen, of four or eight bytes."""
NUMBER = 4


class Weights:
    """Takes arrays from the file as the layers come; nothing where there is no file."""

    def __init__(self, content: Callable[[], bytes] | None) -> None:
        self.data = content() if content is not None else None
        self.place = 0
        self.transposed = False
        """Whether kernels of connected layers lie as (inputs, outputs), which such versions say."""
        if self.data is not None:
            if len(self.data) < HEADER + 8:
                raise Broken("the weights end before their first number")
            major, minor = (int.from_bytes(self.data[at : at + 4], "little", signed=True) for at in (0, 4))
            self.transposed = major > 1000 or minor > 1000
            self.place = HEADER + (8 if major * 10 + minor >= 2 and major < 1000 and minor < 1000 else 4)

    def conv(self, filters: int, channels: int, size: int, normed: bool) -> tuple[Arrays, Arrays]:
        """The arrays of a convolution, and of the norm behind it: biases, the norm's, then the kernel."""
        if self.data is None:
            return {}, {}
        bias = self._take((filters,))
        norm = self._norm(filters) if normed else {}
        kernel = self._take((filters, channels, size, size))
        own: Arrays = {"kernel": lambda: kernel().transpose(2, 3, 1, 0)}
        return (own, {**norm, "shift": bias}) if normed else ({**own, "bias": bias}, {})

    def fc(self, units: int, read: Shape, normed: bool) -> tuple[Arrays, Arrays]:
        """The arrays of a connected layer: biases, the kernel, then the norm's."""
        if self.data is None:
            return {}, {}
        cells, turned = prod(read), self.transposed
        bias, kernel = self._take((units,)), self._take((cells, units) if turned else (units, cells))

        def laid_out() -> Any:
            array = kernel().T if turned else kernel()
            if len(read) == 3:  # maps are flattened as (channels, height, width)
                array = array.reshape(units, read[2], read[0], read[1]).transpose(0, 2, 3, 1).reshape(units, -1)
            return array.T

        norm = self._norm(units) if normed else {}
        return ({"kernel": laid_out}, {**norm, "shift": bias}) if normed else ({"kernel": laid_out, "bias": bias}, {})

    def ended(self) -> None:
        """Raises Broken where numbers are left over: they are another network's."""
        if self.data is not None and self.place != len(self.data):
            raise Broken(f"the weights have {(len(self.data) - self.place) // NUMBER:,} numbers more than the network")

    def _norm(self, features: int) -> dict[str, Callable[[], Any]]:
        return {name: self._take((features,)) for name in ("scale", "mean", "variance")}

    def _take(self, shape: tuple[int, ...]) -> Callable[[], Any]:
        assert self.data is not None
        place, count = self.place, prod(shape)
        self.place += count * NUMBER
        if self.place > len(self.data):
            raise Broken("the weights end before the network does")
        data = self.data

        def array() -> Any:
            import numpy as np

            return np.frombuffer(data, "<f4", count, place).reshape(shape)

        return array
