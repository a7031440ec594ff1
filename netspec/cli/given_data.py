"""What is wrong with images that the spec's own `path` did not lead to: told of the option or the run that did."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from netspec.cli import messages
from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.code import Family
from netspec.diagnostics.diagnostic import Diagnostic
from netspec.language.data import SOURCES

RELATIVE = "`path` is relative to the spec"
"""What helps where the spec names the place."""


def require_files(source: str, given: str | None) -> None:
    """Refuses `--data` where the images come with netspec."""
    if given is not None and SOURCES[source].embedded:
        help = "leave --data out, or name what it holds: --set data.source=npz"
        raise click.UsageError(f"--data {messages.safe(given)}: `{source}` is embedded, and nothing is read; {help}.")


def show(found: Sequence[Diagnostic], given: str | None, record: Mapping[str, Any] | None) -> None:
    """Findings on the data; those on what `--data` gives or what a run had stand nowhere in a spec.

    `record` is that of the run, where it says where the images are.
    """
    if given is None and record is None:
        messages.show(found)
        return
    for finding in found:
        if CODES[finding.code].family is not Family.DATA:
            messages.show([finding])
        elif given is not None:
            message = finding.message.replace("`path`", "`--data`") + f" (with `--data {given}`)"
            messages.tell(replace(finding, message=message, help=_of_option(finding.help, given, record)))
        else:
            moved = "name the place where they are now with --data PATH"
            messages.tell(replace(finding, help=moved if finding.help == RELATIVE else finding.help))


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
