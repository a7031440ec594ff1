"""The same networks as ONNX graphs, for onnx's own evaluator in numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from netspec.analysis.plan import PlannedLayer
from netspec.lowering.network import Network

DOUBLE = int(TensorProto.DOUBLE)

ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("Relu", {}),
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
    "softplus": ("Softplus", {}),
    "hard_swish": ("HardSwish", {}),
    "hard_sigmoid": ("HardSigmoid", {"alpha": 1 / 6}),
    "mish": ("Mish", {}),
    "selu": ("Selu", {}),
}


class Graph:
    """An ONNX graph that grows at its end, `value`; its constants are float64 but for sizes."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.value = "images"
        self.is_map = True

    def add(self, operator: str, *others: str, **attributes: Any) -> None:
        """The operator on the end and on other values."""
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

    def features(self, array: Any) -> str:
        """A constant (features,) that broadcasts over what the end is."""
        return self.constant(np.reshape(array, (-1, 1, 1) if self.is_map else (-1,)))

    def model(self, shape: tuple[int, ...]) -> Any:
        value = helper.make_tensor_value_info
        images, result = value("images", TensorProto.DOUBLE, shape), value(self.value, TensorProto.DOUBLE, None)
        graph = helper.make_graph(self.nodes, "network", [images], [result], self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)])


def onnx_forward(net: Network, variables: Any, images: np.ndarray) -> np.ndarray:
    """Logits (batch, units), or the last map (batch, height, width, channels), as inference gives them, float64."""
    graph = Graph()
    graph.add("Transpose", perm=[0, 3, 1, 2])
    values, led = {0: graph.value}, dict[int, str]()
    for layer in net.plan.layers:
        arrays = {
            name: own for part in ("params", "state") for name, own in variables[part].get(layer.name, {}).items()
        }
        settings: Any = layer.settings
        graph.value, *others = (values[value] for value in layer.reads)
        if layer.kind == "fc" and graph.is_map:
            graph.channels_last()
            graph.add("Flatten")
        if layer.layer.led_by is not None:
            graph.value = led[layer.layer.led_by]
        for step in settings.leading:
            _around(graph, step, settings, arrays, layer.input[-1])
        led[layer.value] = graph.value
        OWN[layer.kind](graph, layer, arrays, others)
        for step in getattr(settings, "following", ()):
            _around(graph, step, settings, arrays, layer.output[-1])
        values[layer.value] = graph.value
    graph.channels_last()
    evaluator = ReferenceEvaluator(graph.model(images.shape))
    return np.asarray(evaluator.run(None, {"images": images.astype(np.float64)})[0])


def _sides(height: Any, width: Any) -> list[int]:
    """ONNX's order: the beginnings of all axes, then their ends."""
    return [height.padding[0], width.padding[0], height.padding[1], width.padding[1]]


def _pool(graph: Graph, layer: PlannedLayer, arrays: Any, others: Any) -> None:
    settings: Any = layer.settings
    height, width = settings.axes(layer.input)
    window: dict[str, Any] = {"kernel_shape": [height.kernel, width.kernel], "strides": [height.stride, width.stride]}
    if settings.type == "average":
        graph.add("AveragePool", **window, pads=_sides(height, width), count_include_pad=int(settings.count_padding))
        return
    # onnx 1.23.2 evaluates MaxPool with uneven pads to another size (3x5 for 4x4, window 2, pads 0 0 1 1).
    top, left, bottom, right = _sides(height, width)
    sides = graph.constant([0, 0, top, left, 0, 0, bottom, right], np.int64)
    graph.add("Pad", sides, graph.constant(-np.inf))
    graph.add("MaxPool", **window)


def _conv(graph: Graph, layer: PlannedLayer, arrays: Any, others: Any) -> None:
    settings: Any = layer.settings
    graph.add(
        "Conv",
        graph.constant(np.transpose(arrays["kernel"], (3, 2, 0, 1))),
        strides=list(settings.stride),
        pads=_sides(*settings.axes(layer.input)),
        dilations=list(settings.dilation),
        group=settings.grouping(layer.input[2]),
    )
    _bias(graph, settings, arrays)


def _fc(graph: Graph, layer: PlannedLayer, arrays: Any, others: Any) -> None:
    graph.add("MatMul", graph.constant(arrays["kernel"]))
    _bias(graph, layer.settings, arrays)


def _bias(graph: Graph, settings: Any, arrays: Any) -> None:
    if settings.bias:
        graph.add("Add", graph.features(arrays["bias"]))


def _sum(graph: Graph, layer: PlannedLayer, arrays: Any, others: list[str]) -> None:
    graph.add("Sum", *others)


def _concat(graph: Graph, layer: PlannedLayer, arrays: Any, others: list[str]) -> None:
    graph.add("Concat", *others, axis=1)


def _projection(graph: Graph, layer: PlannedLayer, arrays: Any, others: Any) -> None:
    settings: Any = layer.settings
    (down, across), (rows, columns, channels) = settings.stride, layer.output
    if settings.way == "pool":
        graph.add("AveragePool", kernel_shape=[down, across], strides=[down, across], ceil_mode=1)
    else:
        bounds = ([0, 0], [2**31, 2**31], [2, 3], [down, across])
        graph.add("Slice", *(graph.constant(ends, np.int64) for ends in bounds))
    graph.add("Slice", *(graph.constant(ends, np.int64) for ends in ([0, 0], [rows, columns], [2, 3])))
    graph.add("Pad", graph.constant([0, 0, 0, 0, 0, channels - layer.input[2], 0, 0], np.int64))


def _gate(graph: Graph, layer: PlannedLayer, arrays: Any, others: Any) -> None:
    settings: Any = layer.settings
    gated = graph.value
    graph.add("GlobalAveragePool")
    for part, activation in (("squeeze", settings.activation), ("excite", settings.gate)):
        graph.add("Conv", graph.constant(arrays[f"{part}_kernel"].T[:, :, None, None]))
        graph.add("Add", graph.features(arrays[f"{part}_bias"]))
        _activation(graph, activation, arrays.get(f"{part}_slope"))
    graph.add("Mul", gated)


def _steps(graph: Graph, layer: PlannedLayer, arrays: Any, others: Any) -> None:
    """It does nothing itself."""


OWN: dict[str, Any] = {
    "conv": _conv,
    "pool": _pool,
    "fc": _fc,
    "add": _sum,
    "concat": _concat,
    "projection": _projection,
    "gate": _gate,
    "steps": _steps,
}


def _around(graph: Graph, step: str, settings: Any, arrays: Any, features: int) -> None:
    if step == "norm":
        _norm(graph, settings.norm, arrays, features)
    elif step == "activation":
        _activation(graph, settings.activation, arrays.get("slope"))


def _norm(graph: Graph, norm: Any, arrays: Any, features: int) -> None:
    if norm.type == "local_response":
        _local_response(graph, norm, features)
        return
    scale, shift = (arrays.get(name, np.full(features, start)) for name, start in (("scale", 1.0), ("shift", 0.0)))
    trained = graph.constant(scale), graph.constant(shift)
    match norm.type:
        case "batch":
            running = graph.constant(arrays["mean"]), graph.constant(arrays["variance"])
            graph.add("BatchNormalization", *trained, *running, epsilon=norm.eps)
        case "instance":
            graph.add("InstanceNormalization", *trained, epsilon=norm.eps)
        case "group":
            graph.add("GroupNormalization", *trained, epsilon=norm.eps, num_groups=norm.groups, stash_type=DOUBLE)
        case "layer":
            if graph.is_map:
                graph.add("Transpose", perm=[0, 2, 3, 1])
            graph.add("LayerNormalization", *trained, epsilon=norm.eps)
            if graph.is_map:
                graph.add("Transpose", perm=[0, 3, 1, 2])


def _local_response(graph: Graph, norm: Any, features: int) -> None:
    """By a product with a band: onnx 1.23.2 evaluates LRN for as many channels as there are images."""
    x, before = graph.value, (norm.size - 1) // 2
    band: Any = sum(np.eye(features, k=k) for k in range(-before, norm.size - before))
    graph.add("Mul", x)
    if graph.is_map:
        graph.add("Conv", graph.constant(band[:, :, None, None]))
    else:
        graph.add("MatMul", graph.constant(band.T))
    graph.add("Mul", graph.constant(norm.alpha / norm.size))
    graph.add("Add", graph.constant(norm.k))
    graph.add("Pow", graph.constant(-norm.beta))
    graph.add("Mul", x)


def _activation(graph: Graph, activation: Any, slope: Any) -> None:
    arguments = activation.arguments
    match activation.type:
        case "none":
            return
        case "silu":
            before = graph.value
            graph.add("Sigmoid")
            graph.add("Mul", before)
        case "gelu":
            graph.add("Gelu", approximate="tanh" if arguments["approximate"] else "none")
        case "leaky_relu":
            graph.add("LeakyRelu", alpha=arguments["slope"])
        case "elu":
            graph.add("Elu", alpha=arguments["alpha"])
        case "prelu":
            graph.add("PRelu", graph.features(slope))
        case "relu6":
            graph.add("Clip", graph.constant(0), graph.constant(6))
        case _:
            operator, attributes = ACTIVATIONS[activation.type]
            graph.add(operator, **attributes)
