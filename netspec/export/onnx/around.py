"""The steps around what a layer itself does, in ONNX; dropout is for training alone."""

from __future__ import annotations

from netspec.export.onnx.activations import activate
from netspec.export.onnx.graph import Writer, channels_first
from netspec.export.onnx.norms import normalize
from netspec.language.kind import Shape


def lead(writer: Writer, x: str) -> str:
    """The steps before what the layer itself does, on what it reads."""
    return _steps(writer, x, writer.settings.leading, writer.read)


def follow(writer: Writer, x: str) -> str:
    """The steps after it, on what it gives."""
    return _steps(writer, x, writer.settings.following, writer.layer.output)


def _steps(writer: Writer, x: str, steps: tuple[str, ...], shape: Shape) -> str:
    lying = channels_first(shape)
    for step in steps:
        if step == "norm":
            x = normalize(writer, writer.settings.norm, x, lying)
        elif step == "activation":
            x = activate(writer, writer.settings.activation, x, lying)
    return x
