"""How a layer kind runs: the module that its `lowering` names, loaded when a network computes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Protocol, cast

import jax

from netspec.analysis.stages import Stage
from netspec.language.kinds import KINDS

Arrays = dict[str, jax.Array]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a stage: all that it computes with besides what it reads."""

    stage: Stage
    params: Arrays
    statistics: Arrays
    choice: Any = None
    """The algorithm; None is XLA's own."""
    norm: str | None = None
    """The algorithm of its batch norm in training; None is XLA's own."""
    within: Callable[[jax.Array], jax.Array] | None = None
    """Runs the layer that stands within this one, on its sums; given where the stage has one."""
    training: bool = False
    frozen: bool = False
    """Whether the layer keeps its running statistics in training, and so normalizes by them."""
    key: jax.Array | None = None
    """The layer's own random key; without it nothing is dropped."""
    products: bool = False
    """Whether sums over a batch run as matrix products, which is quick on CPU; with reverse-mode derivatives only."""

    @property
    def settings(self) -> Any:
        """The settings of the layer."""
        return self.stage.layer.settings


class Lowering(Protocol):
    """The module of one layer kind. It may have `workload(stage)` too: a `netspec.lowering.workload.Workload`, to be timed."""

    @property
    def apply(self) -> Callable[..., tuple[jax.Array, Arrays]]:
        """(run, *arrays): the output for arrays (batch, *shape) of all that the layer reads, and its new statistics."""


@cache
def lowering(kind: str) -> Lowering:
    """How a kind runs."""
    return cast(Lowering, import_module(KINDS[kind].lowering))
