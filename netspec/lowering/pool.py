"""Pooling in JAX."""

from __future__ import annotations

import jax

from netspec.analysis.pooling import Window
from netspec.analysis.stages import Stage
from netspec.language.pool import Pool
from netspec.lowering.around import follow
from netspec.lowering.kinds import Arrays, Run
from netspec.lowering.pooling import Pooling, pool


def workload(stage: Stage) -> Pooling:
    """The pooling of the layer, to be timed."""
    settings, (height, width, channels) = stage.layer.settings, stage.layer.input
    assert isinstance(settings, Pool)
    return Pooling((height, width, channels), Window.of(settings, stage.layer.input), settings.type)


def apply(run: Run, x: jax.Array) -> tuple[jax.Array, Arrays]:
    """(batch, height, width, channels) -> (batch, height', width', channels): each window's maximum or mean, and what follows."""
    return follow(run, pool(x, Window.of(run.settings, run.stage.layer.input), run.settings.type, run.choice))
