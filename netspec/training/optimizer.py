"""The spec's optimizer and schedule as optax makes them, with their state as a flat dict of arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import jax
import jax.numpy as jnp
import optax

from netspec.analysis import schedules
from netspec.language.train import Cosine, Exponential, OneCycle, Sgd, Step, Train
from netspec.language.train import Schedule as ScheduleSettings
from netspec.storage.tree import flatten, unflatten

Schedule = Callable[[jax.Array], jax.Array]
FlatState = dict[str, jax.Array]


class StepsUnknown(ValueError):
    """A share of the run is asked for, and how many steps the run has is not known."""


class Contradiction(ValueError):
    """The schedule has no steps for what it promises; `finding` says where."""

    def __init__(self, finding: schedules.Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def steps_of(value: int | str, total: int | None) -> int:
    """As `schedules.steps_of`; raises StepsUnknown for a share of a run whose steps are not known."""
    if total is not None or isinstance(value, int):
        return schedules.steps_of(value, total or 0)
    raise StepsUnknown(f"`{value}` is a share of the run: how many steps has an epoch? Pass `steps_per_epoch`.")


def schedule(settings: ScheduleSettings, learning_rate: float, total: int | None) -> Schedule:
    """The learning rate of a step. `total` is the number of steps of the run.

    Raises StepsUnknown where it is missed, Contradiction where the schedule has no steps for what it promises.
    """
    for finding in schedules.findings(settings, total):
        if finding.severity == "error":
            raise Contradiction(finding)
    if isinstance(settings, OneCycle):
        return optax.cosine_onecycle_schedule(  # type: ignore[no-any-return]
            steps_of(settings.transition_steps, total),
            learning_rate,
            settings.pct_start,
            settings.div_factor,
            settings.final_div_factor,
        )
    warmup = steps_of(settings.warmup, total)
    if isinstance(settings, Cosine):
        decay = max(1, steps_of(settings.decay_steps, total) - warmup)
        main = optax.cosine_decay_schedule(learning_rate, decay, settings.alpha)
    elif isinstance(settings, Step | Exponential):
        transition = steps_of(settings.transition_steps, total)
        staircase = isinstance(settings, Step)
        main = optax.exponential_decay(learning_rate, transition, settings.decay_rate, staircase=staircase)
    else:
        main = optax.constant_schedule(learning_rate)
    if not warmup:
        return main  # type: ignore[no-any-return]
    rise = optax.linear_schedule(0.0, learning_rate, warmup)
    return optax.join_schedules([rise, main], [warmup])  # type: ignore[no-any-return]


def transformation(train: Train, rate: Schedule) -> optax.GradientTransformation:
    """Clipping, then the optimizer."""
    settings = train.optimizer
    arguments = {field.name: getattr(settings, field.name) for field in fields(settings)}
    del arguments["learning_rate"]
    parts = [] if train.gradient_clip is None else [optax.clip_by_global_norm(train.gradient_clip)]
    if isinstance(settings, Sgd):
        decay = arguments.pop("weight_decay")
        parts += [optax.add_decayed_weights(decay)] if decay else []
        arguments["momentum"] = arguments["momentum"] or None
    if settings.type == "rmsprop":
        arguments["momentum"] = arguments["momentum"] or None
    return optax.chain(*parts, getattr(optax, settings.type)(rate, **arguments))


class Optimizer:
    """The update rule over flat state. Pure: `params` and `gradients` are trees of the same shape."""

    def __init__(self, train: Train, total_steps: int | None) -> None:
        self.rate = schedule(train.schedule, train.optimizer.learning_rate, total_steps)
        self._optax = transformation(train, self.rate)

    def init(self, params: Any) -> FlatState:
        """The state before the first step: optax's, as a flat dict, which loads where optax is not installed."""
        return flatten(self._optax.init(params))

    def update(self, gradients: Any, state: FlatState, params: Any) -> tuple[Any, FlatState]:
        """New parameters and state."""
        like = jax.eval_shape(self._optax.init, params)
        updates, moved = self._optax.update(gradients, unflatten(like, state), params)
        return optax.apply_updates(params, updates), flatten(moved)

    def learning_rate(self, step: jax.Array | int) -> jax.Array:
        """The rate of a step, float32."""
        return jnp.asarray(self.rate(jnp.asarray(step)), jnp.float32)
