"""`netspec lsp`: the language server."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import click


@click.command(short_help="Serve an editor: findings, hover, completion, fixes.", epilog="Example: netspec lsp")
@click.option("--stdio", is_flag=True, help="Taken and ignored: some editors pass it, and there is no other way.")
def lsp(stdio: bool) -> None:
    """Serve an editor on standard input and output: diagnostics, hover, completion, shapes beside the layers, fixes."""
    if find_spec("pygls") is None:
        click.echo("this command needs pygls: pip install 'pygls>=2.1'", err=True)
        raise SystemExit(3)
    if sys.stdin is None:
        click.echo("netspec: standard input is closed", err=True)
        raise SystemExit(3)
    from netspec.editor.server import serve

    raise SystemExit(serve())
