"""The nodes of a program that PyTorch exported, as operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from netspec.importing.building import Building, Wire
from netspec.importing.graph import Graph, Origin
from netspec.importing.sizes import NO_PADS, Broken, Pads, sized


@dataclass(frozen=True, slots=True)
class Tensor:
    """What a node reads."""

    wire: Wire
    pads: Pads = NO_PADS
    ended: bool = False
    """Whether it is the probabilities."""


@dataclass(slots=True)
class Node:
    """A node with what it is given, by name."""

    target: str
    """`conv2d`."""
    origin: Origin
    given: dict[str, Any]
    output: str

    @property
    def kind(self) -> str:
        """`relu` for `relu_` too, which writes over what it reads."""
        return self.target.removesuffix("_")

    def get(self, name: str, default: Any = None) -> Any:
        """A value that is no tensor."""
        found = self.given.get(name)
        return default if found is None else found


class Nodes:
    """Walks over the nodes."""

    def __init__(
        self,
        module: dict[str, Any],
        arrays: dict[str, Callable[[], Any]],
        name: str,
        given: Sequence[int] | None = None,
    ) -> None:
        graph = module["graph"]
        self.stored: dict[str, Callable[[], Any] | None] = {}
        self.sizes = {one: facts.get("sizes", []) for one, facts in graph["tensor_values"].items()}
        images = []
        for spec in module["signature"]["input_specs"]:
            ((kind, facts),) = spec.items()
            argument = facts.get("arg", {})
            own = facts.get("parameter_name") or facts.get("buffer_name") or facts.get("tensor_constant_name")
            if own is not None:
                self.stored[argument["name"]] = arrays.get(own)
            elif kind == "user_input":
                images.append(argument["as_tensor"]["name"])
        if len(images) != 1:
            raise Broken(f"it reads {len(images)} inputs, and the format has one: the images")
        size = [one.get("as_int") for one in self.sizes[images[0]]]
        if len(size) not in (2, 4):
            raise Broken(
                f"it reads arrays of {len(size)} axes, and images have four: how many, channels, height, width"
            )
        shape = sized((size[2], size[3], size[1]) if len(size) == 4 else (1, 1, size[1]), given)
        self.building = Building(name, "PyTorch", shape)
        self.tensors: dict[str, Tensor] = {images[0]: Tensor(Wire(0))}
        self.nodes = [_node(one) for one in graph["nodes"]]
        outputs = [one["user_output"]["arg"] for one in module["signature"]["output_specs"] if "user_output" in one]
        if len(outputs) > 1:
            raise Broken(f"it has {len(outputs)} results, and the format has one")
        self.result = outputs[0].get("as_tensor", {}).get("name") if outputs else None
        self.overwritten: set[str] = set()
        """Values of which a node changed the numbers that it shares with another."""

    def graph_of(self) -> Graph:
        """The whole graph."""
        from netspec.importing.sources.torch_operators import OPERATORS

        for node in self.nodes:
            read = node.given.get("input", node.given.get("self"))
            if isinstance(read, _Named) and read.name in self.stored:  # buffers that count batches
                continue
            operator = OPERATORS.get(node.kind)
            if operator is None:
                self.building.unsaid(node.origin, f"`{node.target}` is no operation that the format has")
                operator = _passed
            made = operator(self, node)
            if node.target.endswith("_") and isinstance(read, _Named):
                self._overwrite(read.name, made)
            self.tensors[node.output] = made
        if self.result not in self.tensors:
            raise Broken("its result is no tensor of its nodes")
        result = self.tensors[self.result]
        if self.result in self.overwritten:
            self.building.unsaid(Origin(self.result), "its result was written over")
        graph = self.building.done(result.wire, result.pads)
        graph.ended = result.ended
        return graph

    def _overwrite(self, name: str, made: Tensor) -> None:
        """Enters what a node wrote over a value; others that share its numbers cannot be read any more."""
        written = self._root(self.tensors[name])
        self.overwritten |= {
            one for one, tensor in self.tensors.items() if one != name and self._root(tensor) == written
        }
        self.tensors[name] = made

    def _root(self, tensor: Tensor) -> int:
        """The value whose numbers a tensor shares: dropout outside training gives what it reads."""
        value = tensor.wire.value
        while value and self.building.graph.ops[value - 1].step == "dropout":
            value = self.building.graph.ops[value - 1].reads[0]
        return value

    def read(self, node: Node, name: str = "input", padded: bool = False) -> Tensor:
        """What a node reads under a name. Raises Broken."""
        found = node.given.get(name, node.given.get("self") if name == "input" else None)
        return self.value(node, found, padded)

    def value(self, node: Node, found: Any, padded: bool = False) -> Tensor:
        """A tensor that is given to a node. Raises Broken."""
        if not isinstance(found, _Named) or found.name not in self.tensors:
            raise Broken(f"it reads {getattr(found, 'name', found)!r}, which no node before it gives", node.origin)
        tensor = self.tensors[found.name]
        if found.name in self.overwritten:
            self.building.unsaid(node.origin, f"it reads `{found.name}`, which another operation wrote over")
        if tensor.ended:
            self.building.unsaid(node.origin, "it reads probabilities, and the format ends with the logits")
        if any(tensor.pads[0] + tensor.pads[1]) and not padded:
            self.building.unsaid(node.origin, "zeros are put around a map, and no convolution follows")
        return tensor

    def array(self, node: Node, name: str) -> Callable[[], Any] | None:
        """The weights that a node is given under a name; None where it is given none. Raises Broken where they are computed."""
        found = node.given.get(name)
        if found is None:
            return None
        if not isinstance(found, _Named) or found.name not in self.stored:
            raise Broken("its weights are computed", node.origin)
        stored = self.stored[found.name]
        return stored if stored is not None else _absent(found.name)

    def shape(self, node: Node, name: str) -> tuple[int, ...]:
        """The shape of such weights."""
        return tuple(int(one["as_int"]) for one in self.sizes[node.given[name].name])


def _passed(nodes: Nodes, node: Node) -> Tensor:
    """The first value that a node reads."""
    read = next((one for one in node.given.values() if isinstance(one, _Named) and one.name in nodes.tensors), None)
    return replace(nodes.value(node, read, padded=True), pads=NO_PADS)


def _absent(name: str) -> Callable[[], Any]:
    def array() -> Any:
        raise Broken(f"the weights of `{name}` are not in the file")

    return array


@dataclass(frozen=True, slots=True)
class _Named:
    """A tensor by its name."""

    name: str


def _node(one: dict[str, Any]) -> Node:
    target = str(one["target"]).removeprefix("torch.ops.aten.").partition(".")[0]
    stack = str(one.get("metadata", {}).get("nn_module_stack", "")).rpartition(";")[2].split(",")
    output = next((item["as_tensor"]["name"] for item in one["outputs"] if "as_tensor" in item), "")
    place = stack[1] if len(stack) > 1 and stack[1] else output
    return Node(target, Origin(place), {item["name"]: _plain(item["arg"]) for item in one["inputs"]}, output)


def _plain(argument: dict[str, Any]) -> Any:
    """A value as Python has it."""
    ((kind, value),) = argument.items()
    if kind == "as_tensor":
        return _Named(value["name"])
    if kind == "as_tensors":
        return [_Named(one["name"]) for one in value]
    if kind == "as_sym_int":
        return value.get("as_int", -1) if isinstance(value, dict) else -1
    if kind == "as_sym_ints":
        return [one.get("as_int", -1) for one in value]
    return None if kind == "as_none" else value
