"""The convolution as XLA has it: the lowering that every other algorithm is tested against."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax

from netspec.analysis.convolution.geometry import Geometry
from netspec.lowering.convolution.algorithm import transpose
from netspec.lowering.workload import Direction


def supports(g: Geometry, direction: Direction) -> bool:
    """Everything."""
    return True


def output(x: jax.Array, w: jax.Array, g: Geometry) -> jax.Array:
    """Σ over the window and the group's channels of x·w, without flipping; natively differentiable.

    Padding beyond the kernel's reach is added before. Inside the convolution it would make the input gradient a
    convolution with negative padding, which XLA:CPU computes from memory outside the array (openxla/xla#48713).
    """
    inside = tuple((min(lo, r - 1), min(hi, r - 1)) for (lo, hi), r in zip(g.padding, g.reach, strict=True))
    if inside != g.padding:
        sides = zip(g.padding, inside, strict=True)
        rows, columns = ((lo - kept_lo, hi - kept_hi) for (lo, hi), (kept_lo, kept_hi) in sides)
        x = jnp.pad(x, ((0, 0), rows, columns, (0, 0)))
    return lax.conv_general_dilated(
        x,
        w,
        window_strides=g.stride,
        padding=inside,
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
