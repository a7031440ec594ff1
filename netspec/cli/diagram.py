"""`netspec diagram`: the picture of a network."""

from __future__ import annotations

from pathlib import Path

import click

from netspec.cli import specs


@click.command(epilog="Example: netspec diagram specs/lenet5.yaml -o lenet5.svg")
@click.argument("file")
@click.option("-o", "--output", "output", metavar="SVG", help="The file to write, instead of standard output.")
@click.option("--set", "overrides", metavar="KEY=VALUE", multiple=True, help="Another value for a key of the spec.")
def diagram(file: str, output: str | None, overrides: tuple[str, ...]) -> None:
    """Draws the network as SVG: maps, windows, sizes and parameters."""
    from netspec.report.diagram import draw

    picture = draw(specs.require_plan(file, overrides))
    if output is None or output == "-":
        click.echo(picture, nl=False)
    else:
        from netspec.training.files import write_atomic

        write_atomic(Path(output), picture.encode())
