"""What published networks keep to."""

from __future__ import annotations

LARGEST = {"kernel": 11, "window": 4, "stride": 4, "dilation": 4, "padding": 5, "filters": 4096, "units": 10_000}
"""The largest value of each setting that is not suspicious in itself (AlexNet has 11x11 kernels and stride 4)."""


def roundness(count: int) -> int:
    """How often two divides a count.

    >>> roundness(64), roundness(65), roundness(96)
    (6, 0, 5)
    """
    return (count & -count).bit_length() - 1
