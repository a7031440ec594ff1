"""One mistake in a valid spec, and where a person would look for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from .bases import Base
from .sites import Site, line_of, lines_of, sites
from .trail import at_odds


@dataclass(frozen=True)
class Slip:
    """`text` is the spec of `base` with one edit."""

    kind: str
    base: Base
    text: str
    edited: frozenset[int]

    @cached_property
    def lines(self) -> frozenset[int]:
        """Where the mistake may be reported: see `edited` below, and what the edit is now at odds with.

        That is the first layer without an output, as arithmetic apart from netspec's finds it, the defaults of its
        kind, the budget, and where classes and image size are given.
        """
        return self.edited | at_odds(self.text)

    @property
    def id(self) -> str:
        return f"{self.base.name}:{min(self.edited)}:{self.kind}"


class Draft:
    """A base with its sites at hand, and the ways to edit it."""

    def __init__(self, base: Base) -> None:
        self.base = base
        self.text = base.text
        self.sites: list[Site] = sites(base.text)

    def swap(self, kind: str, span: tuple[int, int], text: str, *also: int) -> Slip:
        """`text` in the place of `span`."""
        changed = self.text[: span[0]] + text + self.text[span[1] :]
        first = line_of(changed, span[0] + len(text) - len(text.lstrip("\n")))
        return Slip(kind, self.base, changed, frozenset({first, line_of(changed, span[0] + len(text)), *also}))

    def gone(self, kind: str, site: Site) -> Slip | None:
        """Without an entry or item, with its comma or its lines; None where nothing else stands beside it.

        It is missed in the mapping or list that had it, or in the line that leads to that; at the top, in the first line.
        """
        start, end = site.value if site.key is None else (site.key[0], site.value[1])
        if site.flow:
            after = self.text[end : end + 2]
            before = self.text[max(0, start - 2) : start]
            if after == ", ":
                end += 2
            elif before == ", ":
                start -= 2
            else:
                return None
        else:
            line_start = self.text.rfind("\n", 0, start) + 1
            if self.text[line_start:start].strip():
                return None
            line_end = self.text.find("\n", end)
            start, end = line_start, len(self.text) if line_end < 0 else line_end + 1
        changed = self.text[:start] + self.text[end:]
        lost = (site.parent_span[0], max(site.parent_span[1] - (end - start), site.parent_span[0] + 1))
        lines = {max(1, line_of(changed, min(lost[0], len(changed))) - 1), *lines_of(changed, lost)}
        if site.parent_span[0] == 0:
            lines.add(1)
        return Slip(kind, self.base, changed, frozenset(lines))

    def lines(self, kind: str, new: list[str], *at: int) -> Slip:
        """The text as `new` lines, edited at the line numbers `at`."""
        return Slip(kind, self.base, "\n".join(new), frozenset({*at} - {0}))
