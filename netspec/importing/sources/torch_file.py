"""PyTorch's exported programs (`.pt2`), read without PyTorch: a zip of JSON and raw numbers. Pickles in it are not opened."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from math import prod
from pathlib import Path
from typing import Any

from netspec.importing.graph import Graph
from netspec.importing.sizes import Broken

MODEL, CONFIG = "models/model.json", "data/weights/model_weights_config.json"
MOST_MODEL = 64 << 20
MOST_WEIGHTS = 8 << 30
NUMBERS = {7: "<f4", 8: "<f8", 6: "<f2"}
"""The kinds of numbers that weights have, by PyTorch's numbers for them."""


def read(path: Path, name: str, size: Sequence[int] | None = None) -> Graph:
    """The graph of an exported program. Raises Broken, OSError."""
    from netspec.importing.sources.torch_nodes import Nodes

    program = Program(path)
    return Nodes(program.module, program.arrays(), name, size).graph_of()


class Program:
    """The parts of an archive."""

    def __init__(self, path: Path) -> None:
        import zipfile

        self.path = path
        try:
            with zipfile.ZipFile(path) as archive:
                self.members = {one.filename.partition("/")[2]: one for one in archive.infolist()}
                if MODEL not in self.members:
                    old = "serialized_exported_program.json" in {one.filename for one in archive.infolist()}
                    help = ": save it by PyTorch 2.7 or later" if old else ": is it a state dict? They hold no layers"
                    raise Broken(f"it has no `{MODEL}`{help}")
                whole: dict[str, Any] = self._json(archive, MODEL)
                self.config: dict[str, Any] = self._json(archive, CONFIG)["config"] if CONFIG in self.members else {}
            self.module: dict[str, Any] = whole["graph_module"]
        except (zipfile.BadZipFile, KeyError, TypeError, ValueError, RecursionError) as error:
            raise Broken(f"it is no exported program of PyTorch: {str(error)[:80]}") from None

    def _json(self, archive: Any, name: str) -> Any:
        if self.members[name].file_size > MOST_MODEL:
            raise Broken(f"`{name}` is larger than {MOST_MODEL >> 20} MiB")
        return json.loads(archive.read(self.members[name]))

    def arrays(self) -> dict[str, Callable[[], Any]]:
        """The weights by their names, each read when it is asked for."""
        return {name: self._array(name, facts) for name, facts in self.config.items()}

    def _array(self, name: str, facts: dict[str, Any]) -> Callable[[], Any]:
        def array() -> Any:
            import zipfile

            import numpy as np

            if facts.get("use_pickle"):
                raise Broken(f"the weights of `{name}` are a pickle, which an import does not open", code="NS295")
            meta = facts["tensor_meta"]
            shape, strides = ([int(one["as_int"]) for one in meta[key]] for key in ("sizes", "strides"))
            kind, member = NUMBERS.get(meta["dtype"]), self.members.get(f"data/weights/{facts['path_name']}")
            usual = [prod(shape[at + 1 :]) for at in range(len(shape))]
            if kind is None or member is None or member.file_size > MOST_WEIGHTS:
                raise Broken(f"the weights of `{name}` are of a kind or size that is not read")
            if any(a != b for a, b, size in zip(strides, usual, shape, strict=True) if size > 1):
                raise Broken(f"the weights of `{name}` do not lie one after another")
            with zipfile.ZipFile(self.path) as archive:
                data = archive.read(member)
            start = int(meta["storage_offset"]["as_int"]) * np.dtype(kind).itemsize
            return np.frombuffer(data, kind, prod(shape), start).reshape(shape)

        return array
