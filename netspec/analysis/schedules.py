"""Schedules that contradict themselves, or the run that they are for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from operator import mul
from typing import Literal

from netspec.analysis import rates
from netspec.analysis.against_data import known_data
from netspec.analysis.causes import Agreement, Contradiction
from netspec.analysis.plan import steps_per_epoch, training_share
from netspec.analysis.shapes import Shapes
from netspec.diagnostics.diagnostic import Diagnostic, Label, Severity
from netspec.diagnostics.render.wording import counted
from netspec.language.spec import Spec
from netspec.language.train import Cosine, Exponential, OneCycle, Piecewise, Schedule, Step

VANISHED = 1e-5
"""The share of the learning rate that is as good as none."""
SCALE = 10**6
"""Steps of a run whose length is not known: what is said in shares alone is the same for any that is long enough."""

Key = Literal["warmup", "decay_steps", "transition_steps", "boundaries", "scales"]


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
    instead: str | None = None
    """A value of the key with which all would be right, as YAML."""
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
        for found in findings(train.schedule, steps_per_epoch(examples, train) * train.epochs):
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
        cause=_ended(spec, found),
    )


def _ended(spec: Spec, found: Finding) -> Contradiction | None:
    """What ends a contradiction: the value that is known, or that of steps which are a whole share of the run if they are epochs."""
    if found.instead is not None:
        return Contradiction((Agreement(f"train.schedule.{found.key}", found.instead),))
    count, epochs = getattr(spec.train.value.schedule, found.key), spec.train.value.epochs
    if not isinstance(count, int) or not 0 < count <= epochs or 100 * count % epochs:
        return None
    return Contradiction((Agreement(f"train.schedule.{found.key}", f"{100 * count // epochs}%"),))


def findings(schedule: Schedule, total: int | None) -> list[Finding]:
    """The first contradiction, or else what the run of `total` steps does to the schedule."""
    if isinstance(schedule, Piecewise):
        wrong = list(_pieces(schedule, total))
        return wrong[:1] or [*_pieces_of_run(schedule, total)][:1]
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
        if decay == 0 or _not_after(schedule.decay_steps, schedule.warmup, total if within else None):
            ends, rises = _words(schedule.decay_steps), _words(schedule.warmup)
            message = f"the decay ends after {ends}, and the warm-up after {rises}: no step is left between"
            help = "`decay_steps` counts the warm-up in: give it more steps than `warmup`"
            yield Finding("NS220", message, "decay_steps", help, "warmup", severity="error")
        elif within and isinstance(schedule.decay_steps, int) and warmup is not None and decay == warmup + 1:
            message = "a decay of one step is no cosine: from the next step on the rate is `alpha` of the learning rate"
            help = "give `decay_steps` the steps of the run, as `100%`"
            yield Finding("NS220", message, "decay_steps", help, "warmup", severity="error")


def _not_after(later: int | str, earlier: int | str, total: int | None) -> bool:
    """By the values as they are written where both are steps or both shares: a short run rounds two shares to one step."""
    if isinstance(earlier, str) and isinstance(later, str):
        return _share(later) <= _share(earlier)
    if isinstance(earlier, int) and isinstance(later, int):
        return later <= earlier
    return total is not None and steps_of(later, total) <= steps_of(earlier, total)


def _pieces(schedule: Piecewise, total: int | None) -> Iterator[Finding]:
    """What is wrong with boundaries and their factors."""
    boundaries, scales = schedule.boundaries, schedule.scales
    if isinstance(scales, tuple) and len(scales) != len(boundaries):
        message = f"{counted(len(scales), 'factor')} for {len(boundaries)} of the `boundaries`"
        help = "give each boundary its factor, or one number for all"
        same = f"{scales[0]:g}" if len(set(scales)) == 1 else None
        yield Finding("NS220", message, "scales", help, "boundaries", severity="error", instead=same)
    total = _scale(schedule, total)
    for earlier, later in pairwise((schedule.warmup, *boundaries)):
        if not _not_after(later, earlier, total):
            continue
        first = later is boundaries[0] and earlier is schedule.warmup
        before = f"the warm-up of {_words(earlier)} ends" if schedule.warmup else "the first step"
        message = (
            f"the boundary after {_words(later)} comes before {before if first else f'that after {_words(earlier)}'}"
        )
        other: Key | None = "warmup" if first else None
        help = "the warm-up is counted in: let it end before" if first else "write them in rising order, each once"
        yield Finding("NS220", message, "boundaries", help, other, severity="error", instead=_risen(boundaries))


def _scale(schedule: Piecewise, total: int | None) -> int | None:
    """The steps of the run; where they are not known, and all is said in shares, those of any."""
    shares = all(isinstance(value, str) for value in schedule.boundaries) and isinstance(schedule.warmup or "", str)
    return SCALE if total is None and shares else total


def _pieces_of_run(schedule: Piecewise, total: int | None) -> Iterator[Finding]:
    """What the run of `total` steps does to boundaries and their factors."""
    boundaries, total = schedule.boundaries, _scale(schedule, total)
    if total is None:
        return
    run = f", and the run has {counted(total, 'step')}" if total != SCALE else ""
    steps = [steps_of(value, total) for value in boundaries]
    for value, step in zip(boundaries, steps, strict=True):
        if step >= total:
            message = f"a boundary comes after {_words(value)}{run}: the rate does not change there"
            yield Finding("NS221", message, "boundaries", "lower it, or train for more epochs")
    shares = accumulate(schedule.factors, mul)
    gone = next((step for step, share in zip(steps, shares, strict=True) if share < VANISHED), total)
    if gone < total / 2:
        help = "`boundaries` count steps, not epochs; `scales` are factors of the rate before, not rates"
        yield Finding("NS222", _gone(gone, total), "boundaries", help, vanishing=True)


def _risen(boundaries: Sequence[int | str]) -> str | None:
    """Boundaries in rising order as YAML, where all are steps or all shares and no two are one."""
    if len({type(value) for value in boundaries}) > 1 or len(set(boundaries)) < len(boundaries):
        return None
    rising = sorted(boundaries, key=lambda value: value if isinstance(value, int) else _share(value))
    return None if rising == list(boundaries) else f"[{', '.join(map(str, rising))}]"


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
        key: Key = "decay_steps" if isinstance(schedule, Cosine) else "transition_steps"
        counts = isinstance(_written(schedule)[key], int)
        help = (
            f"`{key}` counts steps, not epochs: give it more, or a share of the run"
            if counts
            else f"give `{key}` a larger share"
        )
        yield Finding("NS222", _gone(gone, total), key, help, vanishing=True)


def _gone(step: float, total: int) -> str:
    """That the rate is as good as 0 from a step on."""
    when = (
        f"from step {math.ceil(step):,} of {total:,} on" if total != SCALE else f"after {step / total:.0%} of the run"
    )
    return f"{when} the rate is less than a hundred-thousandth of `learning_rate`"


PASSES = (settings,)
