"""`netspec report`: the page of a run, written anew."""

from __future__ import annotations

from pathlib import Path

import click

from netspec.cli import messages


@click.command(epilog="Example: netspec report runs/digits-1")
@click.argument("run")
@click.option("--data", "data", metavar="PATH", help="Where the images are, instead of `data.path`.")
def report(run: str, data: str | None) -> None:
    """Writes RUN/report.html: curves, confusion, mistakes, filters, feature maps, activation rates."""
    messages.require_training()
    from netspec.report import page
    from netspec.training import sources

    network = messages.load_run(run, "model")
    found = sources.read(network.plan, Path(data) if data is not None else None)
    if isinstance(found, list):
        messages.show(found)
        raise SystemExit(1)
    click.echo(page.write(Path(run), found))
