"""Norms as ONNX operators, in inference."""

from __future__ import annotations

from typing import Any

import numpy as np

from netspec.export.onnx.graph import Writer
from netspec.language.kind import Shape

LAST, FIRST = [0, 2, 3, 1], [0, 3, 1, 2]
"""How the axes of a map change places so that channels come last, and first again."""


def normalize(writer: Writer, norm: Any, x: str, shape: Shape) -> str:
    """The norm of x; `shape` is that of x in the graph, without the batch: features come first."""
    match norm.type:
        case "batch":
            running = writer.own("mean"), writer.own("variance")
            return writer.add("BatchNormalization", x, *_trained(writer, shape[0]), *running, epsilon=norm.eps)
        case "layer":
            return _layer(writer, norm, x, shape)
        case "instance":
            return writer.add("InstanceNormalization", x, *_trained(writer, shape[0]), epsilon=norm.eps)
        case "group":
            return _grouped(writer, x, shape, norm.groups, norm.eps)
        case "local_response":
            return _local_response(writer, norm, x, shape)
    raise AssertionError(f"no ONNX of the norm {norm.type}")


def _trained(writer: Writer, features: int) -> tuple[str, str]:
    """Scale and shift; what is not trained is 1 and 0."""
    usual = {"scale": np.ones(features, np.float32), "shift": np.zeros(features, np.float32)}
    found = [writer.constant(name, writer.arrays.get(name, array)) for name, array in usual.items()]
    return found[0], found[1]


def _layer(writer: Writer, norm: Any, x: str, shape: Shape) -> str:
    """Over the channels of each position, which the operator has last."""
    turned = writer.add("Transpose", x, perm=LAST) if len(shape) > 1 else x
    normed = writer.add("LayerNormalization", turned, *_trained(writer, shape[0]), axis=-1, epsilon=norm.eps)
    return writer.add("Transpose", normed, perm=FIRST) if len(shape) > 1 else normed


def _grouped(writer: Writer, x: str, shape: Shape, groups: int, eps: float) -> str:
    """Groups of neighbouring features are instances with one channel a group. (GroupNormalization came with opset 21.)"""
    one = np.ones(groups, np.float32)
    flat = writer.reshaped(x, 0, groups, -1)
    plain = writer.constant("one", one), writer.constant("zero", 0 * one)
    normed = writer.add("InstanceNormalization", flat, *plain, epsilon=eps)
    x = writer.reshaped(normed, 0, *shape)
    for name, operator in (("scale", "Mul"), ("shift", "Add")):
        if name in writer.arrays:
            along = writer.arrays[name].reshape(-1, *(1,) * (len(shape) - 1))
            x = writer.add(operator, x, writer.constant(name, along))
    return x


def _local_response(writer: Writer, norm: Any, x: str, shape: Shape) -> str:
    """LRN takes maps; runtimes refuse an even size, though ONNX defines it: there the mean square is a pooling."""
    if norm.size % 2:
        x = x if len(shape) > 1 else writer.reshaped(x, 0, shape[0], 1, 1)
        normed = writer.add("LRN", x, size=norm.size, alpha=norm.alpha, beta=norm.beta, bias=norm.k)
        return normed if len(shape) > 1 else writer.reshaped(normed, 0, shape[0])
    squares = writer.reshaped(writer.add("Mul", x, x), 0, 1, shape[0], -1)
    pads = [(norm.size - 1) // 2, 0, norm.size // 2, 0]
    means = writer.add("AveragePool", squares, kernel_shape=[norm.size, 1], pads=pads, count_include_pad=1)
    number = {
        name: np.array(value, np.float32) for name, value in (("alpha", norm.alpha), ("k", norm.k), ("beta", norm.beta))
    }
    base = writer.add(
        "Add",
        writer.add("Mul", writer.reshaped(means, 0, *shape), writer.constant("alpha", number["alpha"])),
        writer.constant("k", number["k"]),
    )
    return writer.add("Div", x, writer.add("Pow", base, writer.constant("beta", number["beta"])))
