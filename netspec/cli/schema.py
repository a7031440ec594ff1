"""`netspec schema`: the JSON Schema of the format."""

from __future__ import annotations

import json

import click

from netspec.cli.outcome import Outcome


@click.command(
    short_help="Print the JSON Schema of specs, for editors.", epilog="Example: netspec schema > netspec.schema.json"
)
@click.option(
    "--draft",
    type=click.Choice(["2020-12", "7"]),
    default="2020-12",
    show_default=True,
    help="The version of JSON Schema; 7 for what reads no later one, without keywords of its own.",
)
def schema(draft: str) -> Outcome:
    """Print the JSON Schema of the format, for editors."""
    from netspec.language import draft7
    from netspec.language import schema as current

    made = draft7.schema() if draft == "7" else current.schema()
    return Outcome(result=lambda _: [json.dumps(made, indent=2, ensure_ascii=False) + "\n"])
