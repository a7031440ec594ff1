"""`netspec diagram`: the picture of a network."""

from __future__ import annotations

import os
from pathlib import Path

import click

from netspec.cli import messages, options, specs
from netspec.cli.outcome import Outcome


@click.command(short_help="Draw a network as SVG.", epilog="Example: netspec diagram specs/lenet5.yaml -o lenet5.svg")
@click.argument("file", type=options.FILE)
@click.option(
    "-o", "--output", "output", metavar="SVG", type=options.FILE, help="Write this file instead of standard output."
)
@options.forms()
@options.overrides
def diagram(file: str, output: str | None, overrides: tuple[str, ...]) -> Outcome:
    """Draw the network of a spec as SVG: maps, windows, sizes and parameters.

    FILE is a spec, `-` for standard input, or a run directory. A network that exceeds its budgets is drawn too; the exit status is then 1.
    """
    from netspec.report.diagram import draw

    if output is not None and (ending := Path(output).suffix).lower() not in ("", ".svg"):
        help = "name a file that ends in .svg; a browser, Inkscape or rsvg-convert make others of it"
        raise click.BadParameter(f"netspec draws SVG, and no {messages.safe(ending)}: {help}", param_hint="--output")
    if output is not None and os.path.realpath(output) == os.path.realpath(specs.of_run(file)):
        raise click.BadParameter("that is the spec itself", param_hint="--output")
    plan, report = specs.require_costs(file, overrides)
    status, picture = int(not report.ok), draw(plan)
    if output is None or output == "-":
        return Outcome(report.diagnostics, lambda _: [picture], status)
    from netspec.storage.writing import write_atomic

    write_atomic(Path(output), picture.encode())
    return Outcome(report.diagnostics, status=status)
