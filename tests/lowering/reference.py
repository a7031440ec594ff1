"""The same networks as ONNX graphs, for onnx's own evaluator in numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from netspec.lowering.network import Network

ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": 0.01}),
    "elu": ("Elu", {"alpha": 1.0}),
    "gelu": ("Gelu", {"approximate": "tanh"}),
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
    "softplus": ("Softplus", {}),
}


class Graph:
    """An ONNX graph that grows at its end, `value`; its constants are float64 but for sizes."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.value = "images"
        self.is_map = True

    def add(self, operator: str, *others: str, **attributes: Any) -> None:
        output = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, [self.value, *others], [output], **attributes))
        self.value = output

    def constant(self, array: Any, dtype: type = np.float64) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array, dtype, order="C"), name))
        return name

    def channels_last(self) -> None:
        """A map goes back to (batch, height, width, channels)."""
        if self.is_map:
            self.add("Transpose", perm=[0, 2, 3, 1])
            self.is_map = False

    def model(self, shape: tuple[int, ...]) -> Any:
        value = helper.make_tensor_value_info
        images, result = value("images", TensorProto.DOUBLE, shape), value(self.value, TensorProto.DOUBLE, None)
        graph = helper.make_graph(self.nodes, "network", [images], [result], self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])


def onnx_forward(net: Network, variables: Any, images: np.ndarray) -> np.ndarray:
    """Logits (batch, units), or the last map (batch, height, width, channels), as inference gives them, float64."""
    graph = Graph()
    graph.add("Transpose", perm=[0, 3, 1, 2])
    for layer in net.plan.layers:
        settings: Any = layer.settings
        params, state = (variables[part].get(layer.name, {}) for part in ("params", "state"))
        if layer.kind == "pool":
            _pool(graph, settings.type, *settings.axes(layer.input))
            continue
        if layer.kind == "conv":
            _conv(graph, settings, layer.input, params)
        else:
            graph.channels_last()
            graph.add("Flatten")
            graph.add("MatMul", graph.constant(params["kernel"]))
        _finish(graph, settings, params, state)
    graph.channels_last()
    evaluator = ReferenceEvaluator(graph.model(images.shape))
    return np.asarray(evaluator.run(None, {"images": images.astype(np.float64)})[0])


def _sides(height: Any, width: Any) -> list[int]:
    """ONNX's order: the beginnings of all axes, then their ends."""
    return [height.padding[0], width.padding[0], height.padding[1], width.padding[1]]


def _pool(graph: Graph, kind: str, height: Any, width: Any) -> None:
    window: dict[str, Any] = {
        "kernel_shape": [height.kernel, width.kernel],
        "strides": [height.stride, width.stride],
    }
    if kind == "average":
        graph.add("AveragePool", **window, pads=_sides(height, width))
        return
    # onnx 1.23.2 evaluates MaxPool with uneven pads to another size (3x5 for 4x4, window 2, pads 0 0 1 1).
    top, left, bottom, right = _sides(height, width)
    sides = graph.constant([0, 0, top, left, 0, 0, bottom, right], np.int64)
    graph.add("Pad", sides, graph.constant(-np.inf))
    graph.add("MaxPool", **window)


def _conv(graph: Graph, settings: Any, input: tuple[int, ...], params: Any) -> None:
    graph.add(
        "Conv",
        graph.constant(np.transpose(params["kernel"], (3, 2, 0, 1))),
        strides=list(settings.stride),
        pads=_sides(*settings.axes(input)),
        dilations=list(settings.dilation),
        group=settings.grouping(input[2]),
    )


def _finish(graph: Graph, settings: Any, params: Any, state: Any) -> None:
    if settings.bias:
        graph.add("Add", graph.constant(np.reshape(params["bias"], (-1, 1, 1) if graph.is_map else (-1,))))
    if settings.norm.type == "batch":
        arrays = (params["scale"], params["shift"], state["mean"], state["variance"])
        graph.add("BatchNormalization", *map(graph.constant, arrays), epsilon=settings.norm.eps)
    if settings.activation.type == "silu":
        before = graph.value
        graph.add("Sigmoid")
        graph.add("Mul", before)
    elif settings.activation.type != "none":
        operator, attributes = ACTIVATIONS[settings.activation.type]
        graph.add(operator, **attributes)
