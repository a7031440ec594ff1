"""The layers of a plan in the order they run: a max pooling layer may run before the activation that precedes it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from netspec.analysis.convolution.geometry import Geometry
from netspec.analysis.plan import Plan, PlannedLayer
from netspec.language.conv import Conv
from netspec.language.kind import NON_DECREASING, Settings
from netspec.language.pool import Pool


@dataclass(frozen=True, slots=True)
class Stage:
    """One layer, and the pooling layer that runs in the middle of it, if any."""

    number: int
    """The layer's place in the plan, from 0."""
    layer: PlannedLayer
    pooled: PlannedLayer | None = None

    @property
    def geometry(self) -> Geometry | None:
        """That of the convolution, with the windows of its pooling where they tile its map; None for other kinds."""
        if not isinstance(self.layer.settings, Conv):
            return None
        return replace(Geometry.of(self.layer.settings, self.layer.input), windows=self._windows())

    def _windows(self) -> tuple[int, int]:
        if self.pooled is None or not isinstance(self.pooled.settings, Pool):
            return 1, 1
        height, width = axes = self.pooled.settings.axes(self.pooled.input)
        divided = all(size % axis.kernel == 0 for size, axis in zip(self.pooled.input[:2], axes, strict=True))
        touching = all(axis.kernel == axis.stride and axis.padding == (0, 0) for axis in axes)
        windows = height.kernel, width.kernel
        return windows if divided and touching and windows != self.pooled.input[:2] else (1, 1)


def stages(plan: Plan) -> tuple[Stage, ...]:
    """The layers by number, each convolution with the max pooling that may run before its activation."""
    found: list[Stage] = []
    layers = iter(enumerate(plan.layers))
    for number, layer in layers:
        follower = plan.layers[number + 1] if number + 1 < len(plan.layers) else None
        if follower is not None and commutes(layer.settings, follower.settings):
            next(layers)
            found.append(Stage(number, layer, follower))
        else:
            found.append(Stage(number, layer))
    return tuple(found)


def commutes(first: Settings, second: Settings) -> bool:
    """Whether max pooling may run before a convolution's bias and activation: the same function on fewer cells.

    max f(x + b) = f(max x + b) where f does not decrease; norm and dropout look at the cells that pooling drops.
    """
    if not isinstance(first, Conv) or not isinstance(second, Pool) or second.type != "max":
        return False
    return first.norm == "none" and first.dropout == 0 and first.activation in NON_DECREASING
