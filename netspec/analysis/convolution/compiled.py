"""Where the compiled kernels are quicker than the quickest of XLA's algorithms, or level with it.

Measured with AVX2 on Zen 3 and with AVX-512 on Zen 4 (docs/decisions/0038 has the figures). With another instruction set
nothing is chosen by rule: `--tune` measures it.
"""

from __future__ import annotations

from netspec.analysis.convolution.choice import Choice
from netspec.analysis.convolution.geometry import Geometry

COMPILED = "compiled"
"""The name of the kernels among the algorithms, of convolutions and of norms."""
LEAST_CHANNELS = 16
MEASURED = ("avx2", "avx512")
"""The instruction sets for which the rules were measured."""


def compiled(g: Geometry, own: Choice, kernels: str) -> Choice:
    """XLA's choice with the kernels in the place of what they beat."""
    if kernels not in MEASURED:
        return own
    return Choice(COMPILED, COMPILED, COMPILED) if _depthwise(g) or _many(g, own) else own


def _depthwise(g: Geometry) -> bool:
    """One filter a channel.

    AVX-512, 32x32x32, k3, batch 32: 0.56 -> 0.34 ms, 0.51 -> 0.32, 3.57 -> 0.34. With AVX2, before they were made quicker: level,
    level, 10.3 -> 2.5; 16x16x128, stride 2: 2.6 -> 1.3, 2.5 -> 2.0, 3.2 -> 1.2.
    """
    return g.groups == g.input[2] == g.filters


def _many(g: Geometry, own: Choice) -> bool:
    """A window over enough channels to fill vectors with, of which XLA makes no plain product.

    32x32x32 -> 32, k3, batch 32: 15.1 -> 11.4 ms, 13.4 -> 11.1, 19.0 -> 13.1; 16x16x64 -> 64: 10.8 -> 8.5, 10.3 -> 7.7,
    12.8 -> 10.2; 8x8x128 -> 128: 9.3 -> 8.2, 9.0 -> 8.1, level. AVX-512: 3.5 -> 3.1, 3.8 -> 3.2, 7.1 -> 4.2; 3.9 -> 3.4, 4.0 -> 3.3, level;
    level.
    """
    product = g.flat or g.pointwise
    return g.groups == 1 and not product and own.output != "windows" and min(g.input[2], g.filters) >= LEAST_CHANNELS
