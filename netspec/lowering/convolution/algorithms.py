"""The table of convolution algorithms, by name."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.lowering.convolution import compiled, depthwise, grouped, phases, reference
from netspec.lowering.convolution.algorithm import Algorithm
from netspec.lowering.convolution.banded import BANDED, PATCHES
from netspec.lowering.convolution.flat import FLAT
from netspec.lowering.convolution.pointwise import POINTWISE
from netspec.lowering.convolution.windows import WINDOWS

ALGORITHMS: Mapping[str, Algorithm] = {
    "direct": reference,
    "pointwise": POINTWISE,
    "flat": FLAT,
    "patches": PATCHES,
    "banded": BANDED,
    "depthwise": depthwise,
    "grouped": grouped,
    "phases": phases,
    "windows": WINDOWS,
    "compiled": compiled,
}
