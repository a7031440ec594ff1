"""How the outcome of a command is shown: its result, and its findings in the format that was asked for."""

from __future__ import annotations

import json
import sys

import click

from netspec.cli import messages
from netspec.cli.outcome import Document, Outcome
from netspec.diagnostics.errors import NetspecError
from netspec.diagnostics.render import renderer


def present(context: click.Context, outcome: Outcome) -> int:
    """Writes the result and the findings, and gives the exit status.

    Findings stand on standard error in words, and the result on standard output. A format of findings puts these on
    standard output as one document, and the result on standard error. `--format json` of a result gives the findings
    in its place where there is none.
    """
    told = messages.Told.of(context)
    document = outcome.document
    if document is None and told.form is not None:
        document = Document(told.form, told.files)
    if document is None:
        messages.tell(outcome.findings)
    else:
        told.findings += outcome.findings
    status, shown = outcome.exit_status, False
    stream = sys.stdout if document is None or document.errors else sys.stderr
    try:
        for text in outcome.result(stream) if outcome.result is not None else ():
            click.echo(text, nl=False, err=stream is sys.stderr, color=messages.coloured(stream))
            shown = True
    except NetspecError as error:
        messages.tell(error.diagnostics)
        status = max(status, error.status)
    if document is None and told.result_form == "json" and not shown:
        document = Document("json", told.files)
    if document is not None:
        _write(document, told)
    return status


def _write(document: Document, told: messages.Told) -> None:
    stream = sys.stderr if document.errors else sys.stdout
    color = messages.coloured(stream)
    text = renderer(document.form)(told.findings, document.files, color=color, width=messages.width(stream))
    if document.form == "json" and told.facts:
        text = json.dumps(json.loads(text) | told.facts, indent=2) + "\n"
    click.echo(text, nl=False, err=document.errors, color=color)
    if document.copies:
        from netspec.storage.writing import write_atomic
    for form, path in document.copies:
        text = renderer(form)(told.findings, document.files, color=False, width=80)
        write_atomic(path, text.encode(errors="backslashreplace"))
