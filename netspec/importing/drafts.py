"""Blocks as they may be written, and when several are the repetitions of one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from netspec.importing.layers import Layer

SAME: Any = ...
"""Of a shortcut: its shapes agree, so that whatever is said of a projection adds none."""


@dataclass(slots=True)
class Bridge:
    """A shortcut over what its block has."""

    type: str
    projection: Any
    """`conv`, a mapping, another word, or SAME."""
    drops: tuple[float, ...]
    """Stochastic depth of each repetition."""

    def merged(self, later: Bridge) -> Bridge | None:
        """The shortcut of both repetitions; in those behind the first, the shapes agree."""
        if self.type != later.type or later.projection is not SAME or not _even((*self.drops, *later.drops)):
            return None
        return Bridge(self.type, self.projection, (*self.drops, *later.drops))

    def written(self) -> Any:
        """The key `shortcut`."""
        found: dict[str, Any] = {"type": self.type}
        if self.projection is not SAME and self.projection != "conv":
            found["projection"] = self.projection
        if any(self.drops):
            ends = [self.drops[0], self.drops[-1]]
            found["drop"] = ends[0] if ends[0] == ends[1] else ends
        return found if len(found) > 1 else self.type


def _even(drops: tuple[float, ...]) -> bool:
    """Whether numbers rise by the same each time."""
    step = (drops[-1] - drops[0]) / (len(drops) - 1)
    return all(abs(drops[0] + step * n - drop) < 1e-6 for n, drop in enumerate(drops))


@dataclass(slots=True)
class Draft:
    """A block: convolutions, branches or a group, with what bridges it and what follows."""

    convs: list[Layer] = field(default_factory=list)
    branches: list[list[Draft]] | None = None
    join: str = ""
    group: list[Draft] | None = None
    shortcut: Bridge | None = None
    after: dict[str, Any] = field(default_factory=dict)
    pool: Layer | None = None
    repeat: int = 1

    def layers(self) -> list[Layer]:
        """All its layers."""
        nested = [draft for branch in self.branches or () for draft in branch] + (self.group or [])
        below = [layer for draft in nested for layer in draft.layers()]
        return [*self.convs, *below, *([self.pool] if self.pool else [])]

    def merged(self, later: Draft) -> Draft | None:
        """The block whose repetitions are this one's and, once more, `later`; None where there is none."""
        made = self._over(later, second=self.repeat == 1)
        return replace(made, repeat=self.repeat + 1) if made is not None else None

    def _over(self, later: Draft, *, second: bool) -> Draft | None:
        """Both as one block, of repetitions that are counted above."""
        if self.after != later.after or self.join != later.join or len(self.convs) != len(later.convs):
            return None
        convs = [one.merged(two, second=second) for one, two in zip(self.convs, later.convs, strict=True)]
        pool = _optional(self.pool, later.pool)
        shortcut = self.shortcut
        if (self.shortcut is None) != (later.shortcut is None):
            return None
        if self.shortcut is not None and later.shortcut is not None:
            shortcut = self.shortcut.merged(later.shortcut)
            if shortcut is None:
                return None
        if None in convs or pool is False:
            return None
        branches = _all([_sequence(a, b, second) for a, b in _pairs(self.branches, later.branches)])
        group = _sequence(self.group or [], later.group or [], second)
        differs = [(a is None) != (b is None) for a, b in ((self.branches, later.branches), (self.group, later.group))]
        if branches is None or group is None or any(differs) or len(self.branches or ()) != len(later.branches or ()):
            return None
        return Draft(
            convs,  # type: ignore[arg-type]
            branches if self.branches is not None else None,
            self.join,
            group if self.group is not None else None,
            shortcut,
            self.after,
            pool,  # type: ignore[arg-type]
        )

    @property
    def size(self) -> int:
        """How many layers it has."""
        return len(self.layers())


def _pairs(a: list[list[Draft]] | None, b: list[list[Draft]] | None) -> list[tuple[list[Draft], list[Draft]]]:
    return list(zip(a or (), b or (), strict=False))


def _all(found: list[list[Draft] | None]) -> list[list[Draft]] | None:
    return None if None in found else found  # type: ignore[return-value]


def _sequence(one: list[Draft], other: list[Draft], second: bool) -> list[Draft] | None:
    """Two lists of blocks as one, block by block."""
    if [draft.repeat for draft in one] != [draft.repeat for draft in other]:
        return None
    found = []
    for a, b in zip(one, other, strict=True):
        made = a._over(
            b, second=second and a.repeat == 1
        )  # what is `first` in a repeated block is the first of its own
        if made is None or (
            a.shortcut is not None and a.repeat > 1 and b.shortcut is not None and any(b.shortcut.drops)
        ):
            return None
        found.append(replace(made, repeat=a.repeat))
    return found


def _optional(one: Layer | None, other: Layer | None) -> Layer | bool | None:
    """The one layer of both, None where neither has one, False where they differ."""
    if one is None or other is None:
        return None if one is other else False
    return one.merged(other, second=False) or False
