"""The colours of the terminal, in one place."""

from __future__ import annotations

from dataclasses import dataclass

SGR = {
    "error": "1;31",
    "warning": "1;33",
    "gutter": "1;34",
    "help": "1;32",
    "added": "32",
    "removed": "31",
    "strong": "1",
}
"""A style's parameters of the escape sequence `ESC [ … m`, all from the eight colours every theme sets."""


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours text, or leaves it as it is."""

    color: bool

    def __call__(self, text: str, style: str) -> str:
        """`text` in a style of `SGR`."""
        return f"\x1b[{SGR[style]}m{text}\x1b[0m" if self.color and text else text
