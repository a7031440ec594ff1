"""The images that a network is trained or measured on, and what is wrong with them.

Where the spec's own `path` did not lead to them, a finding is told of the option or the run that did.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import jax

from netspec.analysis.plan import Plan
from netspec.data import splits
from netspec.data.dataset import Say
from netspec.data.images import summary
from netspec.data.problem import Advice, Problem, Refused
from netspec.data.splits import Images
from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.code import Family
from netspec.diagnostics.diagnostic import Diagnostic, placeless
from netspec.diagnostics.errors import DataError, Misuse, SpecError
from netspec.language.data import SOURCES
from netspec.runs.directory import data_path
from netspec.training.memory import available_bytes
from netspec.workflows.telling import Tell


def images_of(
    plan: Plan, given: str | None, record: Mapping[str, Any] | None, tell: Tell, say: Say | None = None
) -> Images:
    """The images of a plan: those that `given` leads to, else those of the run of `record`, else those that the spec names.

    `say` is told how far streamed images are looked through before their first use.

    Raises:
        DataError: they are not there, or wrong.
        SpecError: the network has no use for them.
        Misuse: `given` where the images come with netspec.
    """
    source = plan.spec.data.value.source
    if given is not None and SOURCES[source].embedded:
        instead = ", or name what it holds: --set data.source=npz" if record is None else ""
        raise Misuse(f"--data {given}: `{source}` is embedded, and nothing is read; leave --data out{instead}.")
    read = partial(splits.read, plan, room=_room(), say=say)
    if given is not None:
        found = read(Path(given), partial(_by_option, given, record))
    elif record is not None and (path := data_path(record)) is not None:
        found = read(path, _by_run)
    else:
        found = read()
    if isinstance(found, list):
        raise (DataError if all(map(_of_data, found)) else SpecError)(found)
    tell(found.warnings)
    return found


@contextmanager
def in_use() -> Iterator[None]:
    """Where streamed images are read: what has become of their files is DataError."""
    try:
        yield
    except Refused as refused:
        raise DataError([_by_run(problem) for problem in summary(refused.problems)]) from None


def _room() -> int | None:
    """The bytes that are free on a device with a memory of its own."""
    device = jax.devices()[0]
    return None if device.platform == "cpu" else available_bytes(device)


def _of_data(finding: Diagnostic) -> bool:
    return CODES[finding.code].family is Family.DATA


def _by_run(problem: Problem) -> Diagnostic:
    """A finding on the data of a run, which stands nowhere in a spec."""
    moved = problem.advice is Advice.NAME_THE_PLACE
    help = "name the place where they are now with --data PATH" if moved else problem.help
    return placeless(problem.code, problem.message, help, problem.severity)


def _by_option(given: str, record: Mapping[str, Any] | None, problem: Problem) -> Diagnostic:
    """A finding on the data that an option leads to; only where no run has made them can another `source` be set."""
    help = problem.help
    if problem.advice is Advice.NAME_THE_PLACE:
        relative = f"--data is relative to the working directory, {Path.cwd()}"
        help = "name the place where they are" if Path(given).is_absolute() else relative
    elif problem.other_source is not None:
        other = f"{help}: --set data.source={problem.other_source}"
        help = other if record is None else "name data of the run's own `source`"
    return placeless(problem.code, f"{problem.message} (with `--data {given}`)", help, problem.severity)
