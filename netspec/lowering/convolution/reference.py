"""The convolution as XLA has it: the lowering that every other algorithm is tested against."""

from __future__ import annotations

import jax
from jax import lax

from netspec.lowering.convolution.algorithm import Direction, transpose
from netspec.lowering.convolution.geometry import Geometry


def supports(g: Geometry, direction: Direction) -> bool:
    """Everything."""
    return True


def output(x: jax.Array, w: jax.Array, g: Geometry) -> jax.Array:
    """Σ over the window and the group's channels of x·w, without flipping; natively differentiable."""
    return lax.conv_general_dilated(
        x,
        w,
        window_strides=g.stride,
        padding=g.padding,
        rhs_dilation=g.dilation,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=g.groups,
    )


def input_gradient(dy: jax.Array, w: jax.Array, g: Geometry) -> jax.Array:
    """A convolution of the dilated dy with the flipped kernel."""
    return transpose(lambda x: output(x, w, g), (dy.shape[0], *g.input), dy)


def weight_gradient(x: jax.Array, dy: jax.Array, g: Geometry) -> jax.Array:
    """A convolution of x with dy in which batch and channels change places."""
    return transpose(lambda w: output(x, w, g), g.kernel_shape, dy)
