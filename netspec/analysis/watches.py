"""Metrics that are watched from epoch to epoch: by early stopping, and by the schedule `plateau`."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.causes import Agreement, Contradiction
from netspec.analysis.shapes import Shapes
from netspec.diagnostics.diagnostic import Diagnostic, Label
from netspec.diagnostics.render.wording import counted
from netspec.language.spec import Spec
from netspec.language.train import Plateau, Train


def watching(train: Train) -> dict[str, str]:
    """The metric that each key of `train` watches, where one does."""
    found = {"early_stopping": train.early_stopping, "schedule": train.schedule}
    return {key: value.metric for key, value in found.items() if value is not None and hasattr(value, "metric")}


def held_out(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS212: what is watched on the validation set has one."""
    if spec.data.value.validation:
        return
    for key, metric in watching(spec.train.value).items():
        if metric.startswith("validation"):
            place = f"{key}.metric" if f"{key}.metric" in spec.train.places else key
            other = metric.removeprefix("validation_")
            agreements = (Agreement("data.validation", "0.1"), Agreement(f"train.{key}.metric", other))
            yield Diagnostic(
                "NS212",
                f"`{metric}` cannot be watched: `data.validation` holds nothing out",
                spec.source,
                spec.train.at(place),
                labels=(Label(spec.data.at("validation"), "nothing is held out"),),
                help=f"watch `{other}`, or raise `data.validation`",
                cause=Contradiction(agreements),
            )


def patience(spec: Spec, shapes: Shapes) -> Iterator[Diagnostic]:
    """NS221, NS260: the rate of a plateau can fall before the run ends, and before it is stopped.

    The first epoch is always the best so far. After `patience` + 1 that are not, the rate is lower in the one that follows.
    """
    train, at = spec.train.value, spec.train.at
    schedule, stopping = train.schedule, train.early_stopping
    if not isinstance(schedule, Plateau):
        return
    place = "schedule.patience" if "schedule.patience" in spec.train.places else "schedule"
    if train.epochs < schedule.patience + 3:
        first = schedule.patience + 3
        message = f"the rate drops for epoch {first} at the earliest, and the run has {counted(train.epochs, 'epoch')}"
        help = "lower `patience`, or train for more epochs"
        yield Diagnostic("NS221", message, spec.source, at(place), help=help, severity="warning")
    elif stopping is not None and stopping.metric == schedule.metric and stopping.patience <= schedule.patience + 1:
        end = "early_stopping.patience" if "early_stopping.patience" in spec.train.places else "early_stopping"
        yield Diagnostic(
            "NS260",
            f"the run stops after {counted(stopping.patience, 'epoch')} without improvement, before the rate has dropped",
            spec.source,
            at(end),
            labels=(Label(at(place), f"drops after {counted(schedule.patience + 1, 'epoch')}"),),
            help=f"give `early_stopping` a `patience` of {2 * (schedule.patience + 1)}, or `schedule` a lower one",
            cause=Contradiction((Agreement("train.early_stopping.patience", str(2 * (schedule.patience + 1))),)),
            severity="warning",
        )


PASSES = (held_out, patience)
"""The passes that find metrics which cannot be watched, and patience that nothing comes of."""
