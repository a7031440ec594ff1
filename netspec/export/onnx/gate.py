"""Squeeze and excitation in ONNX."""

from __future__ import annotations

from netspec.export.onnx.activations import activate
from netspec.export.onnx.graph import Writer


def write(writer: Writer, x: str) -> str:
    """The mean of each map, two 1x1 convolutions with their functions, and x times what they give."""
    settings = writer.settings
    factors = writer.add("GlobalAveragePool", x)
    for part, function in (("squeeze", settings.activation), ("excite", settings.gate)):
        kernel = writer.arrays[f"{part}_kernel"].T[:, :, None, None]
        factors = writer.add("Conv", factors, writer.constant(f"{part}_kernel", kernel), writer.own(f"{part}_bias"))
        factors = activate(writer, function, factors, (kernel.shape[0], 1, 1), f"{part}_slope")
    return writer.add("Mul", x, factors)
