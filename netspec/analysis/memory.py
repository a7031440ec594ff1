"""How many bytes training needs: one step is walked through, and the moment is found when most is alive.

The walk is that of XLA's own schedule: all layers forwards, then all layers backwards, each array alive from the layer
that makes it to the last one that reads it. Elementwise functions fuse with what reads them and cost nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from netspec.analysis import pooling
from netspec.analysis.convolution import Choice, Geometry, choose, scratch
from netspec.analysis.plan import FLOAT32_BYTES, PRECISION_BYTES, Plan, PlannedLayer
from netspec.analysis.stages import stages
from netspec.language.kind import Footprint, Shape, elements
from netspec.language.pool import Pool

Part = Literal["weights", "optimizer", "gradients", "activations", "workspace"]
PARTS: tuple[Part, ...] = ("weights", "optimizer", "gradients", "activations", "workspace")

TOLERANCE = 0.25
"""The share of XLA's own figure that the prediction may be off, on CPU: what tests/training/test_memory.py holds it to."""

INPUT = "input"
INT32_BYTES = 4


@dataclass(frozen=True, slots=True)
class TrainingMemory:
    """What one training step holds at the moment when that is most, in bytes."""

    weights: int
    """The trained arrays and the running statistics."""
    optimizer: int
    """The optimizer's arrays."""
    gradients: int
    """The gradients of the weights that are there by then."""
    activations: int
    """The batch, and what the forward pass keeps for the backward pass."""
    workspace: int
    """What is there for a moment: gradients of activations, patches, second layouts."""

    @property
    def total(self) -> int:
        """All of it."""
        return sum(getattr(self, part) for part in PARTS)


def training_bytes(plan: Plan, batch_size: int, platform: str | None = "cpu") -> int:
    """The bytes that one training step holds at most, at this batch size; see `training_memory`."""
    return training_memory(plan, batch_size, platform).total


def training_memory(plan: Plan, batch_size: int, platform: str | None = "cpu") -> TrainingMemory:
    """The bytes of one training step at this batch size, by what they are for.

    `platform` is JAX's name of the backend, which decides the algorithms as in training; None is the portable lowering.
    """
    walk = _Walk(plan, batch_size, platform)
    for step in walk.steps:
        walk.forward(step)
    walk.loss()
    for step in reversed(walk.steps):
        walk.backward(step)
    return walk.most


@dataclass(frozen=True)
class _Step:
    """A stage with what the walk has to know of it."""

    layer: PlannedLayer
    pooled: PlannedLayer | None
    """The pooling that runs within the stage."""
    reads: str
    """The array that is its input."""
    first: bool
    """Whether no layer before it is trained: nobody asks for the gradient of its input."""
    choice: Choice | None
    """The algorithms of a convolution; None for another kind."""
    geometry: Geometry | None
    scattered: PlannedLayer | None
    """The max pooling whose gradient XLA expands: it writes out the place of every maximum, axis by axis."""

    @property
    def placed(self) -> PlannedLayer | None:
        """The pooling by `shifts`: it keeps the place of each maximum, a byte, and not the map."""
        windows = self.choice is not None and self.choice.output == pooling.WINDOWS
        whole = self.pooled is not None and self.pooled.output[:2] == (1, 1)
        return None if self.scattered or windows or whole else self.pooled

    @cached_property
    def footprint(self) -> Footprint:
        """That of the layer."""
        return self.layer.settings.footprint(self.layer.input)

    @property
    def output(self) -> int:
        """Numbers that the stage gives for one example."""
        return elements((self.pooled or self.layer).output)

    @property
    def product(self) -> bool:
        """Whether it is a matrix product with the weights as they are."""
        name = self.choice.input_gradient if self.choice else "flat"
        return bool(self.layer.shapes) and name in ("flat", "pointwise")

    @property
    def pieces(self) -> int:
        """What the gradient of the input is put together from."""
        return scratch.input_gradient(self.choice, self.geometry) if self.choice and self.geometry else 0


class _Walk:
    """The arrays that are alive, and the sums of the moment when they were most."""

    def __init__(self, plan: Plan, batch_size: int, platform: str | None) -> None:
        train = plan.spec.train.value
        self.steps = _steps(plan, batch_size, platform)
        self.batch_size = batch_size
        # XLA:CPU computes bfloat16 in float32, and keeps it so.
        self._activation_bytes = batch_size * PRECISION_BYTES["float32" if platform == "cpu" else train.precision]
        self._alive: dict[str, tuple[Part, int]] = {}
        self._sums: dict[Part, int] = dict.fromkeys(PARTS, 0)
        self.most = TrainingMemory(**self._sums)
        statistics = sum(elements(shape) for layer in plan.layers for shape in layer.statistics.values())
        self._make("weights", "weights", (plan.parameters + statistics) * FLOAT32_BYTES)
        self._make("optimizer", "optimizer", plan.parameters * train.optimizer.slots * FLOAT32_BYTES)
        self._make("batch", "activations", elements(plan.input) * batch_size)
        self._numbers(INPUT, "activations", elements(plan.input))
        for step in self.steps:
            words = elements(step.layer.output) * step.footprint.random
            self._make(f"{step.layer.name} random", "workspace", words * batch_size * FLOAT32_BYTES)
        self._drop(*(f"{step.layer.name} random" for step in self.steps))
        for step in self.steps:
            if step.product and not step.first:
                size = elements(step.layer.shapes["kernel"]) * FLOAT32_BYTES
                self._make(f"{step.layer.name} turned", "workspace", size)
            if step.scattered:
                self._coordinates(f"{step.layer.name} places", step.scattered.input)
                self._numbers(f"{step.layer.name} zeros", "workspace", elements(step.scattered.input))

    def _make(self, name: str, part: Part, size: int) -> None:
        self._alive[name] = (part, size)
        self._sums[part] += size
        if sum(self._sums.values()) > self.most.total:
            self.most = TrainingMemory(**self._sums)

    def _numbers(self, name: str, part: Part, count: int) -> None:
        """`count` activations of each example."""
        self._make(name, part, count * self._activation_bytes)

    def _coordinates(self, name: str, shape: Shape) -> None:
        """Four integers, one an axis, for each cell of a map of each example."""
        self._make(name, "workspace", 4 * elements(shape) * self.batch_size * INT32_BYTES)

    def _drop(self, *names: str) -> None:
        for name in names:
            part, size = self._alive.pop(name, ("workspace", 0))
            self._sums[part] -= size

    def forward(self, step: _Step) -> None:
        """The layer's output, and what is kept for the way back."""
        own = step.layer.name
        kept = not step.footprint.reads_input
        if step.choice and step.geometry:
            kept = step.choice.weight_gradient not in ("flat", "pointwise")
            if kept:
                self._numbers(f"{own} input", "activations", scratch.kept_input(step.choice, step.geometry))
            self._numbers(f"{own} patches", "workspace", scratch.output(step.choice, step.geometry))
        if step.layer.shapes:
            arrays = max(step.footprint.kept, 1)
            self._numbers(f"{own} sums", "activations", elements(step.layer.output) * arrays)
        self._drop(f"{own} patches")
        self._numbers(own, "activations", step.output)
        if step.scattered:
            self._coordinates(f"{own} maxima", step.scattered.output)
            self._drop(f"{own} places")
        if kept:
            self._drop(step.reads)
        if step.placed:
            self._drop(f"{own} sums")
            self._make(f"{own} place", "activations", elements(step.placed.output) * self.batch_size)
            self._numbers(f"{own} sums", "activations", step.output * step.footprint.kept)
        elif not step.footprint.kept and not step.pooled:
            self._drop(f"{own} sums")

    def loss(self) -> None:
        """The gradient of the last output takes its place."""
        last = self.steps[-1]
        self._drop(last.layer.name)
        self._numbers(_gradient(last.layer.name), "workspace", last.output)

    def backward(self, step: _Step) -> None:
        """The gradients of the layer's weights and of its input; then what was kept for them goes."""
        own, sums = step.layer.name, f"{step.layer.name} gradient of sums"
        if step.layer.shapes:
            self._numbers(sums, "workspace", elements(step.layer.output))
            self._drop(_gradient(own))
            self._numbers("norm", "workspace", elements(step.layer.output) * step.footprint.norm)
            self._drop("norm", f"{own} sums")
            if step.choice and step.geometry:
                self._numbers("scratch", "workspace", scratch.weight_gradient(step.choice, step.geometry))
        if not step.first:
            self._numbers("pieces", "workspace", step.pieces)
            self._numbers(_gradient(step.reads), "workspace", elements(step.layer.input))
            self._drop("pieces")
        self._make(f"{own} weights", "gradients", step.layer.parameters * FLOAT32_BYTES)
        self._make("squares", "workspace", step.layer.parameters * FLOAT32_BYTES)
        self._drop("squares", _gradient(own), sums, "scratch", step.reads)
        self._drop(*(f"{own} {kept}" for kept in ("input", "turned", "zeros", "maxima", "place")))


def _gradient(name: str) -> str:
    return f"gradient of {name}"


def _steps(plan: Plan, batch_size: int, platform: str | None) -> list[_Step]:
    steps: list[_Step] = []
    reads, first = INPUT, True
    for stage in stages(plan):
        layer = stage.layer
        geometry = stage.geometry
        choice = choose(geometry, batch_size, platform or "", first) or Choice() if geometry else None
        scattered = _scattered(stage.pooled or layer, platform)
        steps.append(_Step(layer, stage.pooled, reads, first, choice, geometry, scattered))
        reads, first = layer.name, first and not layer.shapes
    return steps


def _scattered(layer: PlannedLayer, platform: str | None) -> PlannedLayer | None:
    """The layer, if it is a max pooling that XLA runs its own way."""
    if not isinstance(layer.settings, Pool) or layer.settings.type != "max" or layer.output[:2] == (1, 1):
        return None
    height, width = layer.settings.axes(layer.input)
    return layer if pooling.choose((height.kernel, width.kernel), platform or "") is None else None
