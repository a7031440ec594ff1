"""Pictures as SVG and as PNG inside a page. Pillow is imported late."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

WIDTH, HEIGHT, MARGIN = 460, 220, 44
COLOURS = ("var(--first)", "var(--second)")


def curves(title: str, epochs: Sequence[int], lines: Mapping[str, Sequence[float]], best: int | None) -> str:
    """Lines over epochs; the best epoch is marked."""
    values = [value for line in lines.values() for value in line]
    low, high = min(values), max(values)
    span = (high - low) or 1.0

    def x(epoch: float) -> float:
        return MARGIN + (WIDTH - MARGIN - 8) * (epoch - epochs[0]) / max(epochs[-1] - epochs[0], 1)

    def y(value: float) -> float:
        return HEIGHT - 24 - (HEIGHT - 40) * (value - low) / span

    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}"><title>{escape(title)}</title>'
    ]
    for share in (0.0, 0.5, 1.0):
        value = low + span * share
        parts.append(f'<line class="grid" x1="{MARGIN}" x2="{WIDTH - 8}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>')
        parts.append(
            f'<text x="{MARGIN - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{0 if abs(value) < span / 1000 else value:.3g}</text>'
        )
    ends = dict.fromkeys((epochs[0], epochs[-1]))
    parts += [f'<text x="{x(epoch):.1f}" y="{HEIGHT - 6}" text-anchor="middle">{epoch}</text>' for epoch in ends]
    for colour, (name, line) in zip(COLOURS, lines.items(), strict=False):
        points = " ".join(f"{x(epoch):.1f},{y(value):.1f}" for epoch, value in zip(epochs, line, strict=True))
        parts.append(f'<polyline points="{points}" style="stroke:{colour}"><title>{escape(name)}</title></polyline>')
        if best is not None and len(lines) == COLOURS.index(colour) + 1:
            at = line[epochs.index(best)]
            parts.append(f'<circle cx="{x(best):.1f}" cy="{y(at):.1f}" r="4" style="fill:{colour}"/>')
    legend = " ".join(
        f'<span style="color:{colour}">&#9632;</span> {escape(name)}'
        for colour, name in zip(COLOURS, lines, strict=False)
    )
    return f"<figure>{''.join(parts)}</svg><figcaption>{escape(title)}: {legend}</figcaption></figure>"


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
        picture.putalpha(Image.fromarray(np.where(hole, 0, 255).astype(np.uint8).reshape(bytes_.shape)))
    picture = picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    data = base64.b64encode(out.getvalue()).decode()
    return f'<img alt="{escape(label)}" title="{escape(label)}" src="data:image/png;base64,{data}">'


def maps(stack: np.ndarray, most: int = 16) -> np.ndarray:
    """(height, width, n) -> the first maps side by side, each stretched on its own, with an empty column (NaN) between them."""
    shown = []
    for i in range(min(stack.shape[2], most)):
        one = stack[:, :, i].astype(np.float64)
        span = one.max() - one.min()
        shown += [(one - one.min()) / (span or 1.0), np.full((stack.shape[0], 1), np.nan)]
    return np.concatenate(shown[:-1], axis=1)
