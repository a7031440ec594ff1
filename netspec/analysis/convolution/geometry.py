"""The static facts of one convolution: what decides its lowering besides batch size and platform."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.language.conv import Conv
from netspec.language.fields import Pair
from netspec.language.geometry import effective_kernel, output_size
from netspec.language.kind import Shape


@dataclass(frozen=True)
class Geometry:
    """One convolution of (batch, *input) with a kernel (kh, kw, channels / groups, filters)."""

    input: tuple[int, int, int]
    """Height, width and channels of one example."""
    kernel: Pair
    filters: int
    stride: Pair = (1, 1)
    padding: tuple[Pair, Pair] = ((0, 0), (0, 0))
    """Cells of zeros (before, after) for rows and for columns."""
    dilation: Pair = (1, 1)
    groups: int = 1
    windows: Pair = (1, 1)
    """The windows of the max pooling that follows at once, where they tile the result; it may be made window by window."""

    @classmethod
    def of(cls, settings: Conv, input: Shape) -> Geometry:
        """The geometry of a conv layer over `input`."""
        height, width = settings.axes(input)
        return cls(
            input=(input[0], input[1], input[2]),
            kernel=settings.kernel,
            filters=settings.filters,
            stride=settings.stride,
            padding=(height.padding, width.padding),
            dilation=settings.dilation,
            groups=settings.grouping(input[2]),
        )

    @property
    def output(self) -> tuple[int, int, int]:
        """Height, width and filters of the result.

        >>> Geometry((28, 28, 1), (5, 5), 6, padding=((2, 2), (2, 2))).output
        (28, 28, 6)
        """
        rows, columns = map(output_size, self.input[:2], self.reach, self.stride, map(sum, self.padding))
        return rows, columns, self.filters

    @property
    def reach(self) -> Pair:
        """Rows and columns that the dilated kernel spans: d·(k − 1) + 1."""
        rows, columns = map(effective_kernel, self.kernel, self.dilation)
        return rows, columns

    @property
    def kernel_shape(self) -> tuple[int, int, int, int]:
        """Shape of the weights: (kh, kw, channels / groups, filters)."""
        return (*self.kernel, self.input[2] // self.groups, self.filters)

    @property
    def padded(self) -> bool:
        """Whether any side is padded."""
        return self.padding != ((0, 0), (0, 0))

    @property
    def flat(self) -> bool:
        """Whether the kernel is as large as the input: it has one position, as in a fully connected layer."""
        return self.kernel == self.input[:2] and self.dilation == (1, 1) and self.groups == 1 and not self.padded

    @property
    def pointwise(self) -> bool:
        """Whether the kernel is 1×1 and sees all channels: it mixes channels and nothing else."""
        return self.kernel == (1, 1) and self.groups == 1 and not self.padded

    @property
    def phased(self) -> bool:
        """Whether the stride can be turned into channels: space to depth."""
        return self.stride != (1, 1) and self.groups == 1 and self.dilation == (1, 1)
