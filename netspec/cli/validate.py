"""`netspec validate`: checks specs. Imports nothing that computes."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import partial

import click

from netspec.cli import many, messages, options, spec_files, specs
from netspec.diagnostics.diagnostic import Diagnostic, from_unreadable, in_order, told
from netspec.diagnostics.render import RENDERERS, renderer
from netspec.text.files import Unreadable, read_source


@click.command(
    short_help="Check specs, for people or for a CI server.",
    epilog="Example: netspec validate specs/ --exclude broken --strict",
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=options.FILE)
@options.formats(list(RENDERERS))
@options.overrides
@click.option("--strict", is_flag=True, help="Take warnings for errors.")
@click.option("--hints", is_flag=True, help="Take hints, which only editors show, for warnings.")
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
@click.option("--fix", is_flag=True, help="Write the repairs that can only be meant into the files.")
def validate(
    files: tuple[str, ...],
    form: str,
    overrides: tuple[str, ...],
    strict: bool,
    hints: bool,
    budgets: tuple[str, ...],
    exclude: tuple[str, ...],
    fix: bool,
) -> None:
    """Check specs and say what is wrong, where, and what repairs it.

    FILE is a spec, a folder (its .yaml and .yml files, also in folders below, but none that begin with a dot), a
    pattern, or `-` for standard input.

    Exit status: 0 no error, 1 an error, 2 wrong usage or an unreadable file, 3 the environment or a bug.
    """
    if fix and "-" in files:
        raise click.UsageError("--fix changes files, and standard input is none.")
    specs.require_budgets(budgets)
    names = spec_files.expand(files, exclude)
    check = partial(_checked, overrides=overrides, budgets=budgets, fix=fix)
    # a process of its own has no standard input, and what --fix says has its order
    results = [check(name) for name in names] if fix or "-" in names else many.each(check, names)
    found = [finding for result in results for finding in result.findings]
    if hints:
        found = [replace(one, severity="warning") if one.severity == "hint" else one for one in found]
    if strict:
        found = [replace(one, severity="error") for one in told(found)]
    text = renderer(form)(
        in_order(found),
        [result.name for result in results],
        color=messages.coloured(sys.stdout),
        width=messages.width(sys.stdout),
    )
    click.echo(text, nl=False, color=messages.coloured(sys.stdout))
    if any(result.unreadable for result in results):
        raise SystemExit(2)
    raise SystemExit(int(any(diagnostic.severity == "error" for diagnostic in found)))


@dataclass(frozen=True, slots=True)
class _Checked:
    name: str
    findings: tuple[Diagnostic, ...]
    unreadable: bool = False


def _checked(name: str, overrides: tuple[str, ...], budgets: tuple[str, ...], fix: bool) -> _Checked:
    source = read_source(name)
    if isinstance(source, Unreadable):
        return _Checked(source.name, (from_unreadable(source),), unreadable=True)
    if fix:
        source = specs.fix(source)
    changed, made = specs.written(source, "--set", overrides)
    budgeted, limits = specs.written(changed, "--budget", budgets, "budget")
    return _Checked(source.name, specs.check(budgeted, [*made, *limits]).diagnostics)
