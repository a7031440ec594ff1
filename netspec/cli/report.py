"""`netspec report`: the page of a run, written anew."""

from __future__ import annotations

from pathlib import Path

import click

from netspec.cli import computing, messages, options
from netspec.cli.outcome import Outcome


@click.command(short_help="Write the HTML page of a run.", epilog="Example: netspec report runs/digits-1")
@click.argument("run", type=options.FILE)
@options.data
@options.checkpoint
@options.forms()
def report(run: str, data: str | None, checkpoint: str) -> Outcome:
    """Write RUN/report.html: curves, confusion, mistakes, filters, feature maps, activation rates."""
    if Path(run).is_file():
        raise click.UsageError(f"{messages.safe(run)} is a file; the page stands in a run's directory: name that.")
    computing.begin()
    from netspec.report import page
    from netspec.workflows.images import images_of, in_use
    from netspec.workflows.runs import load

    network = load(run, checkpoint, messages.tell)
    images = images_of(network.plan, data, network.record, messages.tell)
    with in_use():
        made = messages.safe(str(page.write(Path(run), network, images)))
    return Outcome(result=lambda _: [f"{made}\n"])
