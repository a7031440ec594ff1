"""What a norm does to one cell, with its numbers: the formula, and which cells its mean and variance are of."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from netspec.language.norms import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm, Norm


def formula(norm: Norm, read: np.ndarray, own: Mapping[str, np.ndarray], cell: tuple[int, int, int]) -> tuple[str, str]:
    """The words of the step, and of what its numbers are; these are empty where the layer holds them.

    `read` is (height, width, features) of what the norm reads, a vector's (1, 1, features), `own` the layer's arrays by name.
    """
    height, width, features = read.shape
    row, column, feature = cell
    vector = height * width == 1
    here, everywhere = ("", "") if vector else (" at this cell", f" in all {height}x{width} cells")
    if isinstance(norm, LocalResponseNorm):
        near = range(max(feature - (norm.size - 1) // 2, 0), min(feature + norm.size // 2, features - 1) + 1)
        total = np.square(read[row, column, near.start : near.stop]).sum()
        words = f"{norm.words}: x/({norm.k:g} + {norm.alpha:g}/{norm.size}*{total:.4g})^{norm.beta:g}"
        return words, f"sum of squares {total:.4g} of {_spoken(near, vector)}{here}"
    assert isinstance(norm, BatchNorm | LayerNorm | InstanceNorm | GroupNorm)
    ones = {"scale": 1.0, "shift": 0.0} | {name: array[feature] for name, array in own.items() if array.ndim == 1}
    if isinstance(norm, BatchNorm):
        mean, variance, of = ones["mean"], ones["variance"], ""
    else:
        taken, where = read[row : row + 1, column : column + 1], here
        group = range(features)
        if not isinstance(norm, LayerNorm):
            each = features // norm.groups if isinstance(norm, GroupNorm) else 1
            group = range(feature // each * each, (feature // each + 1) * each)
            taken, where = read[:, :, group.start : group.stop], everywhere
        mean, variance = taken.mean(), taken.var()
        of = f"mean {mean:.4g} and variance {variance:.4g} of {_spoken(group, vector)}{where}"
    root = f"sqrt({variance:.4g} + {norm.eps:g})"
    return f"{norm.words}: (x - {mean:.4g})/{root}*{ones['scale']:.4g} + {ones['shift']:.4g}", of


def _spoken(numbers: range, vector: bool) -> str:
    word = "feature" if vector else "channel"
    return f"{word} {numbers[0]}" if len(numbers) == 1 else f"{word}s {numbers[0]} to {numbers[-1]}"
