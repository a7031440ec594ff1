"""Pictures as SVG and as PNG inside a page. Pillow is imported late."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, log10

import numpy as np

from netspec.diagnostics.render.cells import shown

WIDTH, HEIGHT, MARGIN = 460, 220, 52
COLOURS = ("var(--first)", "var(--second)")
INTERVALS = 4
"""About how many parts an axis has."""


def words(text: str) -> str:
    """Text from outside as HTML and SVG: no markup, and with everything invisible made visible, as on a terminal.

    >>> words("<b>\\u202e\\x1b")
    '&lt;b&gt;\\\\u202e␛'
    """
    return escape(shown(text))


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
) -> str:
    """Lines over epochs; the best epoch is marked. `shares` are shown as percent."""
    values = [value for line in lines.values() for value in line]
    marks = ticks(min(values), max(values))
    # what never changes is drawn half way up
    low, span = (marks[0], marks[-1] - marks[0]) if len(marks) > 1 else (marks[0] - 0.5, 1.0)

    def x(epoch: float) -> float:
        return MARGIN + (WIDTH - MARGIN - 8) * (epoch - epochs[0]) / max(epochs[-1] - epochs[0], 1)

    def y(value: float) -> float:
        return HEIGHT - 24 - (HEIGHT - 40) * (value - low) / span

    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{words(title)}"><title>{words(title)}</title>'
    ]
    for value in marks:
        text = f"{100 * value:.6g}%" if shares else f"{value:.6g}"
        parts.append(f'<line class="grid" x1="{MARGIN}" x2="{WIDTH - 8}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>')
        parts.append(f'<text x="{MARGIN - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{text}</text>')
    ends = dict.fromkeys((epochs[0], epochs[-1]))
    parts += [f'<text x="{x(epoch):.1f}" y="{HEIGHT - 6}" text-anchor="middle">{epoch}</text>' for epoch in ends]
    for colour, (name, line) in zip(COLOURS, lines.items(), strict=False):
        points = " ".join(f"{x(epoch):.1f},{y(value):.1f}" for epoch, value in zip(epochs, line, strict=True))
        parts.append(f'<polyline points="{points}" style="stroke:{colour}"><title>{words(name)}</title></polyline>')
        if best is not None and len(lines) == COLOURS.index(colour) + 1:
            at = line[epochs.index(best)]
            parts.append(f'<circle cx="{x(best):.1f}" cy="{y(at):.1f}" r="4" style="fill:{colour}"/>')
    legend = " ".join(
        f'<span style="color:{colour}">&#9632;</span> {words(name)}'
        for colour, name in zip(COLOURS, lines, strict=False)
    )
    return f"<figure>{''.join(parts)}</svg><figcaption>{words(title)}: {legend}</figcaption></figure>"


def image(pixels: np.ndarray, scale: int, label: str) -> str:
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
    return f'<img alt="{words(label)}" title="{words(label)}" src="data:image/png;base64,{data}">'


def maps(stack: np.ndarray, most: int = 16) -> np.ndarray:
    """(height, width[, 3], n) -> the first maps side by side, each stretched on its own, with an empty column (NaN) between them."""
    shown = []
    for i in range(min(stack.shape[-1], most)):
        one = stack[..., i].astype(np.float64)
        span = one.max() - one.min()
        shown += [(one - one.min()) / (span or 1.0), np.full_like(one[:, :1], np.nan)]
    return np.concatenate(shown[:-1], axis=1)
