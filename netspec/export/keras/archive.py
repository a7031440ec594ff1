"""A network as Keras saves a model: a zip archive of configuration and weights, made without Keras."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import h5py
import jax
import numpy as np

from netspec.analysis.heads import of_plan
from netspec.analysis.plan import INPUT, Plan
from netspec.export.code.flow import Call, images_of
from netspec.export.code.names import Names
from netspec.export.code.program import CHAIN, IMAGES
from netspec.export.keras.layer import LAYERS, Layer
from netspec.export.keras.program import TAKEN, arrays, program
from netspec.export.told import told
from netspec.export.weights import laid_out
from netspec.importing.sources.keras import CONFIG, WEIGHTS
from netspec.importing.sources.keras_layers import snake
from netspec.training.trained import TrainedNetwork

METADATA = "metadata.json"
VERSION = "3.15.0"
"""The Keras whose archives these are."""
LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of all files in the archive: the first that a zip can say."""
FINAL = {"softmax": Layer("Softmax"), "sigmoid": Layer("Activation", {"activation": "sigmoid"}, 1)}
"""What makes answers of the last layer's numbers, by the function that a head names."""


@dataclass
class Saved:
    """The layers of a model as they are saved."""

    names: Names
    layers: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By name, as they are made."""
    reads: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Which layers each reads."""
    values: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Which layer gives a variable's value, and how many axes that has with the batch's."""

    def add(self, call: Call[Layer]) -> None:
        """A layer; one without a name is called as Keras calls it, by its class."""
        layer, read = call.layer, [self.values[variable] for variable in call.reads]
        if layer is None:
            self.values[call.to] = read[0]
            return
        name = layer.name or self.names.given(snake(layer.kind))
        given = [_tensor(*one) for one in read]
        args = [given if layer.beside else given[0], *layer.more]
        self.put(layer, name, {"args": args, "kwargs": {}})
        self.reads[name] = tuple(one for one, _ in read)
        self.values[call.to] = (name, 2 if layer.kind == "Flatten" else read[-1][1])

    def put(self, layer: Layer, name: str, *called: Any) -> None:
        """A layer with what it is called with."""
        self.layers[name] = {
            "module": layer.module,
            "class_name": layer.kind,
            "config": {"name": name, **layer.config},
            "registered_name": None if layer.module == LAYERS else layer.kind,
            "name": name,
            "inbound_nodes": [*called],
        }

    def ordered(self, last: str) -> list[dict[str, Any]]:
        """The layers as Keras orders them, by which it files their weights.

        First those that are furthest from the last; of those that are equally far, the one that is met first on the way back.
        """
        met: dict[str, int] = {}
        waiting, far = [last], dict.fromkeys(self.layers, 0)
        while waiting:
            name = waiting.pop()
            if name not in met:
                met[name] = len(met)
                waiting += reversed(self.reads.get(name, ()))
        for name in reversed(self.layers):
            for read in self.reads.get(name, ()):
                far[read] = max(far[read], far[name] + 1)
        return [self.layers[name] for name in sorted(met, key=lambda name: (-far[name], met[name]))]


def _places(layers: list[dict[str, Any]]) -> dict[str, str]:
    """Where the weights of a layer are filed, by its name: under its class and how many of that came before."""
    found, counts = dict[str, str](), Counter[str]()
    for layer in layers:
        if layer["module"] == LAYERS:  # an operation has no weights, and is not counted
            filed = snake(layer["class_name"])
            found[layer["name"]] = f"{filed}_{counts[filed]}" if counts[filed] else filed
            counts[filed] += 1
    return found


def _tensor(layer: str, axes: int) -> dict[str, Any]:
    """What a layer gives. Keras finds the sizes itself."""
    config = {"shape": [None] * axes, "dtype": "float32", "keras_history": [layer, 0, 0]}
    return {"class_name": "__keras_tensor__", "config": config}


def of_run(network: TrainedNetwork, *, normalized: bool, logits: bool) -> bytes:
    """The archive of a trained network, which says in its metadata what it takes and gives. Raises Unsupported."""
    variables = jax.device_get(network.variables)
    says = told(network, variables, layout="nhwc", inside=not normalized, logits=logits)
    facts = says | {"spec": network.plan.spec.source.text}
    return write(network.plan, variables, facts, normalized=normalized, logits=logits)


def write(plan: Plan, variables: Any, facts: Mapping[str, Any], *, normalized: bool, logits: bool) -> bytes:
    """The archive's bytes: the same for the same network, whenever they are made.

    `variables` are those of a network, as arrays; `facts` go beside the version into the metadata. The model takes raw images
    (batch, height, width, channels), or `normalized` ones, and gives answers (batch, outputs), or `logits`. Raises Unsupported.
    """
    calls = program(plan)
    first = images_of(calls)
    if not normalized:
        calls = [Call(_normalization(variables), (first,), first, plan.layers[0]), *calls]
    function = of_plan(plan).answers
    if function is not None and not logits:
        calls.append(Call(FINAL[function], (calls[-1].to,), CHAIN, plan.layers[-1]))
    saved = Saved(Names([IMAGES, *TAKEN, *(call.layer.name or "" for call in calls if call.layer is not None)]))
    saved.put(Layer("InputLayer", {"batch_shape": (None, *plan.input), "dtype": "float32"}), IMAGES)
    saved.values[first] = (IMAGES, 4)
    for call in calls:
        saved.add(call)
    last, _ = saved.values[calls[-1].to]
    layers = saved.ordered(last)
    config = {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": {
            "name": plan.name,
            "trainable": True,
            "layers": layers,
            "input_layers": [IMAGES, 0, 0],
            "output_layers": [last, 0, 0],
        },
        "registered_name": "Functional",
    }
    metadata = {"keras_version": VERSION, "netspec": facts}
    files = {METADATA: _json(metadata), CONFIG: _json(config), WEIGHTS: _weights(plan, variables, _places(layers))}
    return _zipped(files)


def _normalization(variables: Any) -> Layer:
    """Raw images to normalized ones."""
    mean, deviation = (np.asarray(variables["state"][INPUT][name], np.float64) for name in ("mean", "deviation"))
    config = {"mean": mean.tolist(), "variance": (deviation**2).tolist()}
    return Layer("Normalization", config)


def _weights(plan: Plan, variables: Any, places: Mapping[str, str]) -> bytes:
    """The arrays as HDF5, of each layer by their numbers."""
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        groups = {name: file.create_group(f"layers/{place}/vars") for name, place in places.items()}
        for name, group in groups.items():
            group.attrs["name"] = name
        for path, array in laid_out(arrays(plan), variables).items():
            group = groups[path.partition("/")[0]]
            group.create_dataset(str(len(group)), data=np.asarray(array, np.float32))
    return content.getvalue()


def _json(facts: Mapping[str, Any]) -> bytes:
    return json.dumps(facts).encode()


def _zipped(files: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, LONG_AGO), data)
    return content.getvalue()
