"""What is known of a pooling layer before it runs: its window, and which algorithm is quickest where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from netspec.language.fields import Pair
from netspec.language.geometry import output_size
from netspec.language.kind import Footprint, Settings, Shape, elements
from netspec.language.pool import Pool

if TYPE_CHECKING:
    from netspec.analysis.plan import PlannedLayer
    from netspec.analysis.stages import Stage

Kind = Literal["max", "average"]

WINDOWS = "windows"
"""The algorithm of a convolution and of the max pooling that follows it, both or neither: the map between them lies
window by window."""


@dataclass(frozen=True)
class Window:
    """A window that slides over rows and columns; channels stay apart."""

    size: Pair
    stride: Pair
    padding: tuple[Pair, Pair] = ((0, 0), (0, 0))
    """Cells (before, after) for rows and for columns, less than the window: no maximum, not averaged."""
    count_padding: bool = False
    """Whether they are averaged after all, as zeros."""

    @classmethod
    def of(cls, settings: Pool, input: Shape) -> Window:
        """The window of a pooling layer over `input`."""
        height, width = settings.axes(input)
        return cls(
            (height.kernel, width.kernel),
            (height.stride, width.stride),
            (height.padding, width.padding),
            settings.count_padding,
        )

    def output(self, height: int, width: int) -> Pair:
        """Rows and columns of the result.

        >>> Window((3, 3), (2, 2), ((1, 1), (1, 1))).output(32, 32)
        (16, 16)
        """
        rows, columns = map(output_size, (height, width), self.size, self.stride, map(sum, self.padding))
        return rows, columns

    @property
    def tiles(self) -> bool:
        """Whether windows touch and do not overlap, from the first cell on."""
        return self.size == self.stride and self.padding == ((0, 0), (0, 0))

    def covers(self, height: int, width: int) -> bool:
        """Whether it is one window over everything: global pooling."""
        return self.size == (height, width) and self.padding == ((0, 0), (0, 0))


def choose(window: Pair, platform: str) -> str | None:
    """The name for `pool`'s choice; None is XLA's own.

    On CPU shifts won for every window tried (2×2 and 3×3, stride 1 and 2), the gradient by 8 to 50 times. One
    slice a cell makes the graph, and the time to compile it, grow with the window, hence the bound.
    """
    return "shifts" if platform == "cpu" and window[0] * window[1] <= 64 else None


def chosen(layer: PlannedLayer, platform: str) -> dict[str, Any]:
    """The choice of a pooling layer by its name; over a whole map there is nothing to choose."""
    window = _window(layer)
    name = None if window.covers(*layer.input[:2]) else choose(window.size, platform)
    return {} if name is None else {layer.name: name}


def scattered(layer: PlannedLayer, platform: str) -> tuple[int, int]:
    """Cells of the map and of its maxima, where XLA runs max pooling its own way; none where it does not."""
    settings = layer.settings
    assert isinstance(settings, Pool)
    own = settings.type == "max" and layer.output[:2] != (1, 1) and choose(_window(layer).size, platform) is None
    return (elements(layer.input), elements(layer.output)) if own else (0, 0)


def _window(layer: PlannedLayer) -> Window:
    assert isinstance(layer.settings, Pool)
    return Window.of(layer.settings, layer.input)


def commutes(settings: Settings, reader: Settings) -> bool:
    """Nothing runs within a pooling layer."""
    return False


def choices(
    stage: Stage, batch: int, platform: str, gradient: bool, together: bool, kernels: str | None = None
) -> dict[str, Any]:
    """See `netspec.analysis.rules.Rules`."""
    return chosen(stage.layer, platform)


def footprint(stage: Stage, batch: int, platform: str, gradient: bool) -> Footprint:
    """See `netspec.analysis.rules.Rules`."""
    layer = stage.layer
    return replace(layer.settings.footprint(*layer.inputs), scattered=scattered(layer, platform))
