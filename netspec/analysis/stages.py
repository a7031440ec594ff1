"""A plan in the order it runs: a layer may run within the one that it reads, between that one's sum and what follows it."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.analysis.plan import Plan, PlannedLayer
from netspec.analysis.rules import rules


@dataclass(frozen=True, slots=True)
class Stage:
    """A layer, and the one that runs within it, if any."""

    layer: PlannedLayer
    within: PlannedLayer | None = None

    @property
    def result(self) -> PlannedLayer:
        """The layer whose value the stage gives."""
        return self.within or self.layer


def stages(plan: Plan) -> tuple[Stage, ...]:
    """The stages of a plan: of each layer, but of those that run within another."""
    found: list[Stage] = []
    taken: set[int] = set()
    for layer in plan.layers:
        if layer.value in taken:
            continue
        readers = plan.readers[layer.value]
        alone = len(readers) == 1 and rules(layer.kind).commutes(layer.settings, readers[0].settings)
        within = readers[0] if alone else None
        if within is not None:
            taken.add(within.value)
        found.append(Stage(layer, within))
    return tuple(found)
