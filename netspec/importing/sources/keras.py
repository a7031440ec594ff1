"""Keras: `.keras` archives, `.h5` files, and a model's JSON. Nothing in them is executed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from netspec.importing.building import Broken
from netspec.importing.graph import Graph
from netspec.importing.sources.keras_layers import Arrays, Model

MOST_LEVELS = 64
MOST_CONFIG = 64 << 20
MOST_WEIGHTS = 8 << 30
CONFIG, WEIGHTS = "config.json", "model.weights.h5"


def read(path: Path, name: str) -> Graph:
    """The graph of a model. Raises Broken, OSError; ImportError where h5py is not installed and needed."""
    ending = path.suffix.lower()
    if ending == ".json":
        return _graph(_bounded(path), name, None)
    if ending == ".keras":
        return _archive(path, name)
    return _legacy(path, name)


def _bounded(path: Path) -> str:
    if path.stat().st_size > MOST_CONFIG:
        raise Broken(f"it is larger than {MOST_CONFIG >> 20} MiB")
    return path.read_text(encoding="utf-8", errors="replace")


def _graph(text: str, name: str, arrays: Arrays | None) -> Graph:
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Broken(f"its configuration is no JSON: {str(error)[:80]}") from None
    if isinstance(config, str):  # a string that holds JSON: what some saved
        return _graph(config, name, arrays)
    if not isinstance(config, dict) or not isinstance(config.get("config"), dict | list) or _deep(config):
        raise Broken("it is no model of Keras: it has no `class_name` and `config`, or is nested too deeply")
    return Model(config, name, arrays).graph()


def _deep(value: Any, levels: int = MOST_LEVELS) -> bool:
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(levels == 0 or _deep(one, levels - 1) for one in below)


def _archive(path: Path, name: str) -> Graph:
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
    if weights is not None and weights.file_size > MOST_WEIGHTS:
        raise Broken(f"its weights are larger than {MOST_WEIGHTS >> 30} GiB")
    return _graph(text, name, _Stored(path) if weights is not None else None)


class _Stored:
    """The weights of an archive: by the class of a layer and how many of it came before."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: Any = None

    def of(self, place: list[str], layer: str) -> list[Callable[[], Any]]:
        """The arrays of a layer, in order; `place` is where it stands, the innermost last."""
        group = self._open()
        for one in place[:-1]:
            group = group.get(f"layers/{one}", {})
        layers = group.get("layers", {})
        found = self._named(layers).get(layer)
        if found is None and place[-1] in layers and "vars" in layers[place[-1]] and not self._named(layers):
            found = layers[place[-1]]["vars"]  # an older Keras, which counts the layers of each class
        if found is None:
            return []
        return [_array(found[str(number)]) for number in range(len(found))]

    def _named(self, layers: Any) -> dict[str, Any]:
        """The weights by the names of layers, where they are stored with those."""
        pairs = ((one["vars"], one["vars"].attrs.get("name")) for one in layers.values() if "vars" in one)
        return {_text(name): stored for stored, name in pairs if name is not None}

    def _open(self) -> Any:
        if self.file is None:
            import io
            import zipfile

            with zipfile.ZipFile(self.path) as archive:
                self.file = _hdf5(io.BytesIO(archive.read(WEIGHTS)))
        return self.file


def _hdf5(file: Any) -> Any:
    import h5py

    try:
        return h5py.File(file, "r")
    except OSError as error:
        raise Broken(f"it is no HDF5: {str(error)[:80]}") from None


def _array(stored: Any) -> Callable[[], Any]:
    return lambda: stored[()]


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _legacy(path: Path, name: str) -> Graph:
    """An HDF5 file with the configuration as an attribute."""
    path.stat()
    file = _hdf5(path)
    config = file.attrs.get("model_config")
    if config is None:
        raise Broken("it holds weights alone: import the model's JSON, or save the whole model")
    return _graph(_text(config), name, _Named(file["model_weights"]) if "model_weights" in file else None)


class _Named:
    """The weights of an HDF5 file: by the names of layers."""

    def __init__(self, group: Any) -> None:
        self.layers: dict[str, list[Callable[[], Any]]] = {}
        for layer in group:
            attributes = group[layer].attrs
            names = [
                _text(one) for key in sorted(attributes) if key.startswith("weight_names") for one in attributes[key]
            ]
            for one in names:
                parts = one.split("/")
                owner = parts[-2] if len(parts) > 1 else layer
                self.layers.setdefault(owner, []).append(_array(group[layer][one]))

    def of(self, place: list[str], layer: str) -> list[Callable[[], Any]]:
        """The arrays of a layer, in order."""
        return self.layers.get(layer, [])
