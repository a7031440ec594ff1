"""An ONNX graph that grows node by node. Maps lie in it as (batch, channels, height, width), vectors as (batch, units)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from netspec.analysis.plan import PlannedLayer
from netspec.export.unsupported import Unsupported
from netspec.language.kind import Shape

OPSET = 20
"""The first with Gelu; HardSwish, LayerNormalization and Mish are older."""
IR_VERSION = 9
"""That of the opset."""
BATCH = "batch"
"""What the size of the batch is called: any number."""
LARGEST = 2**31 - 1
"""Bytes of a protocol buffer."""

Arrays = dict[str, np.ndarray]


@dataclass
class Graph:
    """Nodes in the order they run, and the constants that they read. Every name is given once."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    bytes: int = 0

    def unique(self, name: str) -> str:
        """The name, with a number where it is taken."""
        given, n = name, 1
        while given in self.names:
            n += 1
            given = f"{name}_{n}"
        self.names.add(given)
        return given

    def constant(self, name: str, array: np.ndarray) -> str:
        """An array as a value of the graph. Raises Unsupported where all together are more than a file can hold."""
        self.bytes += array.nbytes
        if self.bytes > LARGEST:
            raise Unsupported("more than 2 GiB of weights", "an ONNX file")
        given = self.unique(name)
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), given))
        return given

    def add(self, operator: str, place: str, *values: str, output: str | None = None, **attributes: Any) -> str:
        """A node with one output, whose name is given back. Nodes are called `PLACE/OPERATOR`."""
        name = self.unique(f"{place}/{operator}")
        self.nodes.append(helper.make_node(operator, list(values), [output or name], name, **attributes))
        return output or name


@dataclass(frozen=True)
class Writer:
    """What a layer's nodes are written with: the graph, and the layer's arrays."""

    graph: Graph
    layer: PlannedLayer
    read: Shape
    """The shape of what it reads first, as it lies: (height, width, channels), or (units,)."""
    arrays: Arrays
    """The trained arrays and running statistics, by name."""

    @property
    def settings(self) -> Any:
        """The settings of the layer."""
        return self.layer.settings

    def add(self, operator: str, *values: str, **attributes: Any) -> str:
        """A node of the layer."""
        return self.graph.add(operator, self.layer.name, *values, **attributes)

    def constant(self, name: str, array: np.ndarray) -> str:
        """An array of the layer."""
        return self.graph.constant(f"{self.layer.name}/{name}", array)

    def own(self, name: str) -> str:
        """An array of the layer, as it is."""
        return self.constant(name, self.arrays[name])

    def integers(self, name: str, *numbers: int) -> str:
        """A vector of 64-bit integers, such as a shape."""
        return self.constant(name, np.array(numbers, np.int64))

    def reshaped(self, x: str, *shape: int) -> str:
        """x in another shape; 0 stands for the size that it has there, -1 for what is left."""
        return self.add("Reshape", x, self.integers("shape", *shape))


def channels_first(shape: Shape) -> Shape:
    """The shape of a value in the graph, without the batch.

    >>> channels_first((28, 24, 3)), channels_first((400,))
    ((3, 28, 24), (400,))
    """
    return (shape[-1], *shape[:-1])
