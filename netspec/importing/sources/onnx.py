"""ONNX: its nodes one after another. What they compute of constants alone is computed when an array is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from netspec.importing.graph import Graph
from netspec.importing.sizes import Broken
from netspec.importing.sources.onnx_nodes import Nodes

MOST_BYTES = 2 << 30


def read(path: Path, name: str, size: Sequence[int] | None = None) -> Graph:
    """The graph of a model. Raises Broken, OSError; ImportError where onnx is not installed."""
    import onnx
    from google.protobuf.message import DecodeError

    if path.stat().st_size > MOST_BYTES:
        raise Broken(f"it is larger than {MOST_BYTES >> 30} GiB")
    try:
        model = onnx.load(str(path), load_external_data=False)
        if any(one.data_location == onnx.TensorProto.EXTERNAL for one in model.graph.initializer):
            onnx.load_external_data_for_model(model, str(path.parent))
    except (DecodeError, onnx.checker.ValidationError) as error:
        raise Broken(f"it is no ONNX model: {str(error)[:120]}") from None
    if not model.graph.node:
        raise Broken("it is no ONNX model: it has no nodes")
    graph = Nodes(model.graph, name, _array, size).graph_of()
    if model.producer_name == "netspec":
        graph.spec = next((one.value for one in model.metadata_props if one.key == "spec"), None)
    return graph


def _array(tensor: Any) -> Callable[[], Any]:
    def array() -> Any:
        from onnx import numpy_helper

        return numpy_helper.to_array(tensor)

    return array
