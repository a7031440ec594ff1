"""Convolution in JAX."""

from __future__ import annotations

from dataclasses import replace

import jax

from netspec.analysis.convolution.stage import geometry
from netspec.analysis.stages import Stage
from netspec.lowering.around import finish
from netspec.lowering.convolution import Convolution, convolve
from netspec.lowering.kinds import Arrays, Run


def workload(stage: Stage) -> Convolution:
    """The convolution of the layer, to be timed."""
    g = geometry(stage)
    return Convolution(replace(g, windows=(1, 1)), g.windows)


def apply(run: Run, x: jax.Array) -> tuple[jax.Array, Arrays]:
    """(batch, height, width, channels) -> (batch, height', width', filters): convolution, bias, and what follows.

    a(i, j) = sum over m, n and channels of w(m, n) * x(i + m, j + n): the filter is not flipped. Pooling that runs within
    the layer takes the sums, before the bias.
    """
    sums = convolve(x, run.params["kernel"].astype(x.dtype), geometry(run.stage), run.choice)
    return finish(run, run.within(sums) if run.within else sums)
