"""Which algorithm each layer runs: by the rules of its kind, or as it was written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from netspec.analysis import pooling
from netspec.analysis.convolution import Choice, choose
from netspec.analysis.plan import Plan
from netspec.analysis.stages import stages
from netspec.language.pool import Pool
from netspec.lowering.convolution import ALGORITHMS, Convolution
from netspec.lowering.kinds import LOWERINGS
from netspec.lowering.work import DIRECTIONS, Direction, Work

TOGETHER = Choice(pooling.WINDOWS, pooling.WINDOWS, pooling.WINDOWS)
"""The choice of a convolution that hands its map window by window to the max pooling that follows."""


def choices(plan: Plan, batch: int, platform: str, *, together: bool = True) -> dict[str, Any]:
    """The choice of every layer that has one, by its name; empty on GPU and TPU, where the vendor's libraries choose.

    `platform` is JAX's name of the backend. Without `together`, no layer's choice asks anything of another layer.
    """
    chosen: dict[str, Any] = {}
    trained_before = False
    for stage in stages(plan):
        layer = stage.layer
        if stage.geometry is not None:
            geometry = stage.geometry if together else replace(stage.geometry, windows=(1, 1))
            if (choice := choose(geometry, batch, platform, not trained_before)) is not None:
                chosen[layer.name] = choice
        for pooled in filter(None, (layer, stage.pooled)):
            if isinstance(pooled.settings, Pool):
                height, width = pooled.settings.axes(pooled.input)
                name = pooling.choose((height.kernel, width.kernel), platform)
                if chosen.get(layer.name) == TOGETHER:
                    name = pooling.WINDOWS
                elif name not in LOWERINGS["pool"].work(pooled.settings, pooled.input).algorithms("output"):
                    name = None  # over a whole map there is nothing to choose
                if name is not None:
                    chosen[pooled.name] = name
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
    geometries = {stage.layer.name: stage.geometry for stage in stages(plan)}
    for layer in plan.layers:
        geometry = geometries.get(layer.name)
        work: Work = LOWERINGS[layer.kind].work(layer.settings, layer.input)
        if geometry is not None:
            work = Convolution(replace(geometry, windows=(1, 1)), geometry.windows)
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
    pairs = _pairs(plan)
    paired = {name for pair in pairs for name in pair}
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
            if name not in works[layer].algorithms(direction) and not (name == pooling.WINDOWS and layer in paired):
                listed = ", ".join(f"`{known}`" for known in works[layer].algorithms(direction))
                raise Unfit(f"`{layer}` cannot compute its {direction} by `{name}`: it has {listed}")
        choice = works[layer].choice(names)
        if choice is not None:
            chosen[layer] = choice
    for first, second in pairs:
        found = set(works[first].names(chosen.get(first)).values()) | {chosen.get(second)}
        if pooling.WINDOWS in found and len(found) > 1:
            raise Unfit(f"`{first}` and `{second}` run by `{pooling.WINDOWS}` both or neither, in all directions")
    return chosen


def _pairs(plan: Plan) -> list[tuple[str, str]]:
    """The convolutions that can hand their map window by window to the max pooling that follows, and that pooling."""
    return [
        (stage.layer.name, stage.pooled.name)
        for stage in stages(plan)
        if stage.pooled and stage.geometry and ALGORITHMS[pooling.WINDOWS].supports(stage.geometry, "output")
    ]
