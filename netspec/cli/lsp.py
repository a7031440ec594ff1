"""`netspec lsp`: the language server."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import click

from netspec.cli import messages
from netspec.cli.outcome import Outcome


@click.command(short_help="Serve an editor: findings, hover, completion, fixes.", epilog="Example: netspec lsp")
@click.option("--stdio", is_flag=True, help="Taken and ignored: some editors pass it, and there is no other way.")
def lsp(stdio: bool) -> Outcome:
    """Serve an editor on standard input and output: diagnostics, hover, completion, shapes beside the layers, fixes."""
    if find_spec("pygls") is None:
        raise messages.Uninstalled("this command needs pygls: pip install 'pygls>=2.1'")
    if sys.stdin is None:
        raise OSError("standard input is closed")
    from netspec.editor.server import serve

    return Outcome(status=serve())
