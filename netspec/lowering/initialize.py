"""Initial weights, by numpy: the same bits whatever the JAX version, and no compilation.

Each layer draws from its own stream, named by the seed and the layer, so that adding a layer changes no other.
"""

from __future__ import annotations

import hashlib
import math

import numpy as np

from netspec.analysis.plan import PlannedLayer
from netspec.language.kind import Shape

Arrays = dict[str, np.ndarray]


def generator(seed: int, name: str) -> np.random.Generator:
    """The stream of random numbers of one layer."""
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "little")))


def kernel(shape: Shape, relu_like: bool, rng: np.random.Generator) -> np.ndarray:
    """A kernel (..., inputs, outputs), float32.

    He normal, std = sqrt(2 / fan in), for relu-like activations (He and others, 2015); Glorot uniform, bound =
    sqrt(6 / (fan in + fan out)), otherwise (Glorot and Bengio, 2010). A fan is the last or last but one size times
    the window's cells.
    """
    cells = math.prod(shape[:-2])
    fan_in, fan_out = cells * shape[-2], cells * shape[-1]
    if relu_like:
        return rng.standard_normal(shape, np.float32) * np.float32(math.sqrt(2 / fan_in))
    bound = np.float32(math.sqrt(6 / (fan_in + fan_out)))
    return (rng.random(shape, np.float32) * 2 - 1) * bound


def parameters(layer: PlannedLayer, seed: int) -> Arrays:
    """The trained arrays of a layer: kernels drawn, scale 1, the slopes of prelu 1/4, bias and shift 0."""
    activation = getattr(layer.settings, "activation", None)
    relu_like = activation is not None and activation.relu_like
    arrays = {}
    for name, shape in layer.shapes.items():
        if name == "kernel":
            arrays[name] = kernel(shape, relu_like, generator(seed, layer.name))
        elif name.endswith("_kernel"):
            functions = {"squeeze_kernel": layer.settings.activation, "excite_kernel": layer.settings.gate}  # type: ignore[attr-defined]
            arrays[name] = kernel(shape, functions[name].relu_like, generator(seed, f"{layer.name}.{name}"))
        else:
            value = 1.0 if name == "scale" else 0.25 if name.endswith("slope") else 0.0
            arrays[name] = np.full(shape, value, np.float32)
    return arrays


def statistics(layer: PlannedLayer) -> Arrays:
    """The running statistics of a layer: mean 0, variance 1."""
    return {name: np.full(shape, int(name == "variance"), np.float32) for name, shape in layer.statistics.items()}
