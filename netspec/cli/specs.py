"""Specs as commands get them: from a file or standard input, with what `--set` changes."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

from netspec.analysis.check import Report, check_source
from netspec.analysis.plan import Plan
from netspec.cli import messages
from netspec.diagnostics.diagnostic import from_unreadable
from netspec.language.override import override
from netspec.text.files import Unreadable, read_source
from netspec.text.source import Source


def read(name: str) -> Source:
    """The text of a file, or of standard input for `-`; exits with 2 where it cannot be had."""
    found = read_source(name)
    if isinstance(found, Unreadable):
        messages.show([from_unreadable(found)])
        raise SystemExit(2)
    return found


def key_value(option: str, item: str) -> tuple[list[str], str]:
    """The path and the value of `KEY=VALUE`; a usage error where it is none."""
    key, equals, value = item.partition("=")
    if not equals or not value.strip() or not re.fullmatch(r"[a-z_]+(\.[a-z_]+)*", key):
        raise click.UsageError(f"{option} {messages.safe(item)}: write KEY=VALUE, as in train.epochs=3")
    return key.split("."), value


def load(name: str, overrides: Sequence[str] = ()) -> Report:
    """The report on one file, with `KEY=VALUE` overrides written into its text."""
    source = read(name)
    for item in overrides:
        source = override(source, *key_value("--set", item))
    return check_source(source)


def require_plan(name: str, overrides: Sequence[str] = ()) -> Plan:
    """The plan of a file; shows its diagnostics, and exits with 1 where one is an error."""
    report = load(name, overrides)
    messages.show(report.diagnostics)
    if report.plan is None:
        raise SystemExit(1)
    return report.plan
