"""A projection without weights in ONNX."""

from __future__ import annotations

from netspec.analysis.pooling import Window
from netspec.export.onnx.graph import Writer
from netspec.export.onnx.pool import slide


def write(writer: Writer, x: str) -> str:
    """Averages or every S-th cell, cut to the size of the target, then zero channels."""
    settings, (height, width, channels) = writer.settings, writer.read
    rows, columns, wanted = writer.layer.output
    steps, cells = settings.stride, (height, width)
    if settings.way == "pool":
        window = Window(settings.stride, settings.stride, settings.padding(writer.read))
        x, steps, cells = slide(writer, x, window, "average"), (1, 1), window.output(height, width)
    ends = [(rows - 1) * steps[0] + 1, (columns - 1) * steps[1] + 1]
    if steps != (1, 1) or ends != [*cells]:
        numbers = (("starts", (0, 0)), ("ends", ends), ("axes", (2, 3)), ("steps", steps))
        x = writer.add("Slice", x, *(writer.integers(name, *given) for name, given in numbers))
    if wanted == channels:
        return x
    return writer.add("Pad", x, writer.integers("pads", 0, 0, 0, 0, 0, wanted - channels, 0, 0))
