"""The fully connected layer in ONNX."""

from __future__ import annotations

from netspec.export.layouts import flattened_first
from netspec.export.onnx.around import follow
from netspec.export.onnx.graph import Writer


def write(writer: Writer, x: str) -> str:
    """Gemm. A map is flattened as it lies, channels first, and the kernel's rows are put into that order."""
    kernel = writer.arrays["kernel"]
    if len(writer.read) > 1:
        x, kernel = writer.add("Flatten", x, axis=1), flattened_first(kernel.shape, writer.read).laid(kernel)
    values = [x, writer.constant("kernel", kernel), *([writer.own("bias")] if writer.settings.bias else [])]
    return follow(writer, writer.add("Gemm", *values))
