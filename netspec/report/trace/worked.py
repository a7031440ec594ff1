"""The numbers of one cell, cut out of the arrays that the network itself computes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from netspec.analysis import pooling
from netspec.analysis.plan import PlannedLayer
from netspec.language.conv import Conv
from netspec.language.geometry import Axis
from netspec.language.kind import Shape
from netspec.language.kinds import KINDS
from netspec.language.pool import Pool
from netspec.lowering.network import Network, Variables
from netspec.lowering.pooling.counts import counts
from netspec.report.trace.norms import formula

Grid = np.ndarray
"""(rows, columns), float64."""
Cell = tuple[int, int, int]
"""Row, column and feature map, counted from 0; of a vector (0, 0, unit)."""


@dataclass(frozen=True, eq=False)
class Under:
    """What a cell is made of, of a map (height, width, channels); a vector is a map of one row."""

    rows: Sequence[int]
    """The rows under the window; those outside of the map are padding."""
    columns: Sequence[int]
    channels: Sequence[int]
    """The feature maps that are read."""
    weights: np.ndarray | None
    """(rows, columns, channels); None where nothing is multiplied."""
    padded: tuple[range, range]
    """The rows and columns of the map with its padding."""


@dataclass(frozen=True, eq=False)
class Window:
    """What one feature map has under the window."""

    channel: int
    cells: Grid
    """0 where it is padding."""
    weights: Grid | None

    @property
    def products(self) -> Grid:
        """Cells times weights; without weights the cells."""
        return self.cells if self.weights is None else self.cells * self.weights


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the layer."""

    name: str
    """The layer's kind, `bias`, `norm` or `activation`."""
    words: str
    value: float
    """The cell after it."""
    of: str = ""
    """What the numbers in its words are of, where the layer does not hold them."""


@dataclass(frozen=True, eq=False)
class Worked:
    """One cell of a layer with all that it comes from."""

    layer: PlannedLayer
    cell: Cell
    under: Under
    read: np.ndarray
    """(height, width, channels) of what the layer itself reads, behind its leading steps."""
    steps: tuple[Step, ...]
    map: Grid
    """The feature map that the cell is in, as the layer gives it; a vector is one row."""
    gate: Step | None
    """What the convolution's gate, a layer of its own, makes of the cell."""

    @property
    def padding(self) -> np.ndarray:
        """(rows, columns) of bool: which cells of the window are padding."""
        return self.outside(self.under.rows, self.under.columns)

    @property
    def windows(self) -> Iterator[Window]:
        """Of each feature map that is read."""
        under = self.under
        for number, channel in enumerate(under.channels):
            cells = self.cells(channel, under.rows, under.columns)
            yield Window(channel, cells, None if under.weights is None else under.weights[:, :, number])

    def outside(self, rows: Sequence[int], columns: Sequence[int]) -> np.ndarray:
        """(rows, columns) of bool: which of these places are padding."""
        height, width, _ = self.read.shape
        down, across = ([0 <= n < size for n in at] for at, size in ((rows, height), (columns, width)))
        outside: np.ndarray = ~np.outer(down, across)
        return outside

    def cells(self, channel: int, rows: Sequence[int], columns: Sequence[int]) -> Grid:
        """What a feature map has at these places, 0 where it is padding."""
        height, width, _ = self.read.shape
        places = np.ix_(np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1))
        return np.where(self.outside(rows, columns), 0.0, self.read[:, :, channel][places])

    @property
    def at(self) -> tuple[int, ...]:
        """Row and column; of a vector the unit."""
        return self.cell[:2] if len(self.layer.output) == 3 else self.cell[2:]

    @property
    def has_channels(self) -> bool:
        """Whether it reads a map, or what was one before it became a vector."""
        return len(self.layer.input) == 3 or self.read.shape[2] > 1

    def as_json(self) -> dict[str, Any]:
        """As `netspec trace --format json` prints it."""
        layer, under = self.layer, self.under
        return {
            "layer": layer.name,
            "kind": layer.kind,
            "described": list(layer.settings.described()),
            "arithmetic": layer.arithmetic,
            "input": list(layer.input),
            "output": list(layer.output),
            "at": list(self.at),
            **({"channel": self.cell[2]} if len(layer.output) == 3 else {}),
            "rows": list(under.rows),
            "columns": list(under.columns),
            "windows": [_window_as_json(window) for window in self.windows],
            "steps": [_step_as_json(step) for step in self.steps],
            "value": self.steps[-1].value,
            **({"gate": _step_as_json(self.gate)} if self.gate is not None else {}),
        }


def _step_as_json(step: Step) -> dict[str, Any]:
    return {"step": step.name, "words": step.words, **({"of": step.of} if step.of else {}), "value": step.value}


def _window_as_json(window: Window) -> dict[str, Any]:
    weights = {} if window.weights is None else {"weights": window.weights.tolist()}
    products = {"products": window.products.tolist(), "sum": float(window.products.sum())} if weights else {}
    return {"channel": window.channel, "cells": window.cells.tolist(), **weights, **products}


def _conv(layer: PlannedLayer, kernel: np.ndarray | None, cell: Cell, read: Shape) -> Under:
    """The window that slides, over the channels of the filter's group."""
    settings = layer.settings
    assert isinstance(settings, Conv)
    assert kernel is not None
    axes = settings.axes(read)
    rows, columns = (
        [at * axis.stride - axis.padding[0] + n for n in range(0, axis.kernel, dilation)]
        for at, axis, dilation in zip(cell, axes, settings.dilation, strict=False)
    )
    groups = settings.grouping(read[2])
    each, group = read[2] // groups, cell[2] // (settings.filters // groups)
    return Under(rows, columns, range(group * each, (group + 1) * each), kernel[..., cell[2]], _padded(*axes))


def _pool(layer: PlannedLayer, kernel: np.ndarray | None, cell: Cell, read: Shape) -> Under:
    """The window that slides, over one feature map."""
    settings = layer.settings
    assert isinstance(settings, Pool)
    axes = settings.axes(read)
    starts = [at * axis.stride - axis.padding[0] for at, axis in zip(cell, axes, strict=False)]
    rows, columns = (range(start, start + axis.kernel) for start, axis in zip(starts, axes, strict=True))
    return Under(rows, columns, (cell[2],), None, _padded(*axes))


def _padded(height: Axis, width: Axis) -> tuple[range, range]:
    rows, columns = (range(-axis.padding[0], axis.size + axis.padding[1]) for axis in (height, width))
    return rows, columns


def _fc(layer: PlannedLayer, kernel: np.ndarray | None, cell: Cell, read: Shape) -> Under:
    """All there is: a window as large as the map."""
    assert kernel is not None
    rows, columns, channels = map(range, read)
    return Under(rows, columns, channels, kernel[:, cell[2]].reshape(read), (rows, columns))


UNDER: Mapping[str, Callable[[PlannedLayer, np.ndarray | None, Cell, Shape], Under]] = {
    "conv": _conv,
    "pool": _pool,
    "fc": _fc,
}
"""By kind, what a cell is made of: (layer, kernel, cell, (height, width, channels) of what it reads)."""


def work(network: Network, variables: Variables, images: np.ndarray, layer: PlannedLayer, cell: Cell) -> Worked:
    """The cell of a layer whose kind is in `UNDER`, for one normalized image (1, height, width, channels)."""
    arrays, given = network.stepwise(variables, jnp.asarray(images), layer)
    before = network.plan.shape(layer.reads[0]) if KINDS[layer.kind].flattens else layer.input
    read = _numbers(arrays[0]).reshape(before if len(before) == 3 else (1, *before, 1))
    own = variables["params"].get(layer.name, {})
    kernel = _numbers(own["kernel"].astype(arrays[0].dtype)) if "kernel" in own else None
    features = {name: _numbers(array) for name, array in {**own, **variables["state"].get(layer.name, {})}.items()}
    maps = [
        (name, _numbers(array).reshape((1, 1, -1) if array.ndim == 2 else array.shape[1:])) for name, array in given
    ]
    steps = list[Step]()
    for number, (name, x) in enumerate(maps):
        if name == "norm":
            words, of = formula(layer.settings.norm, maps[number - 1][1], features, cell)  # type: ignore[attr-defined]
        else:
            words, of = _words(name, layer, features, cell), ""
        steps.append(Step(name, words, float(x[cell]), of))
    last = maps[-1][1]
    last = last[:, :, cell[2]] if len(layer.output) == 3 else last[0]
    under = UNDER[layer.kind](layer, kernel, cell, read.shape)
    return Worked(layer, cell, under, read, tuple(steps), last, _gate(network, variables, images, layer, cell))


def _gate(network: Network, variables: Variables, images: np.ndarray, layer: PlannedLayer, cell: Cell) -> Step | None:
    gate = next((one for one in network.plan.layers if one.kind == "gate" and one.reads == (layer.value,)), None)
    if gate is None:
        return None
    (read,), ((name, given),) = network.stepwise(variables, jnp.asarray(images), gate)
    before, after = (_numbers(array)[0, :, :, cell[2]] for array in (read, given))
    # the factor is one for the whole map: where that is largest it is read best
    place = np.unravel_index(np.abs(before).argmax(), before.shape)
    factor = f" {after[place] / before[place]:.4g}" if before[place] else ""
    return Step(name, f"gate {gate.name}: times{factor or ' its factor'}", float(after[cell[:2]]))


def _words(step: str, layer: PlannedLayer, own: Mapping[str, np.ndarray], cell: Cell) -> str:
    """A step with the numbers of the cell's own feature."""
    settings: Any = layer.settings
    if step == "bias":
        return f"+ bias {own['bias'][cell[2]]:.4g}"
    if step == "activation":
        slope = f" of slope {own['slope'][cell[2]]:.4g}" if "slope" in own else ""
        return f"{settings.activation.described()}{slope}"
    if not isinstance(settings, Pool):
        return "sum of products"
    height, width, _ = layer.input
    cells = int(counts(height, width, pooling.Window.of(settings, layer.input))[0, cell[0], cell[1], 0])
    return f"{'largest' if settings.type == 'max' else 'mean'} of {cells} cells"


def _numbers(array: jax.Array) -> np.ndarray:
    return np.asarray(array.astype(jnp.float32), np.float64)
