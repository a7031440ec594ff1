"""`netspec validate`: checks specs. Imports nothing that computes."""

from __future__ import annotations

import glob
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from netspec.cli import messages, specs
from netspec.diagnostics.diagnostic import Diagnostic, from_unreadable, in_order
from netspec.diagnostics.render import RENDERERS, renderer
from netspec.text.files import Unreadable, read_source


@click.command(epilog="Example: netspec validate specs/ --strict")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--format", "form", type=click.Choice(list(RENDERERS)), default="full", show_default=True)
@click.option("--strict", is_flag=True, help="Takes warnings for errors.")
@click.option(
    "--budget", "budgets", metavar="KEY=VALUE", multiple=True, help="A budget for every file: parameters=60k."
)
@click.option("--fix", is_flag=True, help="Makes the changes that can only be meant, in the files.")
def validate(files: tuple[str, ...], form: str, strict: bool, budgets: tuple[str, ...], fix: bool) -> None:
    """Checks specs: files, directories of them, patterns, or `-` for standard input."""
    names = list(dict.fromkeys(found for name in files for found in _expand(name)))
    for item in budgets:
        specs.key_value("--budget", item)
    found: list[Diagnostic] = []
    checked: list[str] = []
    unreadable = False
    for name in names:
        source = read_source(name)
        checked.append(source.name)
        if isinstance(source, Unreadable):
            unreadable = True
            found.append(from_unreadable(source))
            continue
        if fix and source.path is not None:
            source = specs.fix(source)
        found += specs.check(*specs.written(source, "--budget", budgets, "budget")).diagnostics
    if strict:
        found = [replace(diagnostic, severity="error") for diagnostic in found]
    text = renderer(form)(
        in_order(found), checked, color=messages.coloured(sys.stdout), width=messages.width(sys.stdout)
    )
    click.echo(text, nl=False, color=messages.coloured(sys.stdout))
    if unreadable:
        raise SystemExit(2)
    raise SystemExit(int(any(diagnostic.severity == "error" for diagnostic in found)))


def _expand(name: str) -> Iterator[str]:
    """A directory's specs, a pattern's files, or the name itself: what is not there is said when it is read."""
    path = Path(name)
    if path.is_dir():
        below = sorted(str(file) for file in path.rglob("*") if file.suffix in (".yaml", ".yml") and file.is_file())
        if not below:
            raise click.UsageError(f"no .yaml or .yml file below {messages.safe(name)}")
        yield from below
    elif not path.exists() and glob.has_magic(name) and (matches := sorted(glob.glob(name, recursive=True))):  # noqa: PTH207
        yield from matches
    else:
        yield name
