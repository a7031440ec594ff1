"""Which algorithm each layer runs: by the rules of its kind, or as it was written down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import jax

from netspec.analysis import pooling
from netspec.analysis.convolution.choice import Choice
from netspec.analysis.convolution.compiled import COMPILED, MEASURED
from netspec.analysis.plan import Plan, PlannedLayer
from netspec.analysis.rules import rules
from netspec.analysis.stages import Stage, stages
from netspec.lowering import foreign
from netspec.lowering.convolution import Convolution
from netspec.lowering.kinds import lowering
from netspec.lowering.standardizing import BOTH, batch_normed, norm_of
from netspec.lowering.standardizing import workload as norm_workload
from netspec.lowering.workload import DIRECTIONS, Direction, Workload


def choices_here(plan: Plan, batch: int, *, together: bool = True) -> dict[str, Any]:
    """The choices in this process: for its backend, with the compiled kernels where they may be called.

    Raises DeviceError where `NETSPEC_KERNELS` asks for what is not there.
    """
    return choices(plan, batch, jax.default_backend(), together=together, kernels=foreign.instructions())


def choices(
    plan: Plan, batch: int, platform: str, *, together: bool = True, kernels: str | None = None
) -> dict[str, Any]:
    """The choice of every layer that has one, by its name; empty on GPU and TPU, where the vendor's libraries choose.

    `platform` is JAX's name of the backend. Without `together`, no layer's choice asks anything of another layer. Without
    `kernels`, their instruction set, all are XLA's, and a program that runs them needs nothing of netspec.
    """
    chosen: dict[str, Any] = {}
    for stage in stages(plan):
        gradient = plan.needs_gradient(stage.layer)
        chosen |= rules(stage.layer.kind).choices(stage, batch, platform, gradient, together, kernels)
        if platform == "cpu" and kernels in MEASURED and _normed_anew(plan, stage.layer):
            chosen[norm_of(stage.layer.name)] = COMPILED
    return chosen


@dataclass(frozen=True)
class Part:
    """A layer whose linear work can be timed, or the norm of one."""

    planned: PlannedLayer
    workload: Workload
    directions: tuple[Direction, ...]
    """The directions that a training step computes: not the gradient of what no trained layer is behind, nor of what is frozen."""
    norm: bool = False

    @property
    def layer(self) -> str:
        """The layer's name; of a norm `norm_of` it."""
        return norm_of(self.planned.name) if self.norm else self.planned.name

    @property
    def kind(self) -> str:
        """The layer's kind."""
        return self.planned.kind

    @property
    def macs(self) -> int:
        """Multiply-adds of one example, the same in each direction; those of a norm are not counted."""
        return 0 if self.norm else self.planned.macs


def parts(plan: Plan) -> list[Part]:
    """The work of a training step, layer by layer."""
    found = []
    alone = {stage.layer.value: stage for stage in stages(plan)}
    for layer in plan.layers:
        workload = workload_of(alone.get(layer.value, Stage(layer)))
        if workload is not None:
            directions = (direction for direction in _directions(plan, layer) if workload.algorithms(direction))
            found.append(Part(layer, workload, tuple(directions)))
        if _normed_anew(plan, layer):
            found.append(Part(layer, norm_workload(layer), BOTH, norm=True))
    return found


def _normed_anew(plan: Plan, layer: PlannedLayer) -> bool:
    """Whether training normalizes by the statistics of the batch: a frozen layer keeps its own."""
    return batch_normed(layer) and layer.name not in plan.frozen


def _directions(plan: Plan, layer: PlannedLayer) -> Iterator[Direction]:
    """The directions that training computes: of a frozen layer no gradient of its weights."""
    left_out: dict[Direction, bool] = {
        "input_gradient": not plan.needs_gradient(layer),
        "weight_gradient": layer.name in plan.frozen,
    }
    return (direction for direction in DIRECTIONS if not left_out.get(direction, False))


def workload_of(stage: Stage) -> Workload | None:
    """The linear work of a stage's layer; None where its kind has none to be timed."""
    workload = getattr(lowering(stage.layer.kind), "workload", None)
    return None if workload is None else cast(Workload, workload(stage))


def uses_kernels(chosen: Mapping[str, Any]) -> bool:
    """Whether one of these choices is a compiled kernel."""
    return any(
        COMPILED in (vars(choice).values() if isinstance(choice, Choice) else (choice,)) for choice in chosen.values()
    )


class Unfit(ValueError):
    """Choices that were written down are not this plan's, or name what this version does not have."""


def from_names(plan: Plan, written: Mapping[str, Any]) -> dict[str, Any]:
    """The choices that a record or a file holds: a layer's algorithm, or an algorithm for each direction.

    A layer that is left out runs the plain XLA lowering. Raises Unfit.
    """
    works = {part.layer: part.workload for part in parts(plan)}
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
                if name == COMPILED:
                    raise Unfit(f"`{layer}` computes its {direction} by compiled kernels, which are not there")
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
        (stage.layer.name, stage.within.name)
        for stage in stages(plan)
        if stage.within is not None and isinstance(workload := workload_of(stage), Convolution) and workload.by_windows
    ]
