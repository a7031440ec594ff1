"""The rules of convolutions: see `netspec.analysis.rules.Rules`. Max pooling may run within one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netspec.analysis import pooling
from netspec.analysis.convolution import scratch
from netspec.analysis.convolution.choice import Choice
from netspec.analysis.convolution.geometry import Geometry
from netspec.analysis.convolution.rules import choose
from netspec.language.conv import Conv
from netspec.language.kind import Footprint, Settings, elements
from netspec.language.pool import Pool

if TYPE_CHECKING:
    from netspec.analysis.stages import Stage

TOGETHER = Choice(pooling.WINDOWS, pooling.WINDOWS, pooling.WINDOWS)
"""The choice of a convolution that hands its map window by window to the max pooling within it."""


def commutes(settings: Settings, reader: Settings) -> bool:
    """Whether the reader is max pooling that may run before bias and activation: the same function on fewer cells.

    max f(x + b) = f(max x + b) where f does not decrease; norm and dropout look at the cells that pooling drops.
    """
    if not isinstance(settings, Conv) or not isinstance(reader, Pool) or reader.type != "max":
        return False
    behind = settings.following in ((), ("activation",))
    return behind and reader.plain and settings.activation.non_decreasing


def geometry(stage: Stage) -> Geometry:
    """The geometry of the convolution, with the windows of the pooling within it where they tile its map."""
    assert isinstance(stage.layer.settings, Conv)
    own = Geometry.of(stage.layer.settings, stage.layer.input)
    if stage.within is None:
        return own
    assert isinstance(stage.within.settings, Pool)
    map_size = stage.within.input[:2]
    window = pooling.Window.of(stage.within.settings, stage.within.input)
    divided = all(size % cells == 0 for size, cells in zip(map_size, window.size, strict=True))
    by_windows = divided and window.tiles and not window.covers(*map_size)
    return replace(own, windows=window.size) if by_windows else own


def choices(
    stage: Stage, batch: int, platform: str, gradient: bool, together: bool, kernels: str | None = None
) -> dict[str, Any]:
    """The algorithms of the convolution, and of the pooling within it."""
    g = geometry(stage) if together else replace(geometry(stage), windows=(1, 1))
    choice = choose(g, batch, platform, first=not gradient, kernels=kernels)
    found: dict[str, Any] = {} if choice is None else {stage.layer.name: choice}
    if stage.within is not None:
        by_windows = {stage.within.name: pooling.WINDOWS}
        found |= by_windows if choice == TOGETHER else pooling.chosen(stage.within, platform)
    return found


def footprint(stage: Stage, batch: int, platform: str, gradient: bool) -> Footprint:
    """What the algorithms hold besides input and output, and how the places of maxima are kept."""
    g, layer, pooled = geometry(stage), stage.layer, stage.within
    choice = choose(g, batch, platform, first=not gradient) or Choice()
    cells = pooling.scattered(pooled, platform) if pooled else (0, 0)
    # The pooling by `shifts` keeps the place of each maximum, a byte, and not the map.
    by_shifts = pooled is not None and not any(cells) and choice != TOGETHER and pooled.output[:2] != (1, 1)
    return replace(
        layer.settings.footprint(*layer.inputs),
        turned=elements(layer.shapes["kernel"]) if choice.input_gradient in ("flat", "pointwise") else 0,
        stand_in=None if choice.weight_gradient in ("flat", "pointwise") else scratch.kept_input(choice, g),
        patches=scratch.output(choice, g),
        layouts=scratch.weight_gradient(choice, g),
        pieces=scratch.input_gradient(choice, g),
        places=elements(pooled.output) if pooled and by_shifts else 0,
        scattered=cells,
    )
