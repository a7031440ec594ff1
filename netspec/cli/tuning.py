"""How the algorithms of a network are chosen: the options that several commands have."""

from __future__ import annotations

import click

from netspec.cli import options

TUNE = click.option(
    "--tune",
    type=click.Choice(["auto", "off", "full"]),
    metavar="HOW",
    default="auto",
    show_default=True,
    help="Choose algorithms by short measurements where they pay (auto), by rules (off), or by long ones (full).",
)
CHOICES = click.option(
    "--choices",
    "pinned",
    metavar="FILE",
    type=options.FILE,
    help="Take the algorithms of a run directory, or of what bench printed as JSON.",
)
