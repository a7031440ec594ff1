"""The layers of a Keras model as operations."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from netspec.importing.building import Building, Wire
from netspec.importing.graph import Graph, Origin
from netspec.importing.sizes import NO_PADS, Broken, Pads, sized


class Arrays(Protocol):
    """Where the weights are."""

    def of(self, place: list[str], layer: str) -> list[Callable[[], Any]]:
        """The arrays of a layer, in order."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """What a layer reads."""

    wire: Wire
    pads: Pads = NO_PADS
    """Zeros that a layer put around it."""
    affine: tuple[Any, Any] | None = None
    """Of the image: factor and summand of each channel."""
    ended: bool = False
    """Whether it is the probabilities."""


@dataclass(slots=True)
class Layer:
    """A layer with what it reads."""

    kind: str
    name: str
    config: dict[str, Any]
    inputs: list[Tensor]
    arrays: list[Callable[[], Any]]
    building: Building
    old: bool
    """Whether Keras 2 or an older one wrote it."""
    called: dict[str, Any] = field(default_factory=dict)
    """What it is called with besides its inputs."""

    @property
    def origin(self) -> Origin:
        """What the source calls it."""
        return Origin(self.name)

    def get(self, name: str, default: Any = None) -> Any:
        """A value of its configuration."""
        return self.config.get(name, default)

    def unsaid(self, message: str, help: str | None = None, code: str = "NS290") -> None:
        """What the format cannot say of it."""
        self.building.unsaid(self.origin, message, help, code)

    def read(self, padded: bool = False, place: int = 0) -> Tensor:
        """A value that it reads. Raises Broken."""
        if not self.inputs:
            raise Broken("it reads nothing", self.origin)
        tensor = self.inputs[place]
        if not tensor.wire.value and self.kind not in ("Rescaling", "Normalization"):
            self.building.normalized(tensor.affine, self.origin)
        if tensor.ended:
            self.unsaid("it reads probabilities, and the format ends with the logits")
        if any(tensor.pads[0] + tensor.pads[1]) and not padded:
            self.unsaid("zeros are put around a map, and no convolution follows")
        return tensor

    def is_map(self, wire: Wire) -> bool:
        """Whether a value has more than one cell."""
        shape = self.building.graph.shape(wire.value)
        return len(shape) == 3 and shape[:2] != (1, 1)


class Model:
    """A model with its layers; those in other models are its own."""

    def __init__(
        self, config: dict[str, Any], name: str, arrays: Arrays | None, given: Sequence[int] | None = None
    ) -> None:
        self.config, self.name, self.arrays, self.given = config, name, arrays, given
        self.building: Building | None = None
        self.old = not str(config.get("module", "")) and "registered_name" not in config and _is_old(config)

    def graph(self) -> Graph:
        """The whole graph."""
        result = self._model(self.config, [], [])
        if self.building is None:
            raise Broken("it does not say how large its images are")
        graph = self.building.done(result.wire, result.pads)
        graph.ended = result.ended
        return graph

    def _model(self, model: dict[str, Any], given: list[Tensor], place: list[str]) -> Tensor:
        """A model's layers behind what it reads; the outermost reads the images."""
        kind, config = str(model.get("class_name")), model["config"]
        layers = config if isinstance(config, list) else config.get("layers")
        if kind not in ("Sequential", "Functional", "Model") or not isinstance(layers, list):
            raise Broken(
                f"a model of the class `{kind}` holds a program; only Sequential and Functional ones are data",
                code="NS295",
            )
        if given and (len(given) > 1 or sum(_kind(layer) == "InputLayer" for layer in layers) > 1):
            raise Broken("a model in it reads several values", Origin(place[-1] if place else ""))
        values: dict[str, Tensor] = {}
        counts: Counter[str] = Counter()
        last = given[0] if given else None
        for number, layer in enumerate(layers):
            name, own = self._facts(layer)
            filed = snake(str(layer.get("class_name")))
            filed, counts[filed] = (f"{filed}_{counts[filed]}" if counts[filed] else filed), counts[filed] + 1
            before = [last] if last is not None else []
            names = _inbound(layer, name)
            inputs = [values[one] for one in names if one in values] if kind != "Sequential" else before
            if len(inputs) < len(names) and kind != "Sequential":
                raise Broken("it reads a layer that does not stand before it", Origin(name))
            last = self._layer(layer, own, name, inputs, [*place, filed], number == 0, given)
            values[name] = last
        if last is None:
            raise Broken("it has no layer")
        outputs = _names(config.get("output_layers")) if isinstance(config, dict) else []
        if len(outputs) > 1:
            raise Broken(f"it has {len(outputs)} results, and the format has one")
        return values.get(outputs[0], last) if outputs else last

    def _facts(self, layer: Any) -> tuple[str, dict[str, Any]]:
        if not isinstance(layer, dict) or not isinstance(layer.get("config"), dict):
            raise Broken("a layer without `class_name` and `config`")
        config: dict[str, Any] = layer["config"]
        return str(layer.get("name") or config.get("name") or layer.get("class_name")), config

    def _layer(
        self,
        layer: dict[str, Any],
        config: dict[str, Any],
        name: str,
        inputs: list[Tensor],
        place: list[str],
        first: bool,
        given: list[Tensor],
    ) -> Tensor:
        from netspec.importing.sources.keras_functions import made

        kind = str(layer.get("class_name"))
        if kind == "InputLayer" and given:
            return given[0]
        shape = config.get("batch_shape") or config.get("batch_input_shape") or config.get("input_shape")
        if self.building is None and shape is not None:
            size = sized(list(shape)[-3:], self.given) if len(shape) >= 4 else [1, 1, shape[-1]]
            self.building = Building(self.name, "Keras", size)
            inputs = [Tensor(Wire(0))]
        if kind == "InputLayer":
            if self.building is None or self.building.graph.ops:
                raise Broken("it reads several inputs, and the format has one: the images", Origin(name))
            return Tensor(Wire(0))
        if kind in ("Sequential", "Functional", "Model"):
            return self._model(layer, inputs, place)
        if self.building is None:
            raise Broken("the size of its images is not known", Origin(name))
        arrays = self.arrays.of(place, name) if self.arrays is not None else []
        return made(Layer(kind, name, config, inputs, arrays, self.building, self.old, _called(layer)), layer)


def _is_old(config: Any) -> bool:
    """Whether a configuration is that of Keras 2: what a layer reads stands in lists."""
    layers = config["config"] if isinstance(config["config"], list) else config["config"].get("layers", [])
    return not any(
        isinstance(node, dict)
        for layer in layers
        if isinstance(layer, dict)
        for node in layer.get("inbound_nodes") or ()
    ) and (any("batch_input_shape" in layer.get("config", {}) for layer in layers if isinstance(layer, dict)))


def _inbound(layer: dict[str, Any], name: str) -> list[str]:
    """The names of the layers that a layer reads. Raises Broken where it is used more than once."""
    nodes = layer.get("inbound_nodes") or []
    if len(nodes) > 1:
        raise Broken("it is used more than once; the format shares no layers", Origin(name))
    if not nodes:
        return []
    node = nodes[0]
    if isinstance(node, list):  # Keras 2: [[name, node, tensor, {}], …]
        return [str(one[0]) for one in node if isinstance(one, list) and one]
    found: list[str] = []
    waiting = [node]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, dict) and one.get("class_name") == "__keras_tensor__":
            found.append(str(one["config"]["keras_history"][0]))
        elif isinstance(one, dict):
            waiting[:0] = list(one.values())
        elif isinstance(one, list):
            waiting[:0] = one
    return found


def _kind(layer: Any) -> str:
    return str(layer.get("class_name")) if isinstance(layer, dict) else ""


def _called(layer: dict[str, Any]) -> dict[str, Any]:
    """What a layer is called with besides its inputs."""
    node = next(iter(layer.get("inbound_nodes") or []), None)
    if isinstance(node, dict):
        return dict(node.get("kwargs") or {})
    return {key: value for one in node or () if isinstance(one, list) and len(one) > 3 for key, value in one[3].items()}


def _names(listed: Any) -> list[str]:
    """The layers that give results: `[name, 0, 0]`, or a list of such."""
    if not isinstance(listed, list) or not listed:
        return []
    return [str(one[0]) for one in listed] if isinstance(listed[0], list) else [str(listed[0])]


def snake(name: str) -> str:
    """The name of a class as weights are filed under.

    >>> snake("DepthwiseConv2D"), snake("ReLU")
    ('depthwise_conv2d', 're_lu')
    """
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
