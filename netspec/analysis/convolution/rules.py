"""Which algorithm is quickest for each direction.

Rules, not a formula: each stands for a cliff that was measured on two x86 cores with jax 0.10.2 and YNN
convolutions off. Figures are milliseconds, `direct → chosen`, batch 128 unless said; docs/decisions/0005 has all of
them. On GPU and TPU the vendor's libraries choose, and the reference lowering is left alone.
"""

from __future__ import annotations

import math

from netspec.analysis.convolution.choice import Choice
from netspec.analysis.convolution.compiled import compiled
from netspec.analysis.convolution.geometry import Geometry
from netspec.analysis.convolution.patches import patch_floats, windows_floats
from netspec.analysis.pooling import WINDOWS

MOST_PATCH_BYTES = 32 * 2**20
"""Larger patches run from memory: 28×28×6 → 16, k5, input gradient 6.5 ms; with 8 channels (32 MiB) 18.6."""


def choose(g: Geometry, batch: int, platform: str, first: bool, kernels: str | None = None) -> Choice | None:
    """The choice for `convolve`; None for the reference, which is everything but CPU.

    `platform` is JAX's name of the backend. The `first` layer's input gradient, which training never uses, is
    the one that is quickest to trace. `kernels` is the instruction set of the compiled kernels, None where there are none.
    """
    if platform != "cpu":
        return None
    own = _of_xla(g, batch, first)
    return own if kernels is None else compiled(g, own, kernels)


def _of_xla(g: Geometry, batch: int, first: bool) -> Choice:
    """The choice among what XLA compiles."""
    special = _special(g)
    if special is not None:
        return Choice(special, special, special)
    if _by_windows(g, batch):
        return Choice(WINDOWS, WINDOWS, WINDOWS)
    small = batch * patch_floats(g) * 4 < MOST_PATCH_BYTES
    gradient = "direct" if first else _input_gradient(g, small)
    return Choice(_output(g, small), gradient, _weight_gradient(g, small))


def _special(g: Geometry) -> str | None:
    """The algorithm made for just this shape, quickest or level in all directions.

    depthwise: 32×32×32, k3, batch 32: 24.8 → 0.9, 24.2 → 0.5, 4.9 → 1.8.
    grouped: 16×16×128 → 128, k3, 32 groups, batch 32: 14.5 → 3.4, 14.7 → 3.2, 1920 → 5.1.
    flat: 4×4×128 → 256, k4: level, 6.6 → 1.1, 0.8 → 0.6.
    pointwise: 32×32×16 → 32: level, level, 6.6 → 1.5; 16×16×64 → 128, stride 2: level, 1.2 → 0.9, 2.2 → 1.2.
    """
    if g.groups > 1:
        return "depthwise" if g.groups == g.input[2] else "grouped"
    return "flat" if g.flat else "pointwise" if g.pointwise else None


def _by_windows(g: Geometry, batch: int) -> bool:
    """Where banded would be chosen, and max pooling of windows that tile the map follows at once.

    Whole training steps of the layer, 2×2 pooling and fc, how many times as fast: 28×28×1 → 6, k5: 1.10; → 16, k3:
    1.19; 32×32×3 → 32, k3: 1.22, k5 0.97; 24×24×4 → 16, k3: 1.16; 12×12×6 → 16, k3: 1.08, → 32: 0.94; 24×24×8 → 16:
    0.75. LeNet-5, with both its convolutions: 1.16.
    """
    taps, channels = math.prod(g.kernel), g.input[2]
    few = channels == 1 or (channels <= 3 and taps <= 9)
    narrow = 3 < channels <= 6 and math.prod(g.windows) * g.filters <= 64
    fits = batch * windows_floats(g) * 4 < MOST_PATCH_BYTES
    return g.windows != (1, 1) and g.stride == (1, 1) and taps <= 25 and (few or narrow) and fits


def _output(g: Geometry, small: bool) -> str:
    """Banded while the direct convolution has few channels to vectorize over.

    28×28×1 → 6, k5: 2.9 → 0.7; 32×32×3 → 32, k3: 3.4 → 2.2; with kernels above 5×5 direct wins (64×64×3 → 32, k7
    s2: 4.7 against 8.2).
    """
    few = g.input[2] == 1 or (g.input[2] <= 3 and math.prod(g.kernel) <= 25)
    return "banded" if small and (few or _shares_patches(g)) else "direct"


def _input_gradient(g: Geometry, small: bool) -> str:
    """Banded up to 8 channels; phases where a stride would make XLA convolve with zeros.

    28×28×1 → 6, k5: 4.4 → 0.9; 16×16×8 → 32, k3: 1.9 → 1.2; with 16 channels 2.2 against 3.3.
    32×32×16 → 32, k3 s2: 11.6 → 4.8; 32×32×32 → 32, k5 s2: 62.8 → 16.1; 16×16×64 → 64, k5 s2, batch 64: 10.6 →
    6.3; with 64 channels and k3 s2 8.0 against 9.8.
    """
    channels, strided = g.input[2], g.phased
    if small and (channels == 1 or (channels <= 8 and not strided)):
        return "banded"
    return "phases" if strided and (channels <= 48 or math.prod(g.kernel) >= 25) else "direct"


def _weight_gradient(g: Geometry, small: bool) -> str:
    """Direct, but for one channel and few filters or a small kernel, and where it has the output's patches.

    28×28×1 → 6, k5: 1.0 → 0.8, with 16 filters 1.1 against 1.3; 32×32×1 → 32, k3, patches: 2.0 → 1.3.
    """
    if small and _shares_patches(g):
        return "banded"
    if g.input[2] > 1 or not small:
        return "direct"
    if g.filters <= 8:
        return "banded"
    return "patches" if math.prod(g.kernel) <= 9 else "direct"


def _shares_patches(g: Geometry) -> bool:
    """Whether output and weight gradient are both banded, because XLA then makes their common patches once.

    Alone either is level or slower (14×14×6 → 16, k5: 0.8 and 0.8 direct, 0.8 and 1.0 banded); together they take a
    whole step of LeNet-5 from 9.6 to 8.5 ms. With 8 channels or a stride both lose.
    """
    return 3 < g.input[2] <= 6 and g.stride == (1, 1) and math.prod(g.kernel) <= 25
