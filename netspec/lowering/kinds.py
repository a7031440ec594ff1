"""How each layer kind runs; the same keys as `netspec.language.kinds.KINDS`."""

from __future__ import annotations

from typing import Any, Protocol

import jax

from netspec.language.kind import Shape
from netspec.lowering import conv, fc, pool
from netspec.lowering.finish import Arrays, Mode
from netspec.lowering.work import Work


class Lowering(Protocol):
    """The module of one layer kind."""

    def work(self, settings: Any, input: Shape) -> Work:
        """The layer's linear work, to be timed."""

    def apply(
        self, settings: Any, params: Arrays, statistics: Arrays, x: jax.Array, input: Shape, mode: Mode, choice: Any
    ) -> tuple[jax.Array, Arrays]:
        """The layer's output for x (batch, *input), and its new running statistics."""


LOWERINGS: dict[str, Lowering] = {"conv": conv, "pool": pool, "fc": fc}
