"""Keras: `.keras` archives, `.h5` files, and a model's JSON. Nothing in them is executed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from netspec.importing.graph import Graph, Origin
from netspec.importing.heads import says
from netspec.importing.sizes import Broken
from netspec.importing.sources import hdf5
from netspec.importing.sources.hdf5 import bound
from netspec.importing.sources.keras_layers import Arrays, Model
from netspec.language.heads import NUMBERS

MOST_LEVELS = 64
MOST_CONFIG = 64 << 20
MOST_WEIGHTS = 8 << 30
MOST_ARRAYS = 4
"""Of a layer: those of a batch norm."""
CONFIG, WEIGHTS = "config.json", "model.weights.h5"


def read(path: Path, name: str, size: Sequence[int] | None = None) -> Graph:
    """The graph of a model. Raises Broken, OSError; ImportError where h5py is not installed and needed."""
    ending = path.suffix.lower()
    if ending == ".json":
        config, arrays = _config(_bounded(path)), None
    else:
        text, arrays = _archive(path) if ending == ".keras" else _legacy(path)
        config = _config(text)
    graph = Model(config, name, arrays, size).graph()
    compiled = config.get("compile_config")
    if isinstance(compiled, dict) and compiled.get("loss") is not None:
        _learned(graph, compiled)
    return graph


LOSSES = {
    **dict.fromkeys(("mse", "mean_squared_error", "MeanSquaredError"), "mean_squared_error"),
    **dict.fromkeys(("mae", "mean_absolute_error", "MeanAbsoluteError"), "mean_absolute_error"),
    **dict.fromkeys(("huber", "huber_loss", "Huber"), "huber"),
}
"""Of numbers; the others follow from what stands at the end of the network."""


def _learned(graph: Graph, compiled: dict[str, Any]) -> None:
    """Enters what the model was compiled with, as far as the format has it."""
    loss = compiled.get("loss")
    named = str(loss.get("class_name") if isinstance(loss, dict) else loss)
    if named in LOSSES and not graph.ended:
        says(graph, NUMBERS, LOSSES[named])
        graph.ended = True
    graph.notes.append(f"its optimizer and metrics are left out, and its loss is `{named}`")


def _bounded(path: Path) -> str:
    if path.stat().st_size > MOST_CONFIG:
        raise Broken(f"it is larger than {MOST_CONFIG >> 20} MiB")
    return path.read_text(encoding="utf-8", errors="replace")


def _config(text: str) -> dict[str, Any]:
    """The configuration of a model. Raises Broken."""
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Broken(f"its configuration is no JSON: {str(error)[:80]}") from None
    if isinstance(config, str):  # a string that holds JSON: what some saved
        return _config(config)
    if not isinstance(config, dict) or not isinstance(config.get("config"), dict | list) or _deep(config):
        raise Broken("it is no model of Keras: it has no `class_name` and `config`, or is nested too deeply")
    return config


def _deep(value: Any, levels: int = MOST_LEVELS) -> bool:
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(levels == 0 or _deep(one, levels - 1) for one in below)


def _archive(path: Path) -> tuple[str, Arrays | None]:
    """A zip archive with the configuration, and the weights as HDF5."""
    import zipfile

    try:
        archive = zipfile.ZipFile(path)
        members = {one.filename: one for one in archive.infolist()}
        if CONFIG not in members or members[CONFIG].file_size > MOST_CONFIG:
            raise Broken(f"it is no model of Keras: it has no `{CONFIG}`, or a very large one")
        text = archive.read(CONFIG).decode("utf-8", "replace")
    except zipfile.BadZipFile:
        raise Broken("it is no archive of Keras") from None
    weights = members.get(WEIGHTS)
    if weights is not None and weights.file_size > min(MOST_WEIGHTS, bound(weights.compress_size)):
        raise Broken(f"its weights would be {weights.file_size:,} bytes of {weights.compress_size:,}")
    return text, _Stored(path) if weights is not None else None


class _Stored:
    """The weights of an archive: by the class of a layer and how many of it came before."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: Any = None

    def of(self, place: list[str], layer: str) -> list[Callable[[], Any]]:
        """As many arrays as a layer may have, in order; `place` is where it stands, the innermost last."""
        return [partial(self._array, place, layer, number) for number in range(MOST_ARRAYS)]

    def _array(self, place: list[str], layer: str, number: int) -> Any:
        group = self._open()
        for one in place[:-1]:
            group = hdf5.inside(group, f"layers/{one}")
        layers = hdf5.inside(group, "layers")
        named = self._named(layers)
        found = named.get(layer) if named else hdf5.inside(layers, f"{place[-1]}/vars")  # an older Keras counts alone
        if found is None or str(number) not in list(found):
            raise Broken(f"the weights have no array {number} of it", Origin(layer))
        return hdf5.array(hdf5.inside(found, str(number)))

    def _named(self, layers: Any) -> dict[str, Any]:
        """The weights by the names of layers, where they are stored with those."""
        groups = [hdf5.inside(layers, one) for one in layers]
        stored = [hdf5.inside(one, "vars") for one in groups if "vars" in list(one)]
        return {_text(one.attrs["name"]): one for one in stored if "name" in one.attrs}

    def _open(self) -> Any:
        if self.file is None:
            import io
            import zipfile

            with zipfile.ZipFile(self.path) as archive:
                self.file = hdf5.opened(io.BytesIO(archive.read(WEIGHTS)))
        return self.file


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _legacy(path: Path) -> tuple[str, Arrays | None]:
    """An HDF5 file with the configuration as an attribute."""
    path.stat()
    file = hdf5.opened(path)
    config = file.attrs.get("model_config")
    if config is None:
        raise Broken("it holds weights alone: import the model's JSON, or save the whole model")
    return _text(config), _Named(hdf5.inside(file, "model_weights")) if "model_weights" in list(file) else None


class _Named:
    """The weights of an HDF5 file: by the names of layers."""

    def __init__(self, group: Any) -> None:
        self.layers: dict[str, list[Callable[[], Any]]] = {}
        self.places: dict[str, set[tuple[str, ...]]] = {}
        """Where each name stands: layers of models that are layers may be called alike."""
        for layer in group:
            own = hdf5.inside(group, layer)
            names = [
                _text(one) for key in sorted(own.attrs) if key.startswith("weight_names") for one in own.attrs[key]
            ]
            for one in names:
                parts = one.split("/")
                owner = parts[-2] if len(parts) > 1 else layer
                self.layers.setdefault(owner, []).append(partial(_stored, own, one))
                self.places.setdefault(owner, set()).add((layer, *parts[:-1]))

    def of(self, place: list[str], layer: str) -> list[Callable[[], Any]]:
        """The arrays of a layer, in order. Raises Broken where several have its name."""
        if len(self.places.get(layer, ())) > 1:
            raise Broken("the weights of several layers have its name", Origin(layer))
        return self.layers.get(layer, [])


def _stored(group: Any, name: str) -> Any:
    return hdf5.array(hdf5.inside(group, name))
