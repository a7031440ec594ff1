"""A spec with its shapes and costs: what every later stage works from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING

from netspec.language.data import KNOWN, Data
from netspec.language.fields import Pair
from netspec.language.kind import Settings, Shape, dimensions, elements
from netspec.language.spec import Layer, Spec

if TYPE_CHECKING:
    from netspec.analysis.memory import TrainingMemory

FLOAT32_BYTES = 4
PRECISION_BYTES = {"float32": 4, "bfloat16": 2}


@dataclass(frozen=True)
class PlannedLayer:
    """One layer with what follows from its input."""

    layer: Layer
    settings: Settings
    input: Shape
    """(height, width, channels), or (units,) for fc: flattened."""
    output: Shape
    arithmetic: str
    receptive_field: Pair
    """How much of the image a unit sees, padding counted in, (height, width)."""

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.layer.name

    @property
    def kind(self) -> str:
        """conv, pool or fc."""
        return self.layer.kind

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """The trained arrays by name."""
        return self.settings.parameters(self.input)

    @cached_property
    def statistics(self) -> dict[str, Shape]:
        """The running statistics by name."""
        return self.settings.statistics(self.input)

    @cached_property
    def parameters(self) -> int:
        """How many numbers are trained."""
        return sum(elements(shape) for shape in self.shapes.values())

    @cached_property
    def macs(self) -> int:
        """Multiply-adds of the forward pass, one example."""
        return self.settings.macs(self.input, self.output)

    @property
    def activation_bytes(self) -> int:
        """Bytes of the output of one example, float32."""
        return elements(self.output) * FLOAT32_BYTES

    @property
    def fc_parameters(self) -> int:
        """What a fully connected layer with the same input and output would train: (inputs + 1) * outputs."""
        return (elements(self.input) + 1) * elements(self.output)


@dataclass(frozen=True, repr=False)
class Plan:
    """The whole network."""

    spec: Spec
    input: Shape
    layers: tuple[PlannedLayer, ...]

    def __repr__(self) -> str:
        shapes = f"{dimensions(self.input)} -> {dimensions(self.output)}"
        return f"<Plan {self.name}: {shapes}, {self.parameters:,} parameters>"

    def _repr_svg_(self) -> str:
        """The picture of the network, which a notebook shows. By name: it is drawn in a later room."""
        drawn: str = import_module("netspec.report.diagram").draw(self)
        return drawn

    @property
    def name(self) -> str:
        """The network's name."""
        return self.spec.name

    @cached_property
    def output(self) -> Shape:
        """The output's shape: (classes,) where the last map is 1x1 or the last layer is fc."""
        last = self.layers[-1].output
        return last[2:] if last[:2] == (1, 1) else last

    @cached_property
    def parameters(self) -> int:
        """How many numbers are trained."""
        return sum(layer.parameters for layer in self.layers)

    @cached_property
    def macs(self) -> int:
        """Multiply-adds of the forward pass, one example."""
        return sum(layer.macs for layer in self.layers)

    @cached_property
    def training_macs(self) -> int:
        """Multiply-adds of a training step, one example: of each layer's output, weight gradient and input gradient.

        Nothing needs the input gradient of the first layer that has weights.
        """
        weighted = [layer.macs for layer in self.layers if layer.shapes]
        return 3 * sum(weighted) - sum(weighted[:1])

    @cached_property
    def weight_bytes(self) -> int:
        """Bytes of the trained numbers at the training precision."""
        return self.parameters * PRECISION_BYTES[self.spec.train.value.precision]

    @cached_property
    def peak_activation_bytes(self) -> int:
        """Bytes of the largest layer's input and output together, one example, float32."""
        return max(elements(layer.input) + elements(layer.output) for layer in self.layers) * FLOAT32_BYTES

    @cached_property
    def receptive_field(self) -> Pair:
        """How much of the image a unit of the last feature map sees, (height, width)."""
        maps = [layer for layer in self.layers if layer.layer.block is not None]
        return maps[-1].receptive_field if maps else (1, 1)

    @cached_property
    def training_memory(self) -> TrainingMemory:
        """Bytes of training at the spec's batch size, by what they are for."""
        from netspec.analysis.memory import training_memory

        return training_memory(self, self.spec.train.value.batch_size)

    @property
    def training_bytes(self) -> int:
        """Bytes of training at the spec's batch size."""
        return self.training_memory.total


def training_share(examples: int, data: Data) -> int:
    """How many examples are left when validation is held out."""
    return examples - round(examples * data.validation)


def steps_per_epoch(examples: int, batch_size: int) -> int:
    """Whole batches of an epoch; the rest is seen in other epochs, for the order changes."""
    return max(1, examples // batch_size)


def known_examples(plan: Plan) -> int | None:
    """How many examples a plan trains on, where the size of the data set is known without opening it."""
    data = plan.spec.data.value
    known = KNOWN.get(data.source)
    return None if known is None else training_share(known.training_examples, data)


def known_steps_per_epoch(plan: Plan) -> int | None:
    """Steps of an epoch, where the size of the data set is known without opening it."""
    examples = known_examples(plan)
    return None if examples is None else steps_per_epoch(examples, plan.spec.train.value.batch_size)


def grammar(spec: Spec) -> dict[str, object]:
    """The instance of [[CONV]*N -> POOL?]*M -> [FC]*K that a spec is."""
    n = list(spec.convolutions)
    k = sum(layer.block is None for layer in spec.layers)
    parts: list[tuple[str, int]] = []
    for count, pool in zip(n, spec.pooled, strict=True):
        conv = "" if count == 0 else "CONV" if count == 1 else f"CONV*{count}"
        block = " -> ".join(part for part in (conv, "POOL" if pool else "") if part)
        if parts and parts[-1][0] == block:
            parts[-1] = (block, parts[-1][1] + 1)
        else:
            parts.append((block, 1))
    words = [block if times == 1 else f"[{block}]*{times}" for block, times in parts]
    fc = [] if k == 0 else ["FC"] if k == 1 else [f"FC*{k}"]
    return {"N": n, "M": len(n), "K": k, "text": " -> ".join(["INPUT", *words, *fc])}
