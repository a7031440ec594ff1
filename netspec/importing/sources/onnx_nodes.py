"""The nodes of an ONNX graph as operations: which tensor is which value, in which layout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from netspec.importing.building import Building, Wire
from netspec.importing.graph import Graph, Origin
from netspec.importing.sizes import NO_PADS, Broken, Pads, sized
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
    groups: int = 0
    """In how many groups of channels it is laid out anew, for a norm of each."""


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

    def __init__(
        self, graph: Any, name: str, array: Callable[[Any], Callable[[], Any]], given: Sequence[int] | None = None
    ) -> None:
        self.proto = graph
        self.constants = {one.name: Constant(tuple(one.dims), array(one)) for one in graph.initializer}
        images = [one for one in graph.input if one.name not in self.constants]
        if len(images) != 1:
            raise Broken(f"it reads {len(images)} inputs, and the format has one: the images")
        self.nodes = [self._node(number, one, array) for number, one in enumerate(graph.node)]
        size, layout = self._size(images[0], given)
        self.building = Building(
            graph.name if graph.name not in ("", "main_graph", "torch_jit") else name, "ONNX", size
        )
        self.building.once = True
        self.tensors: dict[str, Tensor] = {
            images[0].name: Tensor(
                Wire(0, size[:2] == (1, 1) and layout == "flat"), "chw" if layout == "flat" else layout
            )
        }

    def _node(self, number: int, proto: Any, array: Callable[[Any], Callable[[], Any]]) -> Node:
        from onnx.helper import get_attribute_value

        found: dict[str, Any] = {}
        for one in proto.attribute:
            value = get_attribute_value(one)
            value = value.decode(errors="replace") if isinstance(value, bytes) else value
            found[one.name] = array(value)() if hasattr(value, "data_type") and hasattr(value, "dims") else value
        outputs = list(proto.output)
        name = proto.name or f"{proto.op_type} {number} ({outputs[0] if outputs else ''})"
        kind = proto.op_type if proto.domain in ("", "ai.onnx") else f"{proto.domain}.{proto.op_type}"
        return Node(kind, Origin(name), found, list(proto.input), outputs)

    def _size(self, image: Any, given: Sequence[int] | None) -> tuple[tuple[int, ...], str]:
        """The image's height, width and channels, and the layout that the network reads."""
        dims = [dim.dim_value or None for dim in image.type.tensor_type.shape.dim]
        if len(dims) == 2 and dims[1]:
            return (1, 1, dims[1]), "flat"
        if len(dims) != 4:
            raise Broken(
                f"it reads arrays of {len(dims)} axes, and images have four: how many, channels, height, width"
            )
        readers = [node for node in self.nodes if image.name in node.inputs]
        first = next((node for node in readers if node.kind == "Transpose"), None)
        if first is not None and list(first.get("perm") or ()) == [0, 3, 1, 2]:
            return sized(dims[1:], given), "hwc"
        return sized((dims[2], dims[3], dims[1]), given), "chw"

    def graph_of(self) -> Graph:
        """The whole graph."""
        from netspec.importing.sources.onnx_shapes import OPERATORS

        for node in self.nodes:
            if self._folded(node):
                continue
            operator = OPERATORS.get(node.kind)
            result = operator(self, node) if operator is not None else self._unknown(node)
            for output in node.outputs[:1]:
                self.tensors[output] = result
        graph = self._done()
        kinds = {node.kind for node in self.nodes}
        if "Dropout" not in kinds:
            graph.notes.append("no dropout is in the file: an export for inference leaves it out")
        if "Conv" in kinds and not any("Normalization" in kind for kind in kinds):
            graph.notes.append(
                "no norm is in the file: an export for inference may have folded it into the convolutions"
            )
        return graph

    def _unknown(self, node: Node) -> Tensor:
        """The first map that a node of an unknown kind reads, for what follows it."""
        self.building.unsaid(node.origin, f"`{node.kind}` is no operation that the format has")
        at = next((at for at, name in enumerate(node.inputs) if name in self.tensors), 0)
        return replace(self.map(node, at, padded=True, gelu=True), pads=NO_PADS, gelu=None)

    def _done(self) -> Graph:
        """The graph with its one result. Raises Broken."""
        if len(self.proto.output) != 1:
            raise Broken(f"it has {len(self.proto.output)} results, and the format has one")
        name = self.proto.output[0].name
        if name not in self.tensors:
            raise Broken("its result is given by no node")
        tensor = self.settled(Node("result", Origin(name), {}, [], []), self.tensors[name])
        graph = self.building.done(tensor.wire, tensor.pads)
        graph.ended = tensor.ended
        return graph

    def _folded(self, node: Node) -> bool:
        """Whether a node computes of constants alone."""
        if node.kind == "Constant":
            self.constants[node.outputs[0]] = _constant(node)
            return True
        names = [name for name in node.inputs if name]
        if node.kind == "Shape" and names[0] in self.tensors:
            shape = self._dims(self.tensors[names[0]])[node.get("start", 0) : node.get("end")]
            import numpy as np

            self.constants[node.outputs[0]] = of_array(np.asarray(shape, np.int64))
            return True
        if names and all(name in self.constants for name in names):
            found = folded(node.kind, [self.constants[name] for name in names], node.attributes)
            if found is not None:
                self.constants[node.outputs[0]] = found
            return found is not None
        return False

    def padded_shape(self, tensor: Tensor) -> tuple[int, ...]:
        """The shape of a map with the zeros that a node put around it."""
        sizes = zip(self.building.shape(tensor.wire), (*tensor.pads, (0, 0)), strict=False)
        return tuple(size + sum(pad) for size, pad in sizes)

    def _dims(self, tensor: Tensor) -> tuple[int, ...]:
        shape = self.padded_shape(tensor)
        if len(shape) == 3 and tensor.layout == "chw":
            shape = (shape[2], shape[0], shape[1])
        return (1, *shape)

    def map(self, node: Node, at: int, padded: bool = False, gelu: bool = False, image: bool = False) -> Tensor:
        """What a node reads, which no constant is. Raises Broken.

        What is pending on it is said to be lost unless the node takes it: padding (`padded`), a factor or a half of
        a gelu (`gelu`), what rescales the images (`image`; other nodes read them so).
        """
        name = node.inputs[at] if at < len(node.inputs) else ""
        if name not in self.tensors:
            raise Broken(f"it reads `{name}`, which no node before it gives", node.origin)
        tensor = self.tensors[name]
        if not tensor.wire.value and not image:
            self.building.normalized(tensor.affine, node.origin)
        if tensor.ended and node.kind not in ("Identity", "Reshape", "Flatten", "Squeeze"):
            self.building.unsaid(node.origin, "it reads probabilities, and the format ends with the logits")
        if any(tensor.pads[0] + tensor.pads[1]) and not padded:
            self.building.unsaid(node.origin, "zeros are put around a map, and no convolution follows")
        return tensor if gelu else self.settled(node, tensor)

    def first(self, node: Node, padded: bool = False) -> Tensor:
        """The map that a node reads whose channels must stand first. Raises Broken."""
        tensor = self.map(node, 0, padded)
        if tensor.layout != "chw" and not tensor.wire.flat:
            self.building.unsaid(node.origin, f"`{node.kind}` of a map whose channels stand last")
        return tensor

    def settled(self, node: Node, tensor: Tensor) -> Tensor:
        """A value as it is, on which no factor and no half of a gelu is pending, and which lies in no groups."""
        if tensor.groups:
            what = f"a map is laid out anew in {tensor.groups} groups, as in a channel shuffle; the format has no such step"
            self.building.unsaid(node.origin, what)
        if tensor.gelu is not None:
            what = "multiplied by a number" if tensor.gelu[0] == "scaled" else "made into a part of a gelu"
            self.building.unsaid(node.origin, f"it reads a map that is {what}; the format has no such step")
        return replace(tensor, gelu=None, groups=0)

    def alike(self, node: Node, tensors: list[Tensor]) -> None:
        """Says where maps and vectors, or maps with their channels first and last, are joined number by number."""
        if len({(one.layout, one.wire.flat) for one in tensors}) > 1:
            self.building.unsaid(node.origin, "a map and a vector, or maps of different orders, are joined")

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
        flat, count = tensor.wire.flat, self.building.shape(tensor.wire)[-1]
        if found is None or prod(found.shape) not in (1, count) or len(found.shape) > (2 if flat else 4):
            return None
        if prod(found.shape) > 1:  # ONNX lays shapes together from their ends
            axis = 3 if tensor.layout == "chw" and not flat else 1
            if len(found.shape) < axis or found.shape[-axis] != count:
                return None
            if flat and not tensor.wire.value and self.building.graph.input[:2] != (1, 1):
                return None  # of the images, the format rescales channels

        def array() -> Any:
            import numpy as np

            numbers = found.make().reshape(-1)
            if not tensor.wire.value:
                return np.broadcast_to(numbers, (self.building.graph.input[2],)).astype(np.float32)
            numbers = np.broadcast_to(numbers, (count,)).astype(np.float32)
            return self.building.reordered(tensor.wire, numbers) if tensor.layout == "chw" else numbers

        return array


def _constant(node: Node) -> Constant:
    import numpy as np

    for name in ("value", "value_float", "value_int", "value_floats", "value_ints"):
        if name in node.attributes:
            return of_array(np.asarray(node.attributes[name]))
    raise Broken("a constant of a kind that is not read", node.origin)
