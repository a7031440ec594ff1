"""Pooling with a choice of algorithm."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax

from netspec.analysis.pooling import WINDOWS, Kind, Window
from netspec.lowering.pooling import reference, shifts, whole, windows

ALGORITHMS: Mapping[str, Mapping[Kind, Callable[[jax.Array, Window], jax.Array]]] = {
    "reduce_window": {"max": reference.maximum, "average": reference.average},
    "shifts": {"max": shifts.maximum, "average": shifts.average},
}


def pool(x: jax.Array, window: Window, kind: Kind, choice: str | None) -> jax.Array:
    """(batch, height, width, channels) -> (batch, rows, columns, channels): each window's maximum or mean.

    Padding is never a maximum and never averaged. `choice` is a name in ALGORITHMS, None is `reduce_window`, `windows` is for x as
    `netspec.lowering.convolution.windows` makes it;
    a window over the whole map is a reduction whatever the choice. Maxima of `shifts` and of whole maps have
    first-order reverse-mode derivatives only.
    """
    if choice == WINDOWS:
        return windows.maximum(x, window)
    if window.covers(x.shape[1], x.shape[2]):
        return whole.maximum(x) if kind == "max" else whole.average(x)
    return ALGORITHMS[choice or "reduce_window"][kind](x, window)
