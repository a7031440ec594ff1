"""The spec's optimizer and schedule as optax makes them, with their state as a flat dict of arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import jax
import jax.numpy as jnp
import optax

from netspec.analysis import schedules
from netspec.language import patterns
from netspec.language.patterns import Factors
from netspec.language.train import Cosine, Exponential, OneCycle, Piecewise, Plateau, Sgd, Step, Train
from netspec.language.train import Schedule as ScheduleSettings
from netspec.storage.tree import flatten, unflatten
from netspec.training import plateau

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
    elif isinstance(settings, Piecewise):
        boundaries = [steps_of(value, total) - warmup for value in settings.boundaries]
        main = piecewise(learning_rate, boundaries, settings.factors)
    else:
        main = optax.constant_schedule(learning_rate)
    if not warmup:
        return main  # type: ignore[no-any-return]
    rise = optax.linear_schedule(0.0, learning_rate, warmup)
    return optax.join_schedules([rise, main], [warmup])  # type: ignore[no-any-return]


def piecewise(learning_rate: float, boundaries: Sequence[int], factors: Sequence[float]) -> Schedule:
    """The rate times the factor of each boundary that a step has come to, as `optax.piecewise_constant_schedule`.

    That takes each boundary once, and in a short run two shares may round to one step.
    """
    together: dict[int, float] = {}
    for boundary, factor in zip(boundaries, factors, strict=True):
        together[boundary] = together.get(boundary, 1.0) * factor
    return optax.piecewise_constant_schedule(learning_rate, together)  # type: ignore[no-any-return]


def kernels(params: Any) -> Any:
    """Which arrays are kernels, and so neither biases nor a norm's: a tree of booleans."""
    return jax.tree_util.tree_map_with_path(lambda path, _: path[-1].key.endswith("kernel"), params)


def transformation(train: Train, rate: Schedule) -> optax.GradientTransformation:
    """Clipping, then the optimizer."""
    settings = train.optimizer
    arguments = {field.name: getattr(settings, field.name) for field in fields(settings)}
    del arguments["learning_rate"], arguments["rate_factors"]
    decayed = None if arguments.pop("decay_norms", True) else kernels
    parts = [] if train.gradient_clip is None else [optax.clip_by_global_norm(train.gradient_clip)]
    if isinstance(settings, Sgd):
        decay = arguments.pop("weight_decay")
        parts += [optax.add_decayed_weights(decay, decayed)] if decay else []
        arguments["momentum"] = arguments["momentum"] or None
    if settings.type == "rmsprop":
        arguments["momentum"] = arguments["momentum"] or None
    if "weight_decay" in arguments:
        arguments["mask"] = decayed
    return optax.chain(*parts, getattr(optax, settings.type)(rate, **arguments))


def scaled(factors: Factors, updates: Any) -> Any:
    """The updates by layer, each times the factor of its layer: as a learning rate of its own would make them.

    The rate is the last factor of every rule, and of what a momentum holds a factor of all steps alike.
    """
    by_layer = {name: patterns.factor(factors, name) for name in updates} if factors else {}
    changed = {name: value for name, value in by_layer.items() if value != 1}
    return updates | {name: jax.tree.map(lambda x, by=by: x * by, updates[name]) for name, by in changed.items()}


class Optimizer:
    """The update rule over flat state. Pure: `params` and `gradients` are trees of the same shape."""

    def __init__(self, train: Train, total_steps: int | None) -> None:
        self._train = train
        self._schedule = schedule(train.schedule, train.optimizer.learning_rate, total_steps)

    @property
    def _plateau(self) -> Plateau | None:
        return self._train.schedule if isinstance(self._train.schedule, Plateau) else None

    def _rate(self, state: FlatState) -> Schedule:
        """The rate by the step, at what a plateau has made of it."""
        if self._plateau is None:
            return self._schedule
        return lambda step: self._schedule(step) * state[plateau.SCALE]

    def init(self, params: Any) -> FlatState:
        """The state before the first step: optax's, as a flat dict, which loads where optax is not installed; with it a
        plateau's."""
        own = {} if self._plateau is None else plateau.init(self._plateau)
        return flatten(transformation(self._train, self._rate(own)).init(params)) | own

    def update(self, gradients: Any, state: FlatState, params: Any) -> tuple[Any, FlatState]:
        """New parameters and state."""
        own = {} if self._plateau is None else {name: state[name] for name in plateau.NAMES}
        rule = transformation(self._train, self._rate(own))
        like = jax.eval_shape(rule.init, params)
        optax_state = {name: array for name, array in state.items() if name not in own}
        updates, moved = rule.update(gradients, unflatten(like, optax_state), params)
        updates = scaled(self._train.optimizer.rate_factors, updates)
        return optax.apply_updates(params, updates), flatten(moved) | own

    def after_epoch(self, state: FlatState, metrics: Mapping[str, Any]) -> FlatState:
        """The state in which the next epoch begins, by the metrics of the one that has ended."""
        return state if self._plateau is None else state | plateau.after_epoch(self._plateau, state, metrics)

    def learning_rate(self, step: jax.Array | int, state: FlatState) -> jax.Array:
        """The rate of a step, float32."""
        return jnp.asarray(self._rate(state)(jnp.asarray(step)), jnp.float32)
