"""Schedules that contradict themselves, or the run that they are for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from netspec.analysis import rates
from netspec.analysis.against_data import known_data
from netspec.analysis.causes import Agreement, Contradiction
from netspec.analysis.plan import steps_per_epoch, training_share
from netspec.analysis.shapes import Shapes
from netspec.diagnostics.diagnostic import Diagnostic, Label, Severity
from netspec.diagnostics.render.wording import counted
from netspec.language.spec import Spec
from netspec.language.train import Cosine, Exponential, OneCycle, Schedule, Step

VANISHED = 1e-5
"""The share of the learning rate that is as good as none."""
SCALE = 10**6
"""Steps of a run whose length is not known: what is said in shares alone is the same for any that is long enough."""

Key = Literal["warmup", "decay_steps", "transition_steps"]


@dataclass(frozen=True)
class Finding:
    """What is wrong with a schedule, at which of its keys, and because of which other."""

    code: str
    message: str
    key: Key
    help: str
    other: Key | None = None
    severity: Severity = "warning"
    """An error where no optimizer can follow."""
    vanishing: bool = False
    """Whether the rate comes to nothing, as it does where steps were meant as epochs."""


def steps_of(value: int | str, total: int) -> int:
    """A number of steps, or a share of `total`, rounded to the nearest; at least 1 for a share above 0.

    >>> steps_of(7, 100), steps_of("30%", 100), steps_of("1%", 10), steps_of("0%", 10)
    (7, 30, 1, 0)
    """
    return value if isinstance(value, int) else max(1, round(_share(value) * total)) if _share(value) else 0


def _share(value: str) -> float:
    return float(value.removesuffix("%")) / 100


def settings(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """The pass: the schedule of a spec, for its own run where the size of the data is known without opening it."""
    data, train = known_data(spec), spec.train.value
    if data is None:
        yield from check(spec, None)
    else:
        examples = training_share(data.training_examples, spec.data.value)
        meant_as_epochs = {found.span for found in rates.epochs(spec, shapes)}
        for found in findings(train.schedule, steps_per_epoch(examples, train.batch_size) * train.epochs):
            told = _told(spec, found)
            if not (found.vanishing and told.span in meant_as_epochs):
                yield told


def check(spec: Spec, total: int | None) -> Iterator[Diagnostic]:
    """What is wrong with the schedule of a spec for a run of `total` steps; None where they are not known."""
    yield from (_told(spec, found) for found in findings(spec.train.value.schedule, total))


def _told(spec: Spec, found: Finding) -> Diagnostic:
    """A finding at its place in the spec."""
    at, place, other = spec.train.at, f"schedule.{found.key}", f"schedule.{found.other}"
    return Diagnostic(
        found.code,
        found.message,
        spec.source,
        at(place if place in spec.train.places else "schedule"),
        labels=(Label(at(other), f"`{found.other}`"),) if other in spec.train.places else (),
        help=found.help,
        severity=found.severity,
        cause=_in_epochs(spec, found),
    )


def _in_epochs(spec: Spec, found: Finding) -> Contradiction | None:
    """What ends a contradiction of steps that are a whole share of the run if they are epochs."""
    count, epochs = getattr(spec.train.value.schedule, found.key), spec.train.value.epochs
    if not isinstance(count, int) or not 0 < count <= epochs or 100 * count % epochs:
        return None
    return Contradiction((Agreement(f"train.schedule.{found.key}", f"{100 * count // epochs}%"),))


def findings(schedule: Schedule, total: int | None) -> list[Finding]:
    """The first contradiction, or else what the run of `total` steps does to the schedule."""
    if total is None and all(isinstance(value, str) for value in _written(schedule).values()):
        total = SCALE
    steps = {
        key: value if isinstance(value, int) else None if total is None else steps_of(value, total)
        for key, value in {"warmup": schedule.warmup, **_written(schedule)}.items()
    }
    if wrong := list(_contradictions(schedule, steps, total)):
        return wrong[:1]
    return [] if total is None else [*_too_short(schedule, steps, total), *_vanishing(schedule, steps, total)][:1]


def _written(schedule: Schedule) -> dict[Key, int | str]:
    """The steps that a schedule counts, but for a warm-up of none."""
    found: dict[Key, int | str] = {"warmup": schedule.warmup} if schedule.warmup else {}
    if isinstance(schedule, Cosine):
        found["decay_steps"] = schedule.decay_steps
    elif isinstance(schedule, Step | Exponential | OneCycle):
        found["transition_steps"] = schedule.transition_steps
    return found


Steps = dict[Key, int | None]


def _contradictions(schedule: Schedule, steps: Steps, total: int | None) -> Iterator[Finding]:
    """What is wrong in any run, and, where the steps are known, what no optimizer can follow."""
    warmup, decay, transition = (steps.get(key) for key in ("warmup", "decay_steps", "transition_steps"))
    if transition == 0:
        words = {"step": "the rate would drop at every step at once", "exponential": "the rate would fall to nothing"}
        why = words.get(schedule.type, "the cycle would have no steps")
        yield Finding(
            "NS220",
            f"`transition_steps` is 0: {why}",
            "transition_steps",
            "give it a number of steps",
            severity="error",
        )
    if isinstance(schedule, OneCycle) and transition and int(schedule.pct_start * transition) < 1:
        message = f"a cycle of {counted(transition, 'step')} has none to rise in: `pct_start` {schedule.pct_start:g} of them is less than 1"
        least = math.ceil(1 / schedule.pct_start)
        help = f"give `transition_steps` at least {least:,}" if isinstance(schedule.transition_steps, int) else None
        yield Finding(
            "NS220", message, "transition_steps", help or f"train for {least:,} steps at least", severity="error"
        )
    if isinstance(schedule, Cosine):
        within = decay is not None and (total is None or decay < total)
        if decay == 0 or _ends_in_warmup(schedule, warmup, decay if within else None):
            ends, rises = _words(schedule.decay_steps), _words(schedule.warmup)
            message = f"the decay ends after {ends}, and the warm-up after {rises}: no step is left between"
            help = "`decay_steps` counts the warm-up in: give it more steps than `warmup`"
            yield Finding("NS220", message, "decay_steps", help, "warmup", severity="error")
        elif within and isinstance(schedule.decay_steps, int) and warmup is not None and decay == warmup + 1:
            message = "a decay of one step is no cosine: from the next step on the rate is `alpha` of the learning rate"
            help = "give `decay_steps` the steps of the run, as `100%`"
            yield Finding("NS220", message, "decay_steps", help, "warmup", severity="error")


def _ends_in_warmup(schedule: Cosine, warmup: int | None, decay: int | None) -> bool:
    """By the values as they are written where both are steps or both shares: a short run rounds two shares to one step."""
    if isinstance(schedule.warmup, str) and isinstance(schedule.decay_steps, str):
        return _share(schedule.decay_steps) <= _share(schedule.warmup)
    if isinstance(schedule.warmup, int) and isinstance(schedule.decay_steps, int):
        return schedule.decay_steps <= schedule.warmup
    return bool(warmup) and decay is not None and decay <= warmup  # type: ignore[operator]


def _too_short(schedule: Schedule, steps: Steps, total: int) -> Iterator[Finding]:
    """What of the schedule the run of `total` steps does not come to."""
    run = f", and the run has {counted(total, 'step')}" if total != SCALE else ""
    warmup, decay, transition = (steps.get(key) for key in ("warmup", "decay_steps", "transition_steps"))
    if warmup and warmup >= total:
        message = f"the warm-up takes {_words(schedule.warmup)}{run}: the rate never comes to `learning_rate`"
        yield Finding("NS221", message, "warmup", "shorten `warmup`, or train for more epochs")
    if decay and decay > total:
        message = f"the decay takes {decay:,} steps{run}: the rate does not come down to its end"
        yield Finding("NS221", message, "decay_steps", "leave `decay_steps` out: it is the whole run then")
    if isinstance(schedule, Step) and transition and (warmup or 0) + transition >= total:
        message = f"the first drop comes after {_words(schedule.transition_steps)}{run}: the rate never drops"
        yield Finding("NS221", message, "transition_steps", "shorten `transition_steps`, or train for more epochs")
    if isinstance(schedule, OneCycle) and transition and transition > total:
        message = f"the cycle takes {transition:,} steps{run}: it ends in the middle"
        yield Finding("NS221", message, "transition_steps", "leave `transition_steps` out: it is the whole run then")


def _words(value: int | str) -> str:
    return counted(value, "step") if isinstance(value, int) else f"{value} of the run"


def _vanishing(schedule: Schedule, steps: Steps, total: int) -> Iterator[Finding]:
    """A rate that is as good as 0 for more than half of the run: steps were meant as epochs, mostly."""
    warmup, decay, transition = (steps.get(key) or 0 for key in ("warmup", "decay_steps", "transition_steps"))
    gone: float = math.inf
    if isinstance(schedule, Cosine) and schedule.alpha < VANISHED:
        gone = decay
    elif isinstance(schedule, OneCycle) and schedule.div_factor * schedule.final_div_factor > 1 / VANISHED:
        gone = transition
    elif isinstance(schedule, Step | Exponential) and schedule.decay_rate < 1:
        gone = warmup + transition * math.log(VANISHED) / math.log(schedule.decay_rate)
    if gone < total / 2:
        when = (
            f"from step {math.ceil(gone):,} of {total:,} on"
            if total != SCALE
            else f"after {gone / total:.0%} of the run"
        )
        message = f"{when} the rate is less than a hundred-thousandth of `learning_rate`"
        key: Key = "decay_steps" if isinstance(schedule, Cosine) else "transition_steps"
        counts = isinstance(_written(schedule)[key], int)
        help = (
            f"`{key}` counts steps, not epochs: give it more, or a share of the run"
            if counts
            else f"give `{key}` a larger share"
        )
        yield Finding("NS222", message, key, help, vanishing=True)


PASSES = (settings,)
