"""The passes that find learning rates, and steps of their schedules, that can hardly be meant."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from netspec.analysis.against_data import known_data
from netspec.analysis.causes import Agreement, Contradiction
from netspec.analysis.plan import steps_per_epoch, training_share
from netspec.analysis.shapes import Shapes
from netspec.diagnostics.diagnostic import Diagnostic
from netspec.diagnostics.render.wording import counted
from netspec.language.spec import Spec
from netspec.language.train import OPTIMIZERS, Piecewise, Schedule

LARGEST = {"sgd": 10.0, "adagrad": 1.0, "rmsprop": 1.0}
LARGEST_OF_OTHERS = 0.1
"""Published: SGD 3.2 (Goyal and others, batch 8,192) and 3 (Smith and Topin), RMSProp 0.256 (MnasNet), Adagrad 0.1, the
others 0.02. A step of these moves each weight by about the rate, and weights begin at a few hundredths."""
LEAST = 1e-9
"""Half the distance of float32 numbers near 0.03: a weight of that size does not move by less."""
SHORT_WARMUP = 20
"""So many steps of warm-up are as good as none."""
STEPS = 10
"""Of an epoch that is shorter a few steps may be meant."""
VANISHED = 1e-5
"""The share of the learning rate that is as good as none."""


def learning_rate(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS233: the rate is one that a network has been trained with."""
    optimizer, key = spec.train.value.optimizer, "optimizer.learning_rate"
    largest = LARGEST.get(optimizer.type, LARGEST_OF_OTHERS)
    if key not in spec.train.places or LEAST <= optimizer.learning_rate <= largest:
        return
    place = spec.train.at(key)
    text = spec.source.excerpt(place)
    default = f"{OPTIMIZERS[optimizer.type]().learning_rate:g}"
    flipped = re.sub(r"e\+?", "e-", text.lower()) if re.fullmatch(r"(?i)[\d.]+e\+?\d+", text) else default
    rates = {float(rate): rate for rate in (default, flipped) if LEAST <= float(rate) <= largest}
    likely = [*reversed(rates.values())]
    large = optimizer.learning_rate > largest
    message = f"a learning rate of {text} is {'more' if large else 'less'} than any that `{optimizer.type}` trains with"
    note = f"published ones lie far below {largest:g}" if large else "it moves no weight that is a few hundredths large"
    yield Diagnostic(
        "NS233",
        message,
        spec.source,
        place,
        notes=(note,),
        help=f"write `learning_rate: {likely[0]}`",
        cause=Contradiction(tuple(Agreement(f"train.{key}", rate) for rate in likely)),
        severity="warning",
    )


def epochs(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS232: what a schedule counts in steps was not meant as epochs, where the length of an epoch is known."""
    known, train = known_data(spec), spec.train.value
    if known is None:
        return
    an_epoch = steps_per_epoch(training_share(known.training_examples, spec.data.value), train)
    total = an_epoch * train.epochs
    if an_epoch >= STEPS and isinstance(train.schedule, Piecewise):
        yield from _milestones(spec, train.schedule, an_epoch)
    for name in ("warmup", "decay_steps", "transition_steps"):
        count = getattr(train.schedule, name, None)
        if an_epoch < STEPS or not isinstance(count, int) or not 1 <= count <= train.epochs:
            continue
        if count > SHORT_WARMUP if name == "warmup" else not _ends_early(train.schedule, total / count):
            continue
        shares = _shares((count,), train.epochs)
        values = (
            shares if count == train.epochs else [*shares, str(count * an_epoch)]
        )  # a share holds for other batches too
        message = f"`{name}: {count}` counts steps, of which the run has {total:,}: an epoch alone has {an_epoch:,}"
        yield Diagnostic(
            "NS232",
            message,
            spec.source,
            spec.train.at(f"schedule.{name}"),
            help=f"for {counted(count, 'epoch')} write `{name}: {values[0]}`",
            cause=Contradiction(tuple(Agreement(f"train.schedule.{name}", value) for value in values)),
            severity="warning",
        )


def _shares(counts: Sequence[int], epochs: int) -> list[str]:
    """Counts of epochs as shares of the run; nothing where one of them is no whole percentage."""
    if any(100 * count % epochs for count in counts):
        return []
    return [f"{100 * count // epochs}%" for count in counts]


def _milestones(spec: Spec, schedule: Piecewise, an_epoch: int) -> Iterator[Diagnostic]:
    """Boundaries that are all numbers of epochs of the run, which has many more steps."""
    epochs = spec.train.value.epochs
    counts = [count for count in schedule.boundaries if isinstance(count, int) and 1 <= count <= epochs]
    if len(counts) < len(schedule.boundaries):
        return
    lists = (_shares(counts, epochs), [str(count * an_epoch) for count in counts])
    values = [f"[{', '.join(values)}]" for values in lists if values]
    yield Diagnostic(
        "NS232",
        f"`boundaries` count steps, of which the run has {epochs * an_epoch:,}: an epoch alone has {an_epoch:,}",
        spec.source,
        spec.train.at("schedule.boundaries"),
        help=f"for epochs write `boundaries: {values[0]}`",
        cause=Contradiction(tuple(Agreement("train.schedule.boundaries", value) for value in values)),
        severity="warning",
    )


def _ends_early(schedule: Schedule, periods: float) -> bool:
    """Whether little is left of the rate after so many of its periods, at the latest; a cosine's is over after one."""
    factor = getattr(schedule, "decay_rate", 0.0)
    return not factor or (factor < 1 and periods * math.log(factor) < math.log(VANISHED))


PASSES = (learning_rate, epochs)
