"""The algorithms of one convolution."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Choice:
    """The name of an algorithm for each direction; a key of `netspec.lowering.convolution.ALGORITHMS`."""

    output: str = "direct"
    input_gradient: str = "direct"
    weight_gradient: str = "direct"
