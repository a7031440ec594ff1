"""From layers with what they read to a tree: what stands one behind the other, and what side by side between a fork and its join."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from netspec.importing.graph import Origin, Unsaid
from netspec.importing.units import Unit
from netspec.language.kind import Shape

MOST_LEVELS = 24
"""Forks that lie in each other: what a spec may nest has an end."""


@dataclass(slots=True)
class Item:
    """One layer of a sequence, or what a join joins."""

    unit: Unit
    gate: Unit | None = None
    arms: list[list[Item]] = field(default_factory=list)
    """Of a join, what leads to each value that it reads; an empty one is the value of the fork itself."""
    read: Shape = ()
    """What the sequence reads here."""

    @property
    def kind(self) -> str:
        """That of its layer."""
        return self.unit.kind


class Unstructured(Exception):
    """The layers are no sequence of forks that are joined again."""

    def __init__(self, unsaid: Unsaid) -> None:
        super().__init__(unsaid.message)
        self.unsaid = unsaid


@dataclass(slots=True)
class Regions:
    """Takes a program apart. Raises Unstructured."""

    units: list[Unit]
    image: Shape
    levels: int = 0
    """How many forks lie around what is read now."""

    def items(self) -> list[Item]:
        """The whole network."""
        return self._sequence(0, len(self.units), list(range(1, len(self.units) + 1)))

    def _sequence(self, start: int, end: int, inside: list[int]) -> list[Item]:
        """What leads from a value to another, through the units `inside` alone, in their order."""
        found: list[Item] = []
        at, value = 0, start
        left = Counter(n for number in inside for n in self.units[number - 1].reads)
        while value != end:
            until = self._closed(value, inside, at, left)
            members, value_before = inside[at : until + 1], value
            value, at = members[-1], until + 1
            unit = self.units[value - 1]
            if len(members) > 1 or len(unit.reads) > 1:
                found.append(self._join(unit, value_before, members[:-1]))
            elif unit.kind == "gate" and found and found[-1].kind == "conv" and not found[-1].gate:
                found[-1].gate = unit
            else:
                found.append(Item(unit, read=self._shape(value_before)))
        return found

    def _closed(self, value: int, inside: list[int], at: int, left: Counter[int]) -> int:
        """The place of the first unit behind which nothing is read of what stands before it; `left` are the readings to come."""
        alive = {value}
        for place in range(at, len(inside)):
            number = inside[place]
            for n in self.units[number - 1].reads:
                left[n] -= 1
                if not left[n]:
                    alive.discard(n)
            if not alive:
                return place
            alive.add(number)
        raise Unstructured(self._open(value, inside[at:]))

    def _join(self, unit: Unit, start: int, inside: list[int]) -> Item:
        if self.levels >= MOST_LEVELS:
            raise Unstructured(
                Unsaid("NS291", f"forks lie in each other on more than {MOST_LEVELS} levels", origin(unit))
            )
        self.levels += 1
        arms: list[list[Item]] = []
        taken: set[int] = set()
        for end in unit.reads:
            own = self._behind(end, start, set(inside))
            if taken & set(own):
                raise Unstructured(self._crossed(unit, start))
            taken |= set(own)
            arms.append(self._sequence(start, end, own))
        self.levels -= 1
        if unit.kind not in ("add", "concat"):
            what = "two values are multiplied that are no map and its squeeze and excitation"
            raise Unstructured(Unsaid("NS291", what, origin(unit), "the format multiplies by a `gate` alone"))
        return Item(unit, arms=arms, read=self._shape(start))

    def _behind(self, end: int, start: int, inside: set[int]) -> list[int]:
        """The units of an arm, in order."""
        found: set[int] = set()
        waiting = [end]
        while waiting:
            number = waiting.pop()
            if number != start and number not in found and number in inside:
                found.add(number)
                waiting.extend(self.units[number - 1].reads)
        return sorted(found)

    def _shape(self, value: int) -> Shape:
        return self.units[value - 1].shape if value else self.image

    def _name(self, value: int) -> str:
        return f"`{origin(self.units[value - 1]).name}`" if value else "the image"

    def _open(self, value: int, inside: Iterable[int]) -> Unsaid:
        readers = [number for number in inside if value in self.units[number - 1].reads]
        place = origin(self.units[(readers or [value])[0] - 1])
        what = f"what {self._name(value)} gives goes several ways that are not joined again"
        return Unsaid("NS291", what, place, "the format has one result, and joins what it splits")

    def _crossed(self, unit: Unit, start: int) -> Unsaid:
        what = f"the ways from {self._name(start)} to `{origin(unit).name}` cross: they share layers between the two"
        return Unsaid("NS291", what, origin(unit), "`branches` stand side by side; what they share stands before them")


def origin(unit: Unit) -> Origin:
    """Where a layer stands in the source."""
    return (unit.op or unit.ops[0]).origin
