"""A layer of Keras: one description, from which both code and the configuration of a saved model are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netspec.export.code.part import Raw, called

LAYERS = "keras.layers"


@dataclass(frozen=True)
class Layer:
    """A class with its arguments; an operation on values is one too."""

    kind: str
    config: Mapping[str, Any] = field(default_factory=dict)
    """The arguments by their names, but for those that are as they are without being said."""
    placed: int = 0
    """How many of them, from the first, code gives by their places."""
    name: str | None = None
    """Of one that has arrays."""
    arrays: Mapping[str, str] = field(default_factory=dict)
    """What it calls netspec's arrays, in its own order."""
    beside: tuple[int, ...] = ()
    """Which values of the plan's layer it reads besides, where it joins: all in one list."""
    module: str = LAYERS
    """Where the class is."""
    operation: str = ""
    """As code, of one that is no layer: `{0}` stands for the value."""
    more: tuple[Any, ...] = ()
    """What an operation is called with behind the value, as a saved model has it."""

    def code(self, reads: tuple[str, ...]) -> str:
        """The layer applied to variables.

        >>> Layer("Conv2D", {"filters": 4, "kernel_size": 3, "padding": "same"}, 2, "conv1").code(("x",))
        'layers.Conv2D(4, 3, padding="same", name="conv1")(x)'
        """
        if self.operation:
            return self.operation.format(*reads)
        values = [shown(value) for value in self.config.values()]
        keywords = dict(zip([*self.config][self.placed :], values[self.placed :], strict=True))
        keywords |= {"name": shown(self.name)} if self.name is not None else {}
        read = f"[{', '.join(reads)}]" if self.beside else reads[0]
        return f"{called(f'layers.{self.kind}', *values[: self.placed], **keywords)}({read})"


def shown(value: Any) -> Any:
    """A value as formatters write it.

    >>> shown("same")
    "same"
    """
    return Raw(f'"{value}"') if isinstance(value, str) else value
