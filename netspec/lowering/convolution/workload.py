"""A convolution as work to be timed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any, cast

from netspec.analysis.convolution import Choice
from netspec.analysis.convolution.geometry import Geometry
from netspec.analysis.pooling import WINDOWS
from netspec.language.fields import Pair
from netspec.lowering.convolution.algorithms import ALGORITHMS
from netspec.lowering.workload import DIRECTIONS, Direction, Program, normal


@dataclass(frozen=True)
class Convolution:
    """One convolution; see `netspec.lowering.workload.Workload`."""

    geometry: Geometry
    windows: Pair = field(default=(1, 1), compare=False, repr=False)
    """`Geometry.windows` of the layer. What does not ask for them takes the same time without."""

    @property
    def by_windows(self) -> bool:
        """Whether it can hand its map window by window to the pooling that follows."""
        return ALGORITHMS[WINDOWS].supports(replace(self.geometry, windows=self.windows), "output")

    def algorithms(self, direction: Direction) -> tuple[str, ...]:
        """The algorithms that support the geometry, and do not ask anything of the layer that follows."""
        return tuple(name for name, algorithm in ALGORITHMS.items() if algorithm.supports(self.geometry, direction))

    def names(self, choice: Choice | None) -> dict[Direction, str]:
        """The three names of a choice."""
        return cast(dict[Direction, str], asdict(choice or Choice()))

    def choice(self, names: Mapping[Direction, str]) -> Choice:
        """A choice of three names."""
        return Choice(*(names[direction] for direction in DIRECTIONS))

    def groups(self) -> tuple[tuple[Direction, ...], ...]:
        """Each direction on its own."""
        return tuple((direction,) for direction in DIRECTIONS)

    def program(self, direction: Direction, algorithm: str, batch: int, dtype: Any) -> Program:
        """One direction, of x (batch, *input), w (kernel shape) and dy (batch, *output)."""
        g = replace(self.geometry, windows=self.windows)
        array = partial(normal, dtype=dtype)
        x, w, dy = (batch, *g.input), g.kernel_shape, (batch, *g.output)
        first, second = {"output": (x, w), "input_gradient": (dy, w), "weight_gradient": (x, dy)}[direction]
        function = getattr(ALGORITHMS[algorithm], direction)
        return Program(lambda a, b: function(a, b, g), (array(*first), array(*second)))
