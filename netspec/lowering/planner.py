"""Which algorithm each layer runs: by the cost models of its kind, or as it was written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netspec.analysis import pooling
from netspec.analysis.convolution import Geometry, choose
from netspec.analysis.plan import Plan
from netspec.language.conv import Conv
from netspec.language.pool import Pool
from netspec.lowering.kinds import LOWERINGS
from netspec.lowering.work import DIRECTIONS, Direction, Work


def choices(plan: Plan, batch: int, platform: str) -> dict[str, Any]:
    """The choice of every layer that has one, by its name; empty on GPU and TPU, where the vendor's libraries choose.

    `platform` is JAX's name of the backend.
    """
    chosen: dict[str, Any] = {}
    trained_before = False
    for layer in plan.layers:
        choice: Any = None
        if isinstance(layer.settings, Conv):
            choice = choose(Geometry.of(layer.settings, layer.input), batch, platform, not trained_before)
        elif isinstance(layer.settings, Pool):
            height, width = layer.settings.axes(layer.input)
            choice = pooling.choose((height.kernel, width.kernel), platform)
            # over a whole map there is nothing to choose
            choice = (
                choice if choice in LOWERINGS["pool"].work(layer.settings, layer.input).algorithms("output") else None
            )
        if choice is not None:
            chosen[layer.name] = choice
        trained_before = trained_before or bool(layer.shapes)
    return chosen


@dataclass(frozen=True)
class Part:
    """The linear work of one layer of a plan."""

    layer: str
    kind: str
    work: Work
    directions: tuple[Direction, ...]
    """Those that a training step computes: nothing needs the input gradient before the first trained layer."""
    macs: int
    """Multiply-adds of one example, the same in each direction."""


def parts(plan: Plan) -> list[Part]:
    """The work of a training step, layer by layer."""
    found = []
    trained_before = False
    for layer in plan.layers:
        work = LOWERINGS[layer.kind].work(layer.settings, layer.input)
        directions = tuple(
            direction
            for direction in DIRECTIONS
            if work.algorithms(direction) and (trained_before or direction != "input_gradient")
        )
        found.append(Part(layer.name, layer.kind, work, directions, layer.macs))
        trained_before = trained_before or bool(layer.shapes)
    return found


class Unfit(ValueError):
    """Choices that were written down are not this plan's, or name what this version does not have."""


def from_names(plan: Plan, written: Mapping[str, Any]) -> dict[str, Any]:
    """The choices that a record or a file holds: a layer's algorithm, or an algorithm for each direction.

    A layer that is left out runs the plain XLA lowering. Raises Unfit.
    """
    works = {part.layer: part.work for part in parts(plan)}
    chosen: dict[str, Any] = {}
    for layer, value in written.items():
        if layer not in works:
            raise Unfit(f"`{layer}` is no layer of `{plan.name}`")
        names = works[layer].names(None)
        given = value if isinstance(value, Mapping) else dict.fromkeys(names, value)
        if unknown := set(given) - set(names):
            raise Unfit(f"`{layer}` has no direction `{min(map(str, unknown))}`")
        names |= given
        for direction, name in names.items():
            if name not in works[layer].algorithms(direction):
                listed = ", ".join(f"`{known}`" for known in works[layer].algorithms(direction))
                raise Unfit(f"`{layer}` cannot compute its {direction} by `{name}`: it has {listed}")
        choice = works[layer].choice(names)
        if choice is not None:
            chosen[layer] = choice
    return chosen
