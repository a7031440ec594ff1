"""`netspec diagram`: the picture of a network."""

from __future__ import annotations

from pathlib import Path

import click

from netspec.cli import options, specs


@click.command(short_help="Draw a network as SVG.", epilog="Example: netspec diagram specs/lenet5.yaml -o lenet5.svg")
@click.argument("file", type=options.FILE)
@click.option(
    "-o", "--output", "output", metavar="SVG", type=options.FILE, help="Write this file instead of standard output."
)
@options.overrides
def diagram(file: str, output: str | None, overrides: tuple[str, ...]) -> None:
    """Draw the network of a spec as SVG: maps, windows, sizes and parameters.

    A network that exceeds its budgets is drawn too; the exit status is then 1.
    """
    from netspec.report.diagram import draw

    plan, status = specs.require_costs(file, overrides)
    picture = draw(plan)
    if output is None or output == "-":
        click.echo(picture, nl=False)
    else:
        from netspec.text.writing import write_atomic

        write_atomic(Path(output), picture.encode())
    if status:
        raise SystemExit(status)
