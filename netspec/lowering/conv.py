"""Convolution in JAX."""

from __future__ import annotations

import jax

from netspec.analysis.convolution import Choice, Geometry
from netspec.language.conv import Conv
from netspec.language.kind import Shape
from netspec.lowering.convolution import Convolution, convolve
from netspec.lowering.finish import Arrays, Mode, finish


def work(settings: Conv, input: Shape) -> Convolution:
    """The convolution of the layer, to be timed."""
    return Convolution(Geometry.of(settings, input))


def linear(params: Arrays, x: jax.Array, g: Geometry, choice: Choice | None) -> jax.Array:
    """(batch, height, width, channels) -> (batch, height', width', filters), without bias.

    a(i, j) = sum over m, n and channels of w(m, n) * x(i + m, j + n): the filter is not flipped.
    """
    return convolve(x, params["kernel"].astype(x.dtype), g, choice)


def apply(
    settings: Conv, params: Arrays, statistics: Arrays, x: jax.Array, input: Shape, mode: Mode, choice: Choice | None
) -> tuple[jax.Array, Arrays]:
    """The whole layer: convolution, bias, norm, activation, dropout."""
    return finish(settings, params, statistics, linear(params, x, Geometry.of(settings, input), choice), mode)
