"""`netspec schema`: the JSON Schema of the format."""

from __future__ import annotations

import json

import click


@click.command(
    short_help="Print the JSON Schema of specs, for editors.", epilog="Example: netspec schema > netspec.schema.json"
)
def schema() -> None:
    """Print the JSON Schema (2020-12) of the format, for editors."""
    from netspec.language import schema as language

    click.echo(json.dumps(language.schema(), indent=2, ensure_ascii=False))
