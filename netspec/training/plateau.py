"""The state of `schedule: plateau`: what the rate is multiplied by, and how long nothing has improved.

It moves at the end of an epoch, and is a part of the training state, so that a run that goes on has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from netspec.language.heads import watched
from netspec.language.train import Plateau

SCALE, BEST, WAITED = NAMES = ("plateau/scale", "plateau/best", "plateau/waited")
"""Its arrays, without axes: float32, float32, int32."""


def _more(settings: Plateau) -> bool:
    """Whether more of what is watched is better."""
    return not watched(settings.metric)[0].less


def init(settings: Plateau) -> dict[str, jax.Array]:
    """The state before the first epoch, than which every finite metric is better."""
    worst = float(np.finfo(np.float32).max) * (-1 if _more(settings) else 1)
    return {SCALE: jnp.ones((), jnp.float32), BEST: jnp.full((), worst, jnp.float32), WAITED: jnp.zeros((), jnp.int32)}


def after_epoch(settings: Plateau, state: Mapping[str, jax.Array], metrics: Mapping[str, Any]) -> dict[str, jax.Array]:
    """The state after an epoch with these metrics by name: PyTorch's ReduceLROnPlateau with threshold and cooldown 0."""
    if settings.metric not in metrics:  # not defined on that part, which the session tells
        return dict(state)
    value = jnp.asarray(metrics[settings.metric], jnp.float32)
    better = value > state[BEST] if _more(settings) else value < state[BEST]
    waited = jnp.where(better, 0, state[WAITED] + 1)
    drops = waited > settings.patience
    return {
        SCALE: jnp.where(drops, state[SCALE] * settings.factor, state[SCALE]),
        BEST: jnp.where(better, value, state[BEST]),
        WAITED: jnp.where(drops, 0, waited),
    }
