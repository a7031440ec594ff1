"""How each layer kind is written in ONNX."""

from __future__ import annotations

from collections.abc import Callable

from netspec.export.onnx import conv, fc, gate, join, pool, projection, steps

WRITERS: dict[str, Callable[..., str]] = {
    "conv": conv.write,
    "pool": pool.write,
    "fc": fc.write,
    "gate": gate.write,
    "add": join.write,
    "concat": join.write,
    "projection": projection.write,
    "steps": steps.write,
}
"""(writer, *values): the value that the layer gives, for what it reads."""
