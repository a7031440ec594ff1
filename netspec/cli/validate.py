"""`netspec validate`: checks specs. Imports nothing that computes."""

from __future__ import annotations

import sys
from dataclasses import replace

import click

from netspec.cli import messages, options, spec_files, specs
from netspec.diagnostics.diagnostic import Diagnostic, from_unreadable, in_order
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
    found: list[Diagnostic] = []
    checked: list[str] = []
    unreadable = False
    for name in spec_files.expand(files, exclude):
        source = read_source(name)
        checked.append(source.name)
        if isinstance(source, Unreadable):
            unreadable = True
            found.append(from_unreadable(source))
            continue
        if fix:
            source = specs.fix(source)
        changed, made = specs.written(source, "--set", overrides)
        budgeted, limits = specs.written(changed, "--budget", budgets, "budget")
        found += specs.check(budgeted, [*made, *limits]).diagnostics
    if strict:
        found = [replace(diagnostic, severity="error") for diagnostic in found]
    text = renderer(form)(
        in_order(found), checked, color=messages.coloured(sys.stdout), width=messages.width(sys.stdout)
    )
    click.echo(text, nl=False, color=messages.coloured(sys.stdout))
    if unreadable:
        raise SystemExit(2)
    raise SystemExit(int(any(diagnostic.severity == "error" for diagnostic in found)))
