"""Joins in ONNX."""

from __future__ import annotations

from netspec.export.onnx.around import follow
from netspec.export.onnx.graph import Writer


def write(writer: Writer, *values: str) -> str:
    """A sum, or all channels one behind the other, and what follows; one value alone is itself."""
    if len(values) == 1:
        joined = values[0]
    elif writer.layer.kind == "concat":
        joined = writer.add("Concat", *values, axis=1)
    else:
        joined = writer.add("Add" if len(values) == 2 else "Sum", *values)
    return follow(writer, joined)
