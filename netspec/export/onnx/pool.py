"""Pooling in ONNX."""

from __future__ import annotations

from netspec.analysis.pooling import Window
from netspec.export.onnx.around import follow
from netspec.export.onnx.graph import Writer


def write(writer: Writer, x: str) -> str:
    """A window's maximum or mean, and what follows; of the whole map the global operators."""
    settings = writer.settings
    if settings.window == "all":
        return follow(writer, writer.add(f"Global{'Max' if settings.type == 'max' else 'Average'}Pool", x))
    return follow(writer, slide(writer, x, Window.of(settings, writer.read), settings.type))


def slide(writer: Writer, x: str, window: Window, way: str) -> str:
    """The maximum or, where `way` is `average`, the mean of each window; padding never wins, and counts where the window says so."""
    (top, bottom), (left, right) = window.padding
    shape = {"kernel_shape": list(window.size), "strides": list(window.stride), "pads": [top, left, bottom, right]}
    if way == "max":
        return writer.add("MaxPool", x, **shape)
    return writer.add("AveragePool", x, count_include_pad=int(window.count_padding), **shape)
