"""A spec with its shapes and costs: what every later stage works from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from itertools import groupby
from typing import TYPE_CHECKING, Any

from netspec.language.data import KNOWN, Data
from netspec.language.fields import Pair
from netspec.language.kind import Settings, Shape, dimensions, elements
from netspec.language.kinds import KINDS
from netspec.language.patterns import any_matching
from netspec.language.spec import Layer, Spec
from netspec.language.train import Train

if TYPE_CHECKING:
    from netspec.analysis.memory import TrainingMemory

INPUT = "input"
"""What the image is called among the layers; none may have the name."""
FLOAT32_BYTES = 4
PRECISION_BYTES = {"float32": 4, "bfloat16": 2}


@dataclass(frozen=True)
class PlannedLayer:
    """One layer with what follows from what it reads."""

    layer: Layer
    settings: Settings
    value: int
    """The number of what it gives: layers are counted from 1, the image is 0."""
    inputs: tuple[Shape, ...]
    """What it reads: (height, width, channels), or (units,) where the kind flattens."""
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
        """Its key in `KINDS`."""
        return self.layer.kind

    @property
    def reads(self) -> tuple[int, ...]:
        """The numbers of the values that it reads."""
        return self.layer.reads

    @property
    def input(self) -> Shape:
        """What it reads first."""
        return self.inputs[0]

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """The trained arrays by name."""
        return self.settings.parameters(*self.inputs)

    @cached_property
    def statistics(self) -> dict[str, Shape]:
        """The running statistics by name."""
        return self.settings.statistics(*self.inputs)

    @cached_property
    def parameters(self) -> int:
        """How many numbers are trained."""
        return sum(elements(shape) for shape in self.shapes.values())

    @cached_property
    def macs(self) -> int:
        """Multiply-adds of the forward pass, one example."""
        return self.settings.macs(*self.inputs, output=self.output)

    @property
    def ends_in(self) -> str | None:
        """The activation whose values the layer gives, if it gives such: nothing follows it but dropout, which only training has."""
        settings: Any = self.settings
        following = [step for step in getattr(settings, "following", ()) if step != "dropout"]
        return str(settings.activation.type) if following[-1:] == ["activation"] else None

    @property
    def shares_weights(self) -> bool:
        """Whether one kernel serves all places of a map: what the savings of convolution are counted of."""
        return "kernel" in self.shapes and len(self.output) == 3

    @property
    def activation_bytes(self) -> int:
        """Bytes of the output of one example, float32."""
        return elements(self.output) * FLOAT32_BYTES

    @property
    def held(self) -> int:
        """Numbers of one example in what it reads and gives."""
        return sum(map(elements, self.inputs)) + elements(self.output)

    @property
    def fc_parameters(self) -> int:
        """What a fully connected layer with the same input and output would train: (inputs + 1) * outputs."""
        return (sum(map(elements, self.inputs)) + 1) * elements(self.output)


@dataclass(frozen=True, repr=False)
class Plan:
    """The whole network: a straight-line program whose values are numbered, 0 the image, n what the n-th layer gives."""

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
    def readers(self) -> tuple[tuple[PlannedLayer, ...], ...]:
        """For each value by its number, the layers that read it, in order."""
        found: list[list[PlannedLayer]] = [[] for _ in range(len(self.layers) + 1)]
        for layer in self.layers:
            for value in dict.fromkeys(layer.reads):
                found[value].append(layer)
        return tuple(map(tuple, found))

    @cached_property
    def frozen(self) -> frozenset[str]:
        """The names of the layers that `train.freeze` keeps as they are, of those that have arrays to keep."""
        names = (layer.name for layer in self.layers if layer.shapes or layer.statistics)
        return any_matching(self.spec.train.value.freeze, names)

    def trains(self, layer: PlannedLayer) -> bool:
        """Whether training moves arrays of a layer: it has some, and is not frozen."""
        return bool(layer.shapes) and layer.name not in self.frozen

    @cached_property
    def trained_parameters(self) -> int:
        """How many numbers training moves: all but those of frozen layers."""
        return sum(layer.parameters for layer in self.layers if self.trains(layer))

    @cached_property
    def trained(self) -> tuple[bool, ...]:
        """For each value by its number, whether an array that is trained is behind it: training needs the gradients of those."""
        found = [False]
        for layer in self.layers:
            found.append(self.trains(layer) or any(found[value] for value in layer.reads))
        return tuple(found)

    def needs_gradient(self, layer: PlannedLayer) -> bool:
        """Whether training needs the gradient of what a layer reads: a trained layer is behind it."""
        return any(self.trained[value] for value in layer.reads) or self._led(layer)

    def _led(self, layer: PlannedLayer) -> bool:
        """Whether the steps that lead a layer train anything."""
        led_by = layer.layer.led_by
        leader = self.layers[led_by - 1] if led_by is not None else layer
        trained = leader.shapes.keys() & {"scale", "shift", "slope"} if self.trains(leader) else ()
        return bool(leader.settings.leading) and bool(trained)

    def shape(self, value: int) -> Shape:
        """The shape of a value, before anything flattens it."""
        return self.layers[value - 1].output if value else self.input

    def named(self, value: int) -> str:
        """What gives a value: `input`, or a layer by its name."""
        return self.layers[value - 1].name if value else INPUT

    @cached_property
    def training_macs(self) -> int:
        """Multiply-adds of a training step, one example: of each layer's output, and of the gradients that are taken."""
        return sum(
            layer.macs * (1 + self.trains(layer) + self.needs_gradient(layer)) for layer in self.layers if layer.shapes
        )

    @cached_property
    def weight_bytes(self) -> int:
        """Bytes of the trained numbers at the training precision."""
        return self.parameters * PRECISION_BYTES[self.spec.train.value.precision]

    @cached_property
    def peak_activation_bytes(self) -> int:
        """Bytes of the largest layer's input and output together, one example, float32."""
        return max(layer.held for layer in self.layers) * FLOAT32_BYTES

    @cached_property
    def receptive_field(self) -> Pair:
        """How much of the image a unit of the last feature map sees, (height, width)."""
        return self.last_map.receptive_field if self.last_map else (1, 1)

    @cached_property
    def last_map(self) -> PlannedLayer | None:
        """The last layer that gives a map; None where there is none."""
        return next((layer for layer in reversed(self.layers) if len(layer.output) == 3), None)

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


def steps_per_epoch(examples: int, train: Train) -> int:
    """Whole steps of an epoch; the rest of an epoch is left out, another one each time, as the order changes."""
    return max(1, examples // train.examples_per_step)


def known_examples(plan: Plan) -> int | None:
    """How many examples a plan trains on, where the size of the data set is known without opening it."""
    data = plan.spec.data.value
    known = KNOWN.get(data.source)
    return None if known is None else training_share(known.training_examples, data)


def known_steps_per_epoch(plan: Plan) -> int | None:
    """Steps of an epoch, where the size of the data set is known without opening it."""
    examples = known_examples(plan)
    return None if examples is None else steps_per_epoch(examples, plan.spec.train.value)


def grammar(spec: Spec) -> dict[str, object]:
    """The instance of [[CONV]*N -> POOL?]*M -> [FC]*K that a spec is; what a shortcut or branches join stands in brackets."""
    counted = [layer for layer in spec.layers if KINDS[layer.kind].many and not layer.added]
    blocks = dict.fromkeys(layer.block for layer in spec.layers if layer.block)
    n = Counter(layer.block for layer in counted)
    words = " -> ".join(["INPUT", *_words(spec.layers, 0)])
    return {"N": [n[block] for block in blocks], "M": len(blocks), "K": n[None], "text": words}


def _words(layers: Iterable[Layer], depth: int) -> list[str]:
    """The words of layers that stand in the same groups down to a depth: what repeats is written once, with its number."""
    parts, branches = list[tuple[bool, str]](), list[str]()
    for group, within in groupby(layers, lambda layer: layer.groups[depth] if len(layer.groups) > depth else None):
        if group is not None:
            inner = " -> ".join(_words(within, depth + 1))
            parts, branches = (parts, [*branches, inner]) if group.branch else ([*parts, (True, inner)], branches)
            continue
        for layer in within:
            word, key = KINDS[layer.kind].word, getattr(layer.settings, "key", None)
            if key == "join":
                parts.append((True, f"{word}({' | '.join(_in_order(layer, branches))})"))
            elif key == "shortcut":
                parts = [(True, f"{word}({' -> '.join(_counted(parts))})")]
            elif not layer.added:
                parts.append((False, word))
    return _counted(parts)


def _in_order(join: Layer, branches: list[str]) -> Iterator[str]:
    """The words of branches as they are joined: an empty one gives what all read, which is before what any other gives."""
    start = min(join.reads) if len(join.reads) > len(branches) else None
    words = iter(branches)
    for value in join.reads:
        yield "ID" if value == start else next(words)


def _counted(parts: list[tuple[bool, str]]) -> list[str]:
    """What follows itself once, with its number; groups in brackets."""
    found = []
    for (grouped, word), alike in groupby(parts):
        times = len(list(alike))
        found.append(word if times == 1 else f"[{word}]*{times}" if grouped else f"{word}*{times}")
    return found
