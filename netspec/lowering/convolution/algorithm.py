"""The contract that every convolution algorithm meets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import jax
import jax.numpy as jnp

from netspec.analysis.convolution.geometry import Geometry
from netspec.lowering.workload import Direction


class Algorithm(Protocol):
    """Three pure functions and the geometries they cover; a module or a frozen dataclass.

    x is (batch, height, width, channels), w is `g.kernel_shape`, dy is (batch, *g.output), of one float type.
    """

    def supports(self, g: Geometry, direction: Direction) -> bool:
        """Whether the function for `direction` is right for g."""
        ...

    def output(self, x: jax.Array, w: jax.Array, g: Geometry) -> jax.Array:
        """The convolution, (batch, *g.output)."""
        ...

    def input_gradient(self, dy: jax.Array, w: jax.Array, g: Geometry) -> jax.Array:
        """The cotangent of x, (batch, *g.input)."""
        ...

    def weight_gradient(self, x: jax.Array, dy: jax.Array, g: Geometry) -> jax.Array:
        """The cotangent of w, `g.kernel_shape`, summed over the batch."""
        ...


def transpose(linear: Callable[[jax.Array], jax.Array], shape: tuple[int, ...], cotangent: jax.Array) -> jax.Array:
    """The transpose of a linear function of one array of `shape`, applied to a cotangent of its result."""
    like = jax.ShapeDtypeStruct(shape, cotangent.dtype)
    result: jax.Array = jax.linear_transpose(linear, like)(cotangent)[0]
    return result


def matmul(a: jax.Array, b: jax.Array) -> jax.Array:
    """(m, k) @ (k, n), accumulated and returned in float32 (float64 for float64)."""
    return jnp.matmul(a, b, preferred_element_type=wide(a))


def wide(x: jax.Array) -> jnp.dtype:
    """The type to add in: at least float32."""
    return jnp.promote_types(x.dtype, jnp.float32)
