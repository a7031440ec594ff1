"""How many bytes training needs: one step is walked through, and the moment is found when most is alive.

The walk is that of XLA's own schedule: all stages forwards, then all backwards, each array alive from the one that makes
it to the last one that reads it, forwards or backwards. Elementwise functions fuse with what reads them and cost nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from netspec.analysis.plan import FLOAT32_BYTES, PRECISION_BYTES, Plan, PlannedLayer
from netspec.analysis.rules import rules
from netspec.analysis.stages import Stage, stages
from netspec.language.kind import Footprint, elements

Part = Literal["weights", "optimizer", "gradients", "activations", "workspace"]
PARTS: tuple[Part, ...] = ("weights", "optimizer", "gradients", "activations", "workspace")

TOLERANCE = 0.25
"""The share of XLA's own figure that the prediction may be off, on CPU: what tests/training/test_memory.py holds it to."""

INT32_BYTES = 4
Name = int | str | tuple[int, str]


@dataclass(frozen=True, slots=True)
class TrainingMemory:
    """What one training step holds at the moment when that is most, in bytes."""

    weights: int
    """The trained arrays and the running statistics."""
    optimizer: int
    """The optimizer's arrays."""
    gradients: int
    """The gradients of the weights that are there by then, and with `accumulate` their sums."""
    activations: int
    """The images of the step, and what the forward pass keeps for the backward pass."""
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
    for stage in walk.stages:
        walk.forward(stage)
    walk.loss()
    for stage in reversed(walk.stages):
        walk.backward(stage)
    return walk.most


class _Walk:
    """The arrays that are alive, and the sums of the moment when they were most.

    A value of the plan is called by its number, and what a stage holds besides by the stage's number and what it is.
    """

    def __init__(self, plan: Plan, batch_size: int, platform: str | None) -> None:
        train = plan.spec.train.value
        self.plan = plan
        self.stages = stages(plan)
        self.batch_size = batch_size
        self._held = {stage.layer.value: self._footprint(stage, platform or "") for stage in self.stages}
        self._keepers: dict[int, int] = {}
        """For each value that is kept for the backward pass, the first stage that reads it there: the last to need it."""
        for stage in self.stages:
            held = self._held[stage.layer.value]
            if self._keeps_input(stage.layer) and held.reads_input and (held.stand_in is None or held.led):
                for value in stage.layer.reads:
                    self._keepers.setdefault(value, stage.layer.value)
        # XLA:CPU computes bfloat16 in float32, and keeps it so.
        self._activation_bytes = batch_size * PRECISION_BYTES["float32" if platform == "cpu" else train.precision]
        self._alive: dict[Name, tuple[Part, int]] = {}
        self._sums: dict[Part, int] = dict.fromkeys(PARTS, 0)
        self.most, self._most = TrainingMemory(**self._sums), 0
        statistics = sum(elements(shape) for layer in plan.layers for shape in layer.statistics.values())
        self._make("weights", "weights", (plan.parameters + statistics) * FLOAT32_BYTES)
        self._make("optimizer", "optimizer", plan.trained_parameters * train.optimizer.slots * FLOAT32_BYTES)
        self._accumulate = train.accumulate
        if train.accumulate > 1:
            self._make("sums", "gradients", plan.trained_parameters * FLOAT32_BYTES)
        self._make("batch", "activations", elements(plan.input) * batch_size * train.accumulate)
        self._numbers(0, "activations", elements(plan.input))
        for number, held in self._held.items():
            words = elements(plan.layers[number - 1].output) * held.random
            self._make((number, "random"), "workspace", words * batch_size * FLOAT32_BYTES)
        self._drop(*((number, "random") for number in self._held))
        for stage in self.stages:
            number, held = stage.layer.value, self._held[stage.layer.value]
            if plan.needs_gradient(stage.layer):
                self._make((number, "turned"), "workspace", held.turned * FLOAT32_BYTES)
            self._coordinates((number, "places"), held.scattered[0])
            self._numbers((number, "zeros"), "workspace", held.scattered[0])

    def _footprint(self, stage: Stage, platform: str) -> Footprint:
        gradient = self.plan.needs_gradient(stage.layer)
        return rules(stage.layer.kind).footprint(stage, self.batch_size, platform, gradient)

    def _goes_back(self, layer: PlannedLayer) -> bool:
        """Whether the backward pass comes to a layer: something that is trained stands in it or behind it."""
        return self.plan.trained[layer.value]

    def _keeps_input(self, layer: PlannedLayer) -> bool:
        """Whether the backward pass may read what the layer reads: a frozen sum passes the gradient on by its weights alone."""
        return self._goes_back(layer) and (self.plan.trains(layer) or not layer.shapes)

    def _make(self, name: Name, part: Part, size: int) -> None:
        if not size:
            return
        self._alive[name] = (part, size)
        self._sums[part] += size
        total = sum(self._sums.values())
        if total > self._most:
            self._most, self.most = total, TrainingMemory(**self._sums)

    def _numbers(self, name: Name, part: Part, count: int) -> None:
        """`count` activations of each example."""
        self._make(name, part, count * self._activation_bytes)

    def _coordinates(self, name: Name, cells: int) -> None:
        """Four integers, one an axis, for each cell of a map of each example."""
        self._make(name, "workspace", 4 * cells * self.batch_size * INT32_BYTES)

    def _drop(self, *names: Name) -> None:
        for name in names:
            part, size = self._alive.pop(name, ("workspace", 0))
            self._sums[part] -= size

    def forward(self, stage: Stage) -> None:
        """The stage's output, and what is kept for the way back; a value that nobody reads again goes."""
        layer, number = stage.layer, stage.layer.value
        held, output = self._held[number], elements(stage.result.output)
        if not self._goes_back(layer):
            self._passed(stage)
            return
        if held.stand_in is not None or held.led:
            self._numbers((number, "input"), "activations", held.stand_in or elements(layer.input))
        self._numbers((number, "patches"), "workspace", held.patches)
        if layer.shapes or held.kept:
            self._numbers((number, "sums"), "activations", elements(layer.output) * max(held.kept, 1))
        self._drop((number, "patches"))
        self._numbers(stage.result.value, "activations", output)
        self._coordinates((number, "maxima"), held.scattered[1])
        self._drop((number, "places"))
        self._drop_read(layer)
        if held.places:
            self._drop((number, "sums"))
            self._make((number, "place"), "activations", held.places * self.batch_size)
            self._numbers((number, "sums"), "activations", output * held.kept)
        elif not held.kept and not stage.within:
            self._drop((number, "sums"))

    def _passed(self, stage: Stage) -> None:
        """A stage of which nothing is kept, for the backward pass does not come to it."""
        number, held = stage.layer.value, self._held[stage.layer.value]
        self._numbers((number, "patches"), "workspace", held.patches)
        self._numbers(stage.result.value, "activations", elements(stage.result.output))
        self._drop((number, "patches"), (number, "places"), (number, "zeros"))
        self._drop_read(stage.layer)

    def _drop_read(self, layer: PlannedLayer) -> None:
        """What a layer has read, where it was the last to do so and nothing comes back to it."""
        for value in layer.reads:
            if value not in self._keepers and self.plan.readers[value][-1] is layer:
                self._drop(value)

    def loss(self) -> None:
        """The gradient of the last output takes its place."""
        last = self.stages[-1].result
        self._drop(last.value)
        self._numbers((last.value, "gradient"), "workspace", elements(last.output))

    def backward(self, stage: Stage) -> None:
        """The gradients of the stage's weights and of what it reads; then what was kept for them goes."""
        layer, number = stage.layer, stage.layer.value
        held, own = self._held[number], (stage.result.value, "gradient")
        if not self._goes_back(layer):
            return
        if layer.shapes or held.kept:
            self._numbers((number, "gradient of sums"), "workspace", elements(layer.output))
            self._drop(own)
            self._numbers("norm", "workspace", elements(layer.output) * held.norm)
            self._drop("norm", (number, "sums"))
            self._numbers("layouts", "workspace", held.layouts)
        for value, shape in zip(layer.reads, layer.inputs, strict=True):
            if self.plan.trained[value]:
                self._numbers("pieces", "workspace", held.pieces)
                # A value with several readers adds up what they give: the second comes beside the first, and goes.
                added = (value, "gradient") in self._alive
                self._numbers("added" if added else (value, "gradient"), "workspace", elements(shape))
                self._drop("pieces", "added")
        trained = layer.parameters * self.plan.trains(layer)
        self._make((number, "weights"), "gradients", trained * FLOAT32_BYTES)
        if self._accumulate == 1:  # else the squares are those of the sums, when all gradients are gone
            self._make("squares", "workspace", trained * FLOAT32_BYTES)
        self._drop("squares", own, (number, "gradient of sums"), "layouts")
        self._drop(*(value for value in layer.reads if self._keepers.get(value, number) == number))
        self._drop(*((number, kept) for kept in ("input", "turned", "zeros", "maxima", "place")))
