"""What the algorithms of a convolution need besides its input and its output: numbers of one example.

For XLA:CPU, as its buffer assignment shows (jax 0.10.2); tests/training/test_memory.py holds the sums against it.
"""

from __future__ import annotations

import math

from netspec.analysis.convolution.choice import Choice
from netspec.analysis.convolution.geometry import Geometry
from netspec.analysis.convolution.patches import patch_floats, windows_floats


def patches(name: str, g: Geometry) -> int:
    """The patches that a product with the kernel reads; 0 for an algorithm that reads the input itself."""
    if name == "windows":
        return windows_floats(g)
    return patch_floats(g) if name == "banded" else patch_floats(g, 1) if name == "patches" else 0


def padded(g: Geometry) -> int:
    """The input with its padding."""
    return math.prod(size + sum(sides) for size, sides in zip(g.input[:2], g.padding, strict=True)) * g.input[2]


def kept_input(choice: Choice, g: Geometry) -> int:
    """What stands for the input until the weight gradient has read it.

    The patches, where the output made the same ones; the padded input of a depthwise convolution; else the input, which
    XLA keeps with the channels in front.
    """
    made = patches(choice.weight_gradient, g)
    if made and choice.output == choice.weight_gradient:
        return made
    return padded(g) if choice.weight_gradient == "depthwise" else math.prod(g.input)


def output(choice: Choice, g: Geometry) -> int:
    """While the output is computed: the patches, unless they are kept."""
    return patches(choice.output, g) if choice.output != choice.weight_gradient else 0


def weight_gradient(choice: Choice, g: Geometry) -> int:
    """While the weight gradient is computed: a second layout of the output's gradient, or patches that were not kept."""
    if choice.weight_gradient in ("direct", "phases", "grouped"):
        return math.prod(g.output)
    return patches(choice.weight_gradient, g) if choice.output != choice.weight_gradient else 0


def input_gradient(choice: Choice, g: Geometry) -> int:
    """While the input gradient is computed: the gradients of the patches and their pieces, or of the phases."""
    if made := patches(choice.input_gradient, g):
        return made
    return math.prod(g.input) if choice.input_gradient == "phases" else 0
