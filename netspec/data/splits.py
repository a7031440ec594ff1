"""The images of a spec, divided into training, validation and test, or what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from netspec.analysis.against_data import map_as_output
from netspec.analysis.heads import of_plan
from netspec.analysis.plan import Plan
from netspec.data import Dataset, Problem, Split, hold_out, load, sources, statistics
from netspec.data.checks import faint_problems
from netspec.data.dataset import Say
from netspec.data.files import at_home
from netspec.data.loading import MEMORY, Loading
from netspec.data.problem import Refused
from netspec.data.streamed import workers
from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.code import Family
from netspec.diagnostics.diagnostic import Diagnostic, placeless
from netspec.language.data import SOURCES


@dataclass(frozen=True)
class Settings:
    """What the data room reads of the spec, with the path resolved."""

    source: str
    path: Path | None
    resize: bool = False
    labels: str = "class"
    two: bool = False
    loading: Loading = MEMORY


@dataclass(frozen=True)
class Images:
    """A data set ready for training."""

    train: Split
    validation: Split
    """Empty where `data.validation` is 0."""
    test: Split
    classes: tuple[str, ...]
    """The names of the classes, of several labels or of numbers."""
    fingerprint: str
    mean: np.ndarray
    """(channels,) float32, of the training part: normalized = (raw - mean) / deviation."""
    deviation: np.ndarray
    warnings: tuple[Diagnostic, ...] = ()
    path: Path | None = None
    """Where they were found, absolute; None where nobody said where they are."""


def read(
    plan: Plan,
    path: Path | None = None,
    told: Callable[[Problem], Diagnostic] | None = None,
    *,
    room: int | None = None,
    say: Say | None = None,
) -> Images | list[Diagnostic]:
    """The images of a plan, from `path` where that is not None, else from the spec's `data.path` or the known places.

    `room` is how many bytes are free on a device with a memory of its own; `say` is told how far streamed images are looked
    through, which is done once. In the images' place come errors. `told` makes a finding of each problem; without it, one at
    the key of the spec that names the files. Raises DeviceError where `NETSPEC_WORKERS` is no number of threads.
    """
    told = told or partial(_diagnostic, plan)
    data = plan.spec.data.value
    place = at_home(path) if path else beside(plan, data.path) if data.path is not None else None
    outputs = plan.output[-1] if len(plan.output) == 1 else None
    if outputs is None:
        return [map_as_output(plan.spec, plan.layers[-1])]
    workers()  # a wrong number of them is told before a run is made
    head = of_plan(plan)
    settings = Settings(
        data.source, place, data.resize, data.labels, head.name == "two", Loading(data.loading, room, say)
    )
    height, width, channels = plan.input
    dataset = load(settings, (height, width, channels), head.classes(outputs))
    if not isinstance(dataset, Dataset):
        return [told(problem) for problem in dataset]
    train, validation = hold_out(dataset.train, data.validation, plan.spec.train.value.seed)
    try:
        unkept: list[Problem] = []
        mean, deviation = statistics(train, data.normalize, say, unkept)
    except Refused as refused:  # a streamed file has changed since the survey
        return [told(problem) for problem in refused.problems]
    faint = faint_problems(dataset, place or Path(data.source)) if data.normalize == "unit" else []
    return Images(
        train,
        validation,
        dataset.test,
        dataset.classes,
        dataset.fingerprint,
        mean.astype(np.float32),
        deviation.astype(np.float32),
        tuple(_warning(problem, told) for problem in dict.fromkeys((*dataset.warnings, *faint, *unkept))),
        place and place.absolute(),
    )


def pixel_type(plan: Plan) -> np.dtype[Any]:
    """The type of the raw images of a plan: uint8 or float32, by the files where they are there."""
    data = plan.spec.data.value
    path = beside(plan, data.path) if data.path is not None else None
    return sources.pixel_type(Settings(data.source, path, data.resize)) or np.dtype(SOURCES[data.source].dtype)


def beside(plan: Plan, path: str) -> Path:
    """Where a path of the spec leads: it is relative to the spec, or to the home folder where it begins with `~`."""
    source = plan.spec.source.path
    return at_home(Path(path)) if source is None else source.parent / at_home(Path(path))


def _warning(problem: Problem, told: Callable[[Problem], Diagnostic]) -> Diagnostic:
    """What is told of data, as `told` has it; what is told of the cache stands nowhere in a spec."""
    if CODES[problem.code].family is Family.DATA:
        return told(problem)
    return placeless(problem.code, problem.message, problem.help, problem.severity)


def _diagnostic(plan: Plan, problem: Problem) -> Diagnostic:
    data = plan.spec.data
    span = data.at("path") if data.value.path is not None else data.at("source")
    return Diagnostic(
        problem.code, problem.message, plan.spec.source, span, help=problem.help, severity=problem.severity
    )
