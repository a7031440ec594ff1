"""The images that a network is trained or measured on, and what is wrong with them.

Where the spec's own `path` did not lead to them, a finding is told of the option or the run that did.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netspec.analysis.plan import Plan
from netspec.data import splits
from netspec.data.splits import Images
from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.code import Family
from netspec.diagnostics.diagnostic import Diagnostic, placeless
from netspec.diagnostics.errors import DataError, Misuse, SpecError
from netspec.language.data import SOURCES
from netspec.runs.directory import data_path
from netspec.workflows.telling import Tell

RELATIVE = "`path` is relative to the spec"
"""What helps where the spec names the place."""


def images_of(plan: Plan, given: str | None, record: Mapping[str, Any] | None, tell: Tell) -> Images:
    """The images of a plan: those that `given` leads to, else those of the run of `record`, else those that the spec names.

    Raises:
        DataError: they are not there, or wrong.
        SpecError: the network has no use for them.
        Misuse: `given` where the images come with netspec.
    """
    source = plan.spec.data.value.source
    if given is not None and SOURCES[source].embedded:
        help = "leave --data out, or name what it holds: --set data.source=npz"
        raise Misuse(f"--data {given}: `{source}` is embedded, and nothing is read; {help}.")
    path = Path(given) if given is not None else data_path(record) if record is not None else None
    found = splits.read(plan, path)
    findings = found if isinstance(found, list) else found.warnings
    findings = [_led(finding, given, None if path is None else record) for finding in findings]
    if isinstance(found, list):
        raise (DataError if all(map(_of_data, findings)) else SpecError)(findings)
    tell(findings)
    return found


def _of_data(finding: Diagnostic) -> bool:
    return CODES[finding.code].family is Family.DATA


def _led(finding: Diagnostic, given: str | None, record: Mapping[str, Any] | None) -> Diagnostic:
    """A finding on the data; of those that `given` or a run led to it stands nowhere in a spec."""
    if not _of_data(finding) or (given is None and record is None):
        return finding
    message, help = finding.message, finding.help
    if given is not None:
        message = message.replace("`path`", "`--data`") + f" (with `--data {given}`)"
        help = _of_option(help, given, record)
    elif help == RELATIVE:
        help = "name the place where they are now with --data PATH"
    return placeless(finding.code, message, help, finding.severity)


def _of_option(help: str | None, given: str, record: Mapping[str, Any] | None) -> str | None:
    """What helps, where it is the option that leads to the images and no key of the spec."""
    if help == RELATIVE:
        relative = f"--data is relative to the working directory, {Path.cwd()}"
        return "name the place where they are" if Path(given).is_absolute() else relative
    if source := re.fullmatch("set `(source: .+)` in `data`", help or ""):
        return (
            f"{help}: --set data.{source[1].replace(': ', '=')}"
            if record is None
            else "name data of the run's own `source`"
        )
    return help
