"""The networks that come with onnx, with numbers that tell them apart: theirs are all 0.02, and all logits equal."""

from __future__ import annotations

from math import prod, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

FOLDER = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"


def with_weights(name: str, path: Path, seed: int = 0) -> Any:
    """Writes the network with seeded weights in place of its constants, ending before the softmax; gives the model."""
    model = onnx.load(FOLDER / f"light_{name}.onnx")
    graph, random = model.graph, np.random.default_rng(seed)
    shapes = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    uses = {inside: (node, at) for node in graph.node for at, inside in enumerate(node.input)}
    kept = []
    for node in graph.node:
        if node.op_type != "ConstantOfShape":
            kept.append(node)
            continue
        user, at = uses[node.output[0]]
        array = drawn(random, tuple(int(n) for n in shapes[node.input[0]]), user.op_type, at)
        graph.initializer.append(numpy_helper.from_array(array, node.output[0]))
    last = kept[-1]
    if last.op_type == "Softmax":
        kept.pop()
        graph.output[0].CopyFrom(helper.make_tensor_value_info(last.input[0], onnx.TensorProto.FLOAT, None))
    del graph.node[:]
    graph.node.extend(kept)
    onnx.save(model, path)
    return model


def drawn(random: np.random.Generator, shape: tuple[int, ...], user: str, at: int) -> np.ndarray:
    """He's kernels, factors around 1, small summands."""
    if len(shape) > 1 and user in ("Conv", "Gemm"):
        fan_in = prod(shape[1:])
        return (random.standard_normal(shape) * sqrt(2 / fan_in)).astype(np.float32)
    positive = user in ("Unsqueeze", "Mul") or (user == "BatchNormalization" and at in (1, 4))
    return (random.uniform(0.5, 1.5, shape) if positive else random.standard_normal(shape) * 0.1).astype(np.float32)
