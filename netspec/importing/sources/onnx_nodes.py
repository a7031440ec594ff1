"""The nodes of an ONNX graph as operations: which tensor is which value, in which layout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from netspec.importing.building import NO_PADS, Broken, Building, Pads, Wire
from netspec.importing.graph import Graph, Origin
from netspec.importing.sources.onnx_constants import Constant, folded, of_array


@dataclass(frozen=True, slots=True)
class Tensor:
    """A value as a node reads it."""

    wire: Wire
    layout: str = "chw"
    """The order of a map's axes behind the batch, and that in which a vector was made of one: `chw` or `hwc`."""
    pads: Pads = NO_PADS
    """Zeros that a node put around it."""
    gelu: tuple[str, float] | None = None
    """How much of an exact gelu was computed of it, with what it is multiplied by."""
    ended: bool = False
    """Whether it is the probabilities."""
    affine: tuple[Any, Any] | None = None
    """Of the image: factor and summand of each channel."""


@dataclass(slots=True)
class Node:
    """A node with its attributes, and what it reads."""

    kind: str
    origin: Origin
    attributes: dict[str, Any]
    inputs: list[str]
    outputs: list[str]

    def get(self, name: str, default: Any = None) -> Any:
        """An attribute."""
        return self.attributes.get(name, default)


class Nodes:
    """Walks over the nodes."""

    def __init__(self, graph: Any, opset: int, name: str, array: Callable[[Any], Callable[[], Any]]) -> None:
        self.proto, self.opset = graph, opset
        self.constants = {one.name: Constant(tuple(one.dims), array(one)) for one in graph.initializer}
        images = [one for one in graph.input if one.name not in self.constants]
        if len(images) != 1:
            raise Broken(f"it reads {len(images)} inputs, and the format has one: the images")
        self.nodes = [self._node(number, one, array) for number, one in enumerate(graph.node)]
        size, layout = self._size(images[0])
        self.building = Building(
            graph.name if graph.name not in ("", "main_graph", "torch_jit") else name, "ONNX", size
        )
        self.tensors: dict[str, Tensor] = {images[0].name: Tensor(Wire(0), layout)}

    def _node(self, number: int, proto: Any, array: Callable[[Any], Callable[[], Any]]) -> Node:
        from onnx.helper import get_attribute_value

        found: dict[str, Any] = {}
        for one in proto.attribute:
            value = get_attribute_value(one)
            value = value.decode(errors="replace") if isinstance(value, bytes) else value
            found[one.name] = array(value)() if hasattr(value, "data_type") and hasattr(value, "dims") else value
        outputs = list(proto.output)
        name = proto.name or f"{proto.op_type} {number} ({outputs[0] if outputs else ''})"
        return Node(proto.op_type, Origin(name), found, list(proto.input), outputs)

    def _size(self, image: Any) -> tuple[tuple[int, ...], str]:
        """The image's height, width and channels, and the layout that the network reads."""
        dims = [dim.dim_value or None for dim in image.type.tensor_type.shape.dim]
        if len(dims) == 2 and dims[1]:
            return (1, 1, dims[1]), "chw"
        if len(dims) != 4 or None in dims[1:]:
            given = " x ".join(str(dim or "?") for dim in dims)
            raise Broken(f"its images are {given}: height, width and channels must be known", Origin(image.name))
        readers = [node for node in self.nodes if image.name in node.inputs]
        first = next((node for node in readers if node.kind == "Transpose"), None)
        if first is not None and list(first.get("perm") or ()) == [0, 3, 1, 2]:
            return (dims[1], dims[2], dims[3]), "hwc"  # type: ignore[return-value]
        return (dims[2], dims[3], dims[1]), "chw"  # type: ignore[return-value]

    def graph_of(self) -> Graph:
        """The whole graph."""
        from netspec.importing.sources.onnx_shapes import OPERATORS

        for node in self.nodes:
            if self._folded(node):
                continue
            operator = OPERATORS.get(node.kind)
            read = self.map(node, 0)
            if operator is None:
                self.building.unsaid(node.origin, f"`{node.kind}` is no operation that the format has")
            result = operator(self, node) if operator is not None else read
            for output in node.outputs[:1]:
                self.tensors[output] = result
        if not self.proto.output or self.proto.output[0].name not in self.tensors:
            raise Broken("its first output is given by no node")
        graph = self.building.done(self.tensors[self.proto.output[0].name].wire)
        kinds = {node.kind for node in self.nodes}
        graph.inference = not kinds & {"Dropout", "BatchNormalization"} and "Conv" in kinds
        return graph

    def _folded(self, node: Node) -> bool:
        """Whether a node computes of constants alone."""
        if node.kind == "Constant":
            self.constants[node.outputs[0]] = _constant(node)
            return True
        names = [name for name in node.inputs if name]
        if node.kind == "Shape" and names[0] in self.tensors:
            shape = self._dims(self.tensors[names[0]])
            import numpy as np

            self.constants[node.outputs[0]] = of_array(np.asarray(shape, np.int64))
            return True
        if names and all(name in self.constants for name in names):
            found = folded(node.kind, [self.constants[name] for name in names], node.attributes)
            if found is not None:
                self.constants[node.outputs[0]] = found
            return found is not None
        return False

    def _dims(self, tensor: Tensor) -> tuple[int, ...]:
        shape = self.building.shape(tensor.wire)
        if len(shape) == 3 and tensor.layout == "chw":
            shape = (shape[2], shape[0], shape[1])
        return (1, *shape)

    def map(self, node: Node, at: int, padded: bool = False) -> Tensor:
        """What a node reads, which no constant is. Padding is said to be lost where nobody takes it. Raises Broken."""
        name = node.inputs[at] if at < len(node.inputs) else ""
        if name not in self.tensors:
            raise Broken(f"it reads `{name}`, which no node before it gives", node.origin)
        tensor = self.tensors[name]
        if tensor.affine is not None:
            self._normalized(tensor)
            tensor = replace(tensor, affine=None)
        if tensor.ended and node.kind not in ("Identity", "Reshape", "Flatten", "Squeeze"):
            self.building.unsaid(node.origin, "it reads probabilities, and the format ends with the logits")
        if any(tensor.pads[0] + tensor.pads[1]) and not padded:
            self.building.unsaid(node.origin, "zeros are put around a map, and no convolution follows")
        return tensor

    def constant(self, node: Node, at: int) -> Constant | None:
        """A constant that a node reads, where it does."""
        return self.constants.get(node.inputs[at]) if at < len(node.inputs) and node.inputs[at] else None

    def weights(self, node: Node, at: int) -> Constant:
        """A constant that a node must read. Raises Broken."""
        found = self.constant(node, at)
        if found is None:
            raise Broken("its weights are computed, and no constants", node.origin)
        return found

    def channels(self, node: Node, tensor: Tensor, at: int) -> Callable[[], Any] | None:
        """A constant of one number a channel, or of one for all, as an array of channels; None where it is another."""
        found = self.constant(node, at)
        count = self.building.shape(tensor.wire)[-1]
        if found is None or prod(found.shape) not in (1, count):
            return None
        axis = len(found.shape) - (3 if tensor.layout == "chw" and not tensor.wire.flat else 1)
        if prod(found.shape) > 1 and len(found.shape) > 1 and found.shape[axis] != count:
            return None

        def array() -> Any:
            import numpy as np

            return np.broadcast_to(found.make().reshape(-1), (count,)).astype(np.float32)

        return array

    def _normalized(self, tensor: Tensor) -> None:
        """The normalization of the images: (x - mean) / deviation."""
        assert tensor.affine is not None
        factor, summand = tensor.affine
        self.building.graph.normal = (-summand / factor, 1 / factor)
        self.building.note("the images are normalized as the weights have it: `state/input`")

    def swap(self, wire: Wire, settings: Any) -> Wire:
        """A function of one number on what a value is made of, in place of what was read so far of it."""
        return self.building.step(wire, settings, Origin(self.building.graph.ops[-1].origin.name))


def _constant(node: Node) -> Constant:
    import numpy as np

    for name in ("value", "value_float", "value_int", "value_floats", "value_ints"):
        if name in node.attributes:
            return of_array(np.asarray(node.attributes[name]))
    raise Broken("a constant of a kind that is not read", node.origin)
