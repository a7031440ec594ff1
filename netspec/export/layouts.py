"""The layouts of other systems: netspec's arrays have channels last."""

from __future__ import annotations

import numpy as np

from netspec.language.kind import FLATTENED, Shape

CHANNELS_FIRST = ("channels", "height", "width")


def flattened_first(kernel: np.ndarray, read: Shape) -> np.ndarray:
    """The kernel (inputs, units) of a map (height, width, channels) that is flattened with the channels first.

    >>> flattened_first(np.arange(4)[:, None], (2, 1, 2))[:, 0].tolist()
    [0, 2, 1, 3]
    """
    order = [FLATTENED.index(axis) for axis in CHANNELS_FIRST]
    return kernel.reshape(*read, -1).transpose(*order, 3).reshape(kernel.shape)
