"""The cells that a sliding window reads, tap by tap."""

from __future__ import annotations

from collections.abc import Iterator

import jax

from netspec.language.fields import Pair


def taps(padded: jax.Array, window: Pair, stride: Pair, output: Pair, dilation: Pair = (1, 1)) -> Iterator[jax.Array]:
    """For each cell of the window, row by row, the (batch, *output, channels) that it reads.

    `padded` is (batch, height, width, channels) with the padding already in it. Slices fuse with what is done
    to them, forwards and, as pads, backwards.
    """
    (rows, columns), (sh, sw), (dh, dw) = output, stride, dilation
    for i in range(0, window[0] * dh, dh):
        for j in range(0, window[1] * dw, dw):
            yield padded[:, i : i + (rows - 1) * sh + 1 : sh, j : j + (columns - 1) * sw + 1 : sw]
