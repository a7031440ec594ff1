"""Steps that stand alone, in ONNX."""

from __future__ import annotations

from netspec.export.onnx.around import follow
from netspec.export.onnx.graph import Writer


def write(writer: Writer, x: str) -> str:
    """Norm and activation."""
    return follow(writer, x)
