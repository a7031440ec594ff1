"""The convolution as compiled kernels of our own: `netspec/kernels/src/convolution.h`, `weights.h` and `depthwise.h`.

XLA:CPU transposes both factors of a weight gradient, and passes over memory once a tap of a depthwise convolution; these
read arrays as they lie. Figures are in docs/decisions/0038.
"""

from __future__ import annotations

import jax

from netspec.analysis.convolution.geometry import Geometry
from netspec.lowering import foreign
from netspec.lowering.workload import Direction


def supports(g: Geometry, direction: Direction) -> bool:
    """Every geometry, where the kernels may be called."""
    return foreign.instructions() is not None


def output(x: jax.Array, w: jax.Array, g: Geometry) -> jax.Array:
    """Tiles of output cells times channels in registers, over an input with its margins in the cache."""
    y: jax.Array = foreign.call("netspec_convolution", [(x.shape[0], *g.output)], (x, w), _integers(g))
    return y.astype(x.dtype)


def input_gradient(dy: jax.Array, w: jax.Array, g: Geometry) -> jax.Array:
    """The same over dy, for each remainder of a cell's place by the stride with the taps that reach it."""
    dx: jax.Array = foreign.call("netspec_convolution_input", [(dy.shape[0], *g.input)], (dy, w), _integers(g))
    return dx.astype(dy.dtype)


def weight_gradient(x: jax.Array, dy: jax.Array, g: Geometry) -> jax.Array:
    """Tiles of input times output channels in registers, over the cells of a strip, in a fixed order."""
    dw: jax.Array = foreign.call("netspec_convolution_weights", [g.kernel_shape], (x, dy), _integers(g))
    return dw.astype(x.dtype)


def _integers(g: Geometry) -> tuple[int, ...]:
    """As `Geometry` in netspec/kernels/src/geometry.h has them."""
    (top, _), (left, _) = g.padding
    rows, columns, filters = g.output
    return (*g.input, *g.kernel, filters, *g.stride, top, left, *g.dilation, g.groups, rows, columns)
