"""A network as an ONNX model: what inference computes, for any batch size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import onnx
from onnx import TensorProto, helper

from netspec.analysis.heads import of_plan
from netspec.analysis.plan import INPUT, Plan, PlannedLayer
from netspec.export.meaning import result
from netspec.export.onnx.around import lead
from netspec.export.onnx.graph import BATCH, IR_VERSION, OPSET, Arrays, Graph, Writer
from netspec.export.onnx.kinds import WRITERS
from netspec.export.onnx.norms import FIRST, LAST
from netspec.export.unsupported import Unsupported
from netspec.language.kind import Shape

IMAGES = "images"
OUTPUT = "output"

Layout = Literal["nchw", "nhwc"]
Variables = Mapping[str, Mapping[str, Arrays]]


@dataclass(frozen=True)
class Form:
    """What goes into the model, and what comes out of it."""

    layout: Layout = "nchw"
    """How images lie, and the last map of a network that ends in one: (batch, channels, height, width), or channels last."""
    normalized: bool = False
    """Whether images are given normalized; else as the data source has them, and the model normalizes them."""
    logits: bool = False
    """Whether the last layer's numbers come out, and not what they say in the terms of the labels."""


@dataclass
class Program:
    """The layers of a plan, written one after the other, each on the values that it reads."""

    plan: Plan
    variables: Variables
    graph: Graph = field(default_factory=Graph)
    values: dict[int, str] = field(default_factory=dict)
    led: dict[int, str] = field(default_factory=dict)
    """What is behind the leading steps of a layer, by its number, for those that they lead too."""

    def run(self, images: str) -> str:
        """The last value for normalized images. Raises Unsupported."""
        self.values[0] = images
        for layer in self.plan.layers:
            if layer.kind not in WRITERS:
                raise Unsupported(f"layer `{layer.kind}`", "netspec's ONNX", layer.name)
            self.values[layer.value] = self._layer(layer)
        return self.values[len(self.plan.layers)]

    def _layer(self, layer: PlannedLayer) -> str:
        own = {**self.variables["params"].get(layer.name, {}), **self.variables["state"].get(layer.name, {})}
        values, read = [self.values[value] for value in layer.reads], self.plan.shape(layer.reads[0])
        if layer.settings.leading and len(read) > len(layer.input):
            # A norm before a product takes features in netspec's order, of which groups are neighbours.
            turned = self.graph.add("Transpose", layer.name, values[0], perm=LAST) if read[:2] != (1, 1) else values[0]
            values, read = [self.graph.add("Flatten", layer.name, turned, axis=1)], layer.input
        writer = Writer(self.graph, layer, read, own)
        if layer.layer.led_by is not None:
            values = [self.led[layer.layer.led_by]]
        elif layer.settings.leading:
            values[0] = self.led[layer.value] = lead(writer, values[0])
        return WRITERS[layer.kind](writer, *values)


def write(plan: Plan, variables: Variables, form: Form, facts: Mapping[str, str]) -> bytes:
    """The model's bytes: the same for the same network, whenever they are made.

    `variables` are those of a network, as arrays; `facts` become the model's metadata. Raises Unsupported.
    """
    # float32, in which bfloat16's runs keep their weights too
    held = {
        part: {layer: {name: np.asarray(a, np.float32) for name, a in own.items()} for layer, own in layers.items()}
        for part, layers in variables.items()
    }
    program = Program(plan, held)
    images = _normalized(program.graph, plan.input[2], held["state"][INPUT], form)
    name, shape = _answers(program.graph, plan, program.run(images), form)
    given = helper.make_tensor_value_info(IMAGES, TensorProto.FLOAT, [BATCH, *_lying(plan.input, form)])
    made = helper.make_tensor_value_info(name, TensorProto.FLOAT, [BATCH, *shape])
    graph = helper.make_graph(program.graph.nodes, plan.name, [given], [made], program.graph.constants)
    opset = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION, producer_name="netspec")
    for key, value in facts.items():
        model.metadata_props.add(key=key, value=value)
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def _normalized(graph: Graph, channels: int, statistics: Arrays, form: Form) -> str:
    """The images with channels first, normalized."""
    x = graph.add("Transpose", INPUT, IMAGES, perm=FIRST) if form.layout == "nhwc" else IMAGES
    if form.normalized:
        return x
    for name, operator in (("mean", "Sub"), ("deviation", "Div")):
        number = graph.constant(f"{INPUT}/{name}", statistics[name].reshape(1, channels, 1, 1))
        x = graph.add(operator, INPUT, x, number)
    return x


def _answers(graph: Graph, plan: Plan, x: str, form: Form) -> tuple[str, Shape]:
    """What comes out, by name and shape without the batch."""
    head, last = of_plan(plan), plan.layers[-1].output
    ends = result(head, form.logits)
    steps: list[tuple[str, dict[str, Any]]] = []
    if len(last) == 3 and len(plan.output) == 1:
        steps.append(("Flatten", {"axis": 1}))
    if head.answers is not None and not form.logits:
        steps.append({"softmax": ("Softmax", {"axis": 1}), "sigmoid": ("Sigmoid", {})}[head.answers])
    if len(plan.output) == 3 and form.layout == "nhwc":
        steps.append(("Transpose", {"perm": LAST}))
    for n, (operator, attributes) in enumerate(steps or [("Identity", {})], start=1):
        output = ends if n == max(len(steps), 1) else None
        x = graph.add(operator, OUTPUT, x, output=output, **attributes)
    return ends, _lying(plan.output, form)


def _lying(shape: Shape, form: Form) -> Shape:
    return (shape[-1], *shape[:-1]) if form.layout == "nchw" else shape
