"""`netspec validate`: checks specs. Imports nothing that computes."""

from __future__ import annotations

import difflib
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TextIO

import click
from click.core import ParameterSource

from netspec.analysis.report import Report
from netspec.cli import many, messages, options, spec_files, specs
from netspec.cli.outcome import Document, Outcome
from netspec.cli.spec_files import File
from netspec.diagnostics.diagnostic import Diagnostic, from_unreadable, in_order
from netspec.diagnostics.render import RENDERERS
from netspec.diagnostics.render.wording import counted
from netspec.project.configuration import Configuration
from netspec.text.files import STDIN, Unreadable, encode, read_source
from netspec.text.recognition import says_spec
from netspec.text.source import START, Source


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the options ask of each file, beside what its configuration says."""

    overrides: tuple[str, ...] = ()
    budgets: tuple[str, ...] = ()
    strict: bool = False
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    repair: bool = False
    write: bool = False
    """Whether repairs go into the file."""
    stdin: str | None = None
    """The name of standard input."""
    hints: bool = False
    """Whether hints are warnings."""

    def of(self, configuration: Configuration) -> Configuration:
        """A configuration with the options added; what they select is selected instead."""
        return replace(
            configuration,
            strict=self.strict or configuration.strict,
            select=self.select or configuration.select,
            ignore=(*configuration.ignore, *self.ignore),
        )


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one file."""

    name: str
    findings: tuple[Diagnostic, ...] = ()
    status: int = 0
    """2 where it could not be read, 3 where it could not be written or netspec failed."""
    before: Source | None = None
    after: Source | None = None
    """The text with the repairs."""
    told: tuple[str, ...] = ()
    """Lines for standard error."""
    passed_over: bool = False
    """Whether it is a file of a folder that does not say that it is a spec."""


@click.command(
    short_help="Check specs, for people or for a CI server.",
    epilog="Example: netspec validate specs/ --exclude broken --strict",
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=options.FILE)
@options.formats(list(RENDERERS))
@options.outputs(list(RENDERERS))
@options.overrides
@click.option("--strict", is_flag=True, help="Take warnings for errors.")
@click.option("--hints", is_flag=True, help="Take hints, which only editors show, for warnings.")
@options.codes("--select", "Report these codes only, as in NS302,NS4. Repeatable.")
@options.codes("--ignore", "Do not report these codes. Repeatable.")
@click.option(
    "--budget",
    "budgets",
    metavar="KEY=VALUE",
    multiple=True,
    help="Hold every spec to this budget instead of its own, as in parameters=60k. Repeatable.",
)
@click.option(
    "--exclude",
    metavar="PATTERN",
    multiple=True,
    help="Leave out files and folders of this name or path; * matches anything. Repeatable.",
)
@click.option(
    "--fix", is_flag=True, help="Write the repairs that can only be meant into the files; of `-`, to standard output."
)
@click.option(
    "--diff", is_flag=True, help="Print what --fix would change, and write nothing; exit with 1 where that is anything."
)
@click.option(
    "--stdin-filename", metavar="PATH", type=options.FILE, help="The name of standard input, by which it is configured."
)
def validate(
    files: tuple[str, ...],
    form: str,
    outputs: tuple[tuple[str, Path], ...],
    overrides: tuple[str, ...],
    strict: bool,
    hints: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    budgets: tuple[str, ...],
    exclude: tuple[str, ...],
    fix: bool,
    diff: bool,
    stdin_filename: str | None,
) -> Outcome:
    """Check specs and say what is wrong, where, and what repairs it.

    FILE is a spec, a folder (the specs in it and in folders below: .yaml and .yml files that have the key `netspec`, or
    are named *.netspec.yaml), a pattern, or `-` for standard input. `netspec.toml`, or [tool.netspec] in pyproject.toml,
    says what else holds for the specs below it.

    Exit status: 0 no error, 1 an error, 2 wrong usage or an unreadable file, 3 the environment or a bug.
    """
    if stdin_filename is not None and "-" not in files:
        raise click.UsageError("--stdin-filename names standard input: give `-` as FILE.")
    if diff and (outputs or click.get_current_context().get_parameter_source("form") is not ParameterSource.DEFAULT):
        raise click.UsageError("--diff prints what --fix would change: leave --format and --output out.")
    piped = fix and not diff and "-" in files
    if piped and set(files) != {"-"}:
        raise click.UsageError("--fix prints standard input repaired: give `-` alone, or files alone.")
    specs.require_budgets(budgets)
    wanted = Wanted(overrides, budgets, strict, select, ignore, fix or diff, fix and not diff, stdin_filename, hints)
    targets = spec_files.expand(files, exclude, stdin_filename or "-")
    if outputs:
        kept = {os.path.realpath(target.name) for target in targets}
        if over := [str(path) for _, path in outputs if os.path.realpath(path) in kept]:
            raise click.UsageError(f"--output would write over {messages.safe(over[0])}, which is to be checked.")
    check = partial(_checked, wanted=wanted)
    # a process of its own has no standard input, and what --fix says has its order
    results = [check(target) for target in targets] if fix or diff or "-" in files else many.each(check, targets)
    for line in (line for result in results for line in result.told):
        click.echo(line, err=True)
    checked = [result for result in results if not result.passed_over]
    if len(checked) < len(results):
        others = counted(len(results) - len(checked), "YAML file")
        click.echo(f"not looked at: {others} without the key `netspec`", err=True)
    if not checked and any(map(spec_files.is_folder, files)):
        if not targets and exclude:
            raise click.UsageError(
                f"no spec to check: --exclude {messages.safe(' '.join(exclude))} leaves out all files."
            )
        raise click.UsageError("no spec to check: all files are left out, or do not say that they are specs.")

    problems = list(dict.fromkeys(one for target in targets for one in target.configuration.problems))
    found = in_order([*problems, *(finding for result in checked for finding in result.findings)])
    names = [result.name for result in checked]
    status = max([2 if problems else 0, *(result.status for result in checked)])
    if diff:
        changes = "".join(map(_difference, checked))
        unread = [*problems, *(finding for result in checked if result.status for finding in result.findings)]
        return Outcome(unread, lambda stream: [_written(changes, stream)], max(status, int(bool(changes))))
    document = Document(form, names, errors=piped, copies=outputs)
    wrong = any(diagnostic.severity == "error" for diagnostic in found)
    return Outcome(
        found, partial(_repaired, checked, not targets) if piped else None, max(status, int(wrong)), document
    )


def _checked(file: File, wanted: Wanted) -> Checked:
    """What comes of one file: what fails in it is told of it, and is no matter of the others."""
    name = (wanted.stdin or STDIN) if file.name == "-" else file.name
    try:
        return _examined(file, name, wanted)
    except (click.ClickException, ImportError):
        raise
    except Exception as error:
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        bug = Diagnostic(
            "NS025", f"this is a bug in netspec: {what}", Source(name, ""), START, help="report it with this file"
        )
        return Checked(name, (bug,), 3, told=(f"{messages.safe(name)}:\n{messages.bug()}",))


def _examined(file: File, name: str, wanted: Wanted) -> Checked:
    source = read_source(file.name)
    if isinstance(source, Unreadable):
        return Checked(name, (from_unreadable(replace(source, name=name)),), 2)
    if file.name == "-" and wanted.stdin is not None:
        source = replace(source, name=name, path=Path(name))
    if not file.named and not says_spec(source):
        return Checked(name, passed_over=True)
    configuration = wanted.of(file.configuration)
    if not wanted.repair or source.faults:
        return Checked(name, _findings(source, configuration, wanted))
    from netspec.repair.safe import fix_all
    from netspec.storage.writing import rewrite

    text, fixes = fix_all(source, configuration.check)
    after = replace(source, text=text)
    if not wanted.write:
        return Checked(name, _findings(source, configuration, wanted), before=source, after=after)
    if fixes and file.name != "-":
        try:
            rewrite(Path(file.name), encode(source), encode(after))
        except OSError as error:
            reason = f"the repairs cannot be written: {error.strerror or error}"
            refused = Diagnostic("NS026", reason, replace(source, text=""), START)
            return Checked(name, (refused, *_findings(source, configuration, wanted)), 3)
    told = tuple(f"{messages.safe(name)}: {fix.title}" for fix in fixes)
    return Checked(name, _findings(after, configuration, wanted), before=source, after=after, told=told)


def _hints_told(report: Report) -> Report:
    """The report with its hints as warnings."""
    told = (replace(one, severity="warning") if one.severity == "hint" else one for one in report.diagnostics)
    return replace(report, diagnostics=tuple(told))


def _findings(source: Source, configuration: Configuration, wanted: Wanted) -> tuple[Diagnostic, ...]:
    changed, made = specs.written(source, "--set", wanted.overrides)
    limited, limits, unset = configuration.limited(changed, [item.partition("=")[0] for item in wanted.budgets])
    budgeted, given = specs.written(limited, "--budget", wanted.budgets, "budget")
    report = specs.check(budgeted, [*made, *limits, *given], hints=wanted.hints)
    report = _hints_told(report) if wanted.hints else report
    return (*unset, *configuration.judged(report).diagnostics)


def _difference(result: Checked) -> str:
    """The repairs of a file as a unified diff; empty where there are none."""
    if result.before is None or result.after is None:
        return ""
    old, new = (re.findall(r"[^\n]*\n|[^\n]+", encode(source).decode()) for source in (result.before, result.after))
    name = messages.safe(result.name)
    lines = difflib.unified_diff(old, new, name, name)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _repaired(checked: list[Checked], passed_over: bool, stream: TextIO) -> Iterator[str | bytes]:
    """Standard input with its repairs; as it came where it is left out by its name."""
    if passed_over:
        while block := sys.stdin.buffer.read(BLOCK):
            yield block
    yield from (_written(encode(result.after).decode(), stream) for result in checked if result.after is not None)


BLOCK = 1 << 16
"""Bytes that are copied at a time."""


def _written(text: str, stream: TextIO) -> str | bytes:
    """Text as it stands in a file, byte for byte; on a terminal without what could steer it."""
    return "\n".join(map(messages.safe, text.split("\n"))) if stream.isatty() else text.encode()
