"""`netspec schema`: the JSON Schema of the format."""

from __future__ import annotations

import json

import click


@click.command(epilog="Example: netspec schema > netspec.schema.json")
def schema() -> None:
    """Prints the JSON Schema (2020-12) of the format, for editors."""
    from netspec.language import schema as language

    click.echo(json.dumps(language.schema(), indent=2, ensure_ascii=False))
