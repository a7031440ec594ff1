"""How large the patches of a convolution are that runs as one product with a banded matrix.

`tile` neighbouring outputs share one patch; see `netspec/lowering/convolution/banded.py`.
"""

from __future__ import annotations

import math

from netspec.analysis.convolution.geometry import Geometry


def tile(g: Geometry) -> int:
    """Outputs that share a patch: the largest divisor of the output's width up to 8 with about 80 columns.

    28×28×1 → 6, k5: tiles of 4 and 7 take 0.7 ms, of 2 1.2, of 28 0.9; 32×32×3 → 32, k3: 2 takes 2.2 ms, 1
    and 8 take 3.2 (batch 128).
    """
    width = g.output[1]
    most = max(1, min(8, 80 // g.filters))
    return max(t for t in range(1, most + 1) if width % t == 0)


def windows_tile(output: tuple[int, int, int], windows: tuple[int, int]) -> int:
    """Neighbouring pooling windows that share a patch: the largest divisor of those in a row with about 80 columns.

    28×28×1 → 6, k5, windows of 2×2: a whole step of LeNet-5 takes 4.6 ms with 2, 5.0 with 1, 5.6 with 7.
    """
    in_a_row = output[1] // windows[1]
    most = max(1, 80 // (math.prod(windows) * output[2]))
    return max(t for t in range(1, most + 1) if in_a_row % t == 0)


def windows_span(g: Geometry) -> tuple[int, int]:
    """Input rows and columns that the windows of one tile read."""
    rows, columns = g.windows[0], g.windows[1] * windows_tile(g.output, g.windows)
    return (rows - 1) * g.stride[0] + g.reach[0], (columns - 1) * g.stride[1] + g.reach[1]


def windows_floats(g: Geometry) -> int:
    """Numbers in the patches of one example where they are those of pooling windows."""
    rows, columns, _ = g.output
    tiles = columns // (g.windows[1] * windows_tile(g.output, g.windows))
    return rows // g.windows[0] * tiles * math.prod(windows_span(g)) * g.input[2]


def patch_span(g: Geometry, t: int) -> int:
    """Input columns that t neighbouring outputs read."""
    return (t - 1) * g.stride[1] + g.reach[1]


def patch_floats(g: Geometry, t: int | None = None) -> int:
    """Numbers in the patches of one example, with `t` outputs a patch; without it, `tile`'s."""
    t = t or tile(g)
    rows, columns, _ = g.output
    return rows * (columns // t) * g.kernel[0] * patch_span(g, t) * g.input[2]
