"""The images that a network is trained or measured on, and what is wrong with them.

Where the spec's own `path` did not lead to them, a finding is told of the option or the run that did.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from netspec.analysis.plan import Plan
from netspec.data import splits
from netspec.data.problem import Advice, Problem
from netspec.data.splits import Images
from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.code import Family
from netspec.diagnostics.diagnostic import Diagnostic, placeless
from netspec.diagnostics.errors import DataError, Misuse, SpecError
from netspec.language.data import SOURCES
from netspec.runs.directory import data_path
from netspec.workflows.telling import Tell


def images_of(plan: Plan, given: str | None, record: Mapping[str, Any] | None, tell: Tell) -> Images:
    """The images of a plan: those that `given` leads to, else those of the run of `record`, else those that the spec names.

    Raises:
        DataError: they are not there, or wrong.
        SpecError: the network has no use for them.
        Misuse: `given` where the images come with netspec.
    """
    source = plan.spec.data.value.source
    if given is not None and SOURCES[source].embedded:
        instead = ", or name what it holds: --set data.source=npz" if record is None else ""
        raise Misuse(f"--data {given}: `{source}` is embedded, and nothing is read; leave --data out{instead}.")
    if given is not None:
        found = splits.read(plan, Path(given), partial(_by_option, given, record))
    elif record is not None and (path := data_path(record)) is not None:
        found = splits.read(plan, path, _by_run)
    else:
        found = splits.read(plan)
    if isinstance(found, list):
        raise (DataError if all(map(_of_data, found)) else SpecError)(found)
    tell(found.warnings)
    return found


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
