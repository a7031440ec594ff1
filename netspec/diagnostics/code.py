"""What a diagnostic code is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """One code of the catalogue. Once released it keeps its meaning."""

    code: str
    title: str
    """The kind of mistake in a few words."""
    meaning: str
    """What it means and why it is refused: one or more paragraphs."""
    example: str = ""
    """A spec that raises exactly this code, once."""
    repaired: str = ""
    """The same spec without the mistake."""
