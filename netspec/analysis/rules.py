"""What is known of how a layer is computed before it runs: the algorithms that its kind chooses, and what they hold."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

from netspec.language.kind import Footprint, Settings
from netspec.language.kinds import KINDS

if TYPE_CHECKING:
    from netspec.analysis.stages import Stage


class Rules(Protocol):
    """The module of one kind; `platform` is JAX's name of the backend, "" the portable lowering.

    `kernels` is the instruction set of the compiled kernels that may be chosen (`netspec.kernels`), None where none may.
    """

    def commutes(self, settings: Settings, reader: Settings) -> bool:
        """Whether the layer that reads this one may run within it, before what follows its sum."""

    def choices(
        self, stage: Stage, batch: int, platform: str, gradient: bool, together: bool, kernels: str | None = None
    ) -> dict[str, Any]:
        """The algorithm of each layer of a stage that has a choice, by the layer's name.

        `gradient` says whether training needs that of the input. Without `together`, no choice asks anything of another
        layer.
        """

    def footprint(self, stage: Stage, batch: int, platform: str, gradient: bool) -> Footprint:
        """What training holds for a stage under these choices."""


class _OneAlgorithm:
    """The rules of a kind that has nothing to choose."""

    def commutes(self, settings: Settings, reader: Settings) -> bool:
        return False

    def choices(
        self, stage: Stage, batch: int, platform: str, gradient: bool, together: bool, kernels: str | None = None
    ) -> dict[str, Any]:
        return {}

    def footprint(self, stage: Stage, batch: int, platform: str, gradient: bool) -> Footprint:
        return stage.layer.settings.footprint(*stage.layer.inputs)


@cache
def rules(kind: str) -> Rules:
    """The rules of a kind."""
    module = KINDS[kind].rules
    return _OneAlgorithm() if module is None else cast(Rules, import_module(module))
