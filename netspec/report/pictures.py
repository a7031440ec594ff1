"""Pictures as SVG and as PNG inside a page. Pillow is imported late."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from math import ceil, floor, log10

import numpy as np
from markupsafe import Markup

from netspec.report.markup import fragment

WIDTH, HEIGHT, MARGIN = 460, 220, 52
COLOURS = ("var(--first)", "var(--second)")
INTERVALS = 4
"""About how many parts an axis has."""


def ticks(low: float, high: float) -> list[float]:
    """Round values at equal distances, from one that is at most `low` to one that is at least `high`.

    >>> ticks(0.0828, 0.236), ticks(0, 1), ticks(0.001, 0.001)
    ([0.05, 0.1, 0.15, 0.2, 0.25], [0.0, 0.5, 1.0], [0.001])
    """
    if high - low <= 1e-5 * max(abs(low), abs(high)):
        return [low]
    power = 10.0 ** floor(log10((high - low) / INTERVALS))
    step = next(power * round_ for round_ in (1, 2, 5, 10) if power * round_ * INTERVALS >= (high - low) * (1 - 1e-9))
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [float(f"{number * step:.6g}") for number in range(first, last + 1)]


def curves(
    title: str, epochs: Sequence[int], lines: Mapping[str, Sequence[float]], best: int | None, *, shares: bool = False
) -> Markup:
    """Lines over epochs; the best epoch is marked. `shares` are shown as percent."""
    values = [value for line in lines.values() for value in line]
    marks = ticks(min(values), max(values))
    # what never changes is drawn half way up
    low, span = (marks[0], marks[-1] - marks[0]) if len(marks) > 1 else (marks[0] - 0.5, 1.0)

    def x(epoch: float) -> float:
        return MARGIN + (WIDTH - MARGIN - 8) * (epoch - epochs[0]) / max(epochs[-1] - epochs[0], 1)

    def y(value: float) -> float:
        return HEIGHT - 24 - (HEIGHT - 40) * (value - low) / span

    labelled = [(y(value), f"{100 * value:.6g}%" if shares else f"{value:.6g}") for value in marks]
    ends = [(x(epoch), epoch) for epoch in dict.fromkeys((epochs[0], epochs[-1]))]
    drawn = [
        (colour, name, " ".join(f"{x(epoch):.1f},{y(value):.1f}" for epoch, value in zip(epochs, line, strict=True)))
        for colour, (name, line) in zip(COLOURS, lines.items(), strict=False)
    ]
    dot = None
    if best is not None:
        last = list(lines.values())[-1]
        dot = (x(best), y(last[epochs.index(best)]), drawn[-1][0])
    return fragment("curves", title, WIDTH, HEIGHT, MARGIN, labelled, ends, drawn, dot)


def image(pixels: np.ndarray, scale: int, label: str) -> Markup:
    """(height, width[, 1 or 3]) numbers, stretched to black and white, as an <img>; where there is no number, it is transparent."""
    from PIL import Image

    plain = pixels.astype(np.float64)
    hole = np.isnan(plain)
    low, high = float(np.nanmin(plain)), float(np.nanmax(plain))
    bytes_ = np.round((np.where(hole, low, plain) - low) / ((high - low) or 1.0) * 255).astype(np.uint8)
    if bytes_.ndim == 3 and bytes_.shape[2] != 3:
        bytes_ = bytes_[:, :, 0]
    picture = Image.fromarray(bytes_)
    if hole.any():
        alpha = np.where(hole, 0, 255).astype(np.uint8).reshape(*bytes_.shape[:2], -1)
        picture.putalpha(Image.fromarray(alpha[:, :, 0]))
    picture = picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    data = base64.b64encode(out.getvalue()).decode()
    return fragment("image", label, data)


def maps(stack: np.ndarray, most: int = 16) -> np.ndarray:
    """(height, width[, 3], n) -> the first maps side by side, each stretched on its own, with an empty column (NaN) between them."""
    shown = []
    for i in range(min(stack.shape[-1], most)):
        one = stack[..., i].astype(np.float64)
        span = one.max() - one.min()
        shown += [(one - one.min()) / (span or 1.0), np.full_like(one[:, :1], np.nan)]
    return np.concatenate(shown[:-1], axis=1)
