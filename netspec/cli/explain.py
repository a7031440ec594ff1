"""`netspec explain`: what a diagnostic means."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from textwrap import fill, indent

import click

from netspec.analysis.check import check_source
from netspec.cli import messages
from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.code import Code
from netspec.diagnostics.render import renderer
from netspec.text.source import Source


@click.command(epilog="Example: netspec explain NS301")
@click.argument("code", required=False)
def explain(code: str | None) -> None:
    """Says what CODE means, with a spec that raises it and the same spec repaired. Without CODE, lists all codes."""
    if code is None:
        for entry in CODES.values():
            click.echo(f"{entry.code}  {entry.title}")
        return
    found = CODES.get(code.upper())
    if found is None:
        close = get_close_matches(code.upper(), CODES, 1, 0.5)
        hint = f" Did you mean {close[0]}?" if close else " `netspec explain` lists them."
        raise click.UsageError(f"there is no code {messages.safe(code)}.{hint}")
    colour = messages.coloured(sys.stdout)
    click.echo(explanation(found, colour=colour), nl=False, color=colour)


def explanation(code: Code, *, colour: bool) -> str:
    """The whole text of one code."""
    parts = [click.style(f"{code.code}: {code.title}", bold=True) if colour else f"{code.code}: {code.title}"]
    parts += [fill(paragraph, 80) for paragraph in code.meaning.split("\n\n")]
    if code.example:
        source = Source("example.yaml", code.example)
        found = check_source(source).diagnostics
        shown = renderer("full")(found, (source.name,), color=colour, width=80)
        parts += ["This spec raises it:", indent(code.example.rstrip(), "    ")]
        if found:
            parts += ["and netspec says:", indent(shown.split("\n\n")[0].rstrip(), "    ")]
    if code.repaired:
        parts += ["Repaired:", indent(code.repaired.rstrip(), "    ")]
    return "\n\n".join(parts) + "\n"
