"""A layer of Flax in code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Layer:
    """A function of values, or a module, which is made once and kept under a name."""

    function: str = ""
    """Of values `{0}`, `{1}` ...; nothing of a module."""
    name: str = ""
    """Of a module."""
    made: str = ""
    """The call that makes a module."""
    arrays: Mapping[str, str] = field(default_factory=dict)
    """What the module calls netspec's arrays."""
    beside: tuple[int, ...] = ()
    """Which values of the plan's layer it reads before the one that is handed on, where it joins."""

    def code(self, reads: tuple[str, ...]) -> str:
        """The layer applied to variables."""
        return self.function.format(*reads) if self.function else f"self.{self.name}({reads[0]})"
