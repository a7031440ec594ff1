"""Convolution in ONNX."""

from __future__ import annotations

from netspec.export.onnx.around import follow
from netspec.export.onnx.graph import Writer


def write(writer: Writer, x: str) -> str:
    """Conv with its padding written out: `auto_pad` is read in two ways."""
    settings = writer.settings
    height, width = settings.axes(writer.read)
    values = [x, writer.constant("kernel", writer.arrays["kernel"].transpose(3, 2, 0, 1))]
    sums = writer.add(
        "Conv",
        *values,
        *([writer.own("bias")] if settings.bias else []),
        kernel_shape=list(settings.kernel),
        strides=list(settings.stride),
        dilations=list(settings.dilation),
        pads=[height.padding[0], width.padding[0], height.padding[1], width.padding[1]],
        group=settings.grouping(writer.read[2]),
    )
    return follow(writer, sums)
