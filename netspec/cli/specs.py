"""Specs as commands get them: from a file or standard input, with what `--set` changes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import click

from netspec.analysis.check import Report, costed
from netspec.analysis.plan import Plan
from netspec.cli import messages
from netspec.diagnostics.diagnostic import from_unreadable
from netspec.language.override import Aliased, Override, override
from netspec.repair.check import check_source
from netspec.text.files import Unreadable, encode, read_source
from netspec.text.source import Source

EXAMPLES = {"--set": "train.epochs=3", "--budget": "parameters=60k"}


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
    if not equals or not value.strip() or not re.fullmatch(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*", key):
        raise click.UsageError(f"{option} {messages.safe(item)}: write KEY=VALUE, as in {EXAMPLES[option]}")
    return key.split("."), value


def written(source: Source, option: str, items: Sequence[str], prefix: str = "") -> tuple[Source, list[Override]]:
    """The source with the `KEY=VALUE` items of an option in its text, one after the other."""
    made = []
    for item in items:
        path, value = key_value(option, item)
        try:
            change = override(source, f"{option} {item}", [*([prefix] if prefix else []), *path], value)
        except Aliased as error:
            raise click.UsageError(f"{option} {messages.safe(item)}: {error}; change it in the file.") from None
        if change is not None:
            made.append(change)
            source = change.source
    return source, made


def require_budgets(items: Sequence[str]) -> None:
    """Refuses budgets that no spec could have: a usage error once, rather than a finding in every file."""
    for item in items:
        source, _ = written(
            Source("--budget", "netspec: 1\nname: any\ninput: [1, 1, 1]\nfc: [1]\n"), "--budget", [item], "budget"
        )
        for finding in check_source(source).diagnostics:
            if finding.code < "NS2":
                help = f"; {finding.help}" if finding.help else ""
                raise click.UsageError(f"--budget {messages.safe(item)}: {messages.safe(finding.message + help)}.")


def check(source: Source, overrides: Sequence[Override] = ()) -> Report:
    """The report on a source; what it says of overridden values is told of the file as it is."""
    report = check_source(source)
    found = report.diagnostics
    for change in reversed(overrides):
        found = tuple(change.located(diagnostic) for diagnostic in found)
    return replace(report, diagnostics=found)


def load(name: str, overrides: Sequence[str] = ()) -> Report:
    """The report on one file, with the `--set` overrides written into its text."""
    return check(*written(read(name), "--set", overrides))


def require_plan(name: str, overrides: Sequence[str] = ()) -> Plan:
    """The plan of a file; shows its diagnostics, and exits with 1 where one is an error."""
    report = load(name, overrides)
    messages.show(report.diagnostics)
    if report.plan is None:
        raise SystemExit(1)
    return report.plan


def require_costs(name: str, overrides: Sequence[str] = ()) -> tuple[Plan, int]:
    """The plan of a file, though it exceed its budgets, and the exit status; ends as `require_plan` where all else is wrong."""
    report = load(name, overrides)
    messages.show(report.diagnostics)
    plan = costed(report)
    if plan is None:
        raise SystemExit(1)
    return plan, int(not report.ok)


def fix(source: Source) -> Source:
    """Makes the safe fixes in the file of a source, and says which; the source as it then is."""
    from netspec.repair.safe import fix_all
    from netspec.text.writing import write_atomic

    text, fixes = fix_all(source)
    if fixes and source.path is not None:
        mode = source.path.stat().st_mode
        write_atomic(source.path, encode(replace(source, text=text)))
        source.path.chmod(mode)
        for made in fixes:
            click.echo(f"{messages.safe(source.name)}: {made.title}", err=True)
    return replace(source, text=text)
