"""Strokes and words of the picture, as SVG."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from netspec.language.kinds import KINDS

WIDTH, MARGIN, GAP, LINE = 1200.0, 24.0, 30.0, 15.0
CHARACTER = 6.6
"""Width of a character of 11 px text; generous, since fonts differ."""
ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, even escaped."""

STYLE = """
.net text{font:11px system-ui,sans-serif;fill:#18181b}.net .title{font-size:17px;font-weight:600}.net .name{font-weight:600}
.net .ground{fill:#fff}.net .cell,.net .key{stroke:#3f3f46;stroke-width:.8}.net .input{fill:#d4d4d8}%s.net .window{fill:none;stroke:#b91c1c;stroke-width:1.6}.net .flow{stroke:#71717a;fill:none}
.net .sign{stroke:#18181b;stroke-width:1.4}.net .frame{fill:none;stroke:#a1a1aa}.net .several{stroke-dasharray:5 3;stroke:#52525b}
@media(prefers-color-scheme:dark){.net text{fill:#e4e4e7}.net .ground{fill:#18181b}.net .cell,.net .key{stroke:#d4d4d8}
.net .input{fill:#52525b}%s.net .window{stroke:#fca5a5}.net .flow{stroke:#a1a1aa}.net .sign{stroke:#fafafa}.net .frame{stroke:#52525b}.net .several{stroke:#a1a1aa}}
"""
"""With a place for the colours of the kinds on light ground, and on dark."""


def style() -> str:
    """The style sheet with the colours of all kinds."""
    light, dark = (
        "".join(f".net .{name}{{fill:{getattr(kind.colour, of)}}}" for name, kind in KINDS.items())
        for of in ("light", "dark")
    )
    return STYLE % (light, dark)


def document(
    ids: tuple[str, str], title: str, said: str, width: float, height: float, body: str, more: str = ""
) -> str:
    """A whole SVG file: title and description, which are escaped already, with the ids by which they label it; `more` of style."""
    named, described = ids
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="net" role="img" aria-labelledby="{named} {described}" '
        f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}">'
        f'<title id="{named}">{title}</title><desc id="{described}">{said}</desc>'
        f'<style>{style()}{more}</style><rect class="ground" width="{width:g}" height="{height:g}"/>{body}</svg>\n'
    )


def box(role: str, x: float, y: float, width: float, height: float, round: float = 0.0) -> str:
    """A rectangle, perhaps with round corners."""
    corner = f' rx="{round:g}"' if round else ""
    return f'<rect class="{role}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"{corner}/>'


def arrow(x: float, y: float) -> str:
    """An arrow through a gap that begins at x."""
    return f'<path class="flow" d="M{x + 6:.1f} {y:.1f}h{GAP - 12:g}m-5 -4l5 4l-5 4"/>'


def wire(*points: tuple[float, float], head: bool = False) -> str:
    """A line through points, the last piece of which runs to the right or down where it has a head."""
    way = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    down = points[-1][0] == points[-2][0]
    tip = ("m-4 -5l4 5l4 -5" if down else "m-5 -4l5 4l-5 4") if head else ""
    return f'<path class="flow" d="M{way}{tip}"/>'


def words(x: float, y: float, text: str, role: str = "", anchor: str = "start") -> str:
    """One line; the text is escaped already."""
    role = f' class="{role}"' if role else ""
    return f'<text{role} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'


def plain(text: str) -> str:
    """Text as XML can hold it."""
    return escape(ILLEGAL.sub("\ufffd", text))


def titled(text: str, drawn: Iterable[str]) -> str:
    """What is drawn, with words that a pointer on it shows."""
    return f"<g><title>{plain(text)}</title>{''.join(drawn)}</g>"
