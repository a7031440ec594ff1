"""`netspec report`: the page of a run, written anew."""

from __future__ import annotations

from pathlib import Path

import click

from netspec.cli import computing, messages, options


@click.command(short_help="Write the HTML page of a run.", epilog="Example: netspec report runs/digits-1")
@click.argument("run", type=options.FILE)
@options.data
@options.checkpoint
def report(run: str, data: str | None, checkpoint: str) -> None:
    """Write RUN/report.html: curves, confusion, mistakes, filters, feature maps, activation rates."""
    if Path(run).is_file():
        raise click.UsageError(f"{messages.safe(run)} is a file; the page stands in a run's directory: name that.")
    computing.begin()
    from netspec.report import page

    network = messages.load_run(run, checkpoint)
    found = messages.require_images(network.plan, data, network.record)
    click.echo(messages.safe(str(page.write(Path(run), network, found))))
