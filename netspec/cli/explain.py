"""`netspec explain`: what a diagnostic means."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from textwrap import fill, indent
from typing import Any

import click
from click.shell_completion import CompletionItem

from netspec.cli import messages, options
from netspec.cli.outcome import Outcome
from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.code import Code
from netspec.diagnostics.render import renderer
from netspec.diagnostics.render.cells import shown
from netspec.language.spelling import likest
from netspec.repair.check import check_source
from netspec.text.source import Source

COLUMNS = 80
MARGIN = "    "
NEAR = 0.8
"""A code that differs in one character is near."""


def _completed(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [
        CompletionItem(name, help=code.title) for name, code in CODES.items() if name.startswith(incomplete.upper())
    ]


LETTERS_LIKE_DIGITS = str.maketrans("OIL", "011")
TOLD = ("code", "title", "meaning", "why", "example", "repaired", "arithmetic", "setup", "command", "repair")
"""What of a code is told: the rest is for the rooms that find and repair."""


@click.command(short_help="Say what a diagnostic code means.", epilog="Example: netspec explain NS301")
@click.argument("code", required=False, shell_complete=_completed)
@options.formats(["text", "json"])
def explain(code: str | None, form: str) -> Outcome:
    """Say what CODE means and why, with an example that raises it, its arithmetic, and what repairs it.

    The number of CODE will do; NS3 lists its family. Without CODE, list all codes.
    """
    if code is None:
        return Outcome(result=lambda _: [_list(CODES.values(), form)])
    name = _name(code)
    family = [entry for entry in CODES.values() if entry.code.startswith(name)]
    if name not in CODES and family:
        return Outcome(result=lambda _: [_list(family, form)])
    found = CODES.get(name)
    if found is None:
        digits = name.translate(LETTERS_LIKE_DIGITS)
        close = digits if digits in CODES else likest(name, CODES, NEAR)
        hint = f" Did you mean {close} ({CODES[close].title})?" if close else " `netspec explain` lists them."
        raise click.UsageError(f"there is no code {messages.safe(code)}.{hint}")
    if form == "json":
        return Outcome(result=lambda _: [json.dumps({"version": 1, **as_json(found)}, indent=2) + "\n"])
    return Outcome(result=lambda stream: [explanation(found, colour=messages.coloured(stream))])


def _name(given: str) -> str:
    """A code as the catalogue has it: the number alone will do, in any case and as a message has it. NS3 is a family.

    >>> _name("301"), _name("ns301"), _name("error[NS005]"), _name("5"), _name("ns3"), _name("window")
    ('NS301', 'NS301', 'NS005', 'NS005', 'NS3', 'WINDOW')
    """
    number = re.fullmatch(r"(?:(?:\w+\[)?NS(?=\d{3}))?(\d{1,3})\]?", given.strip(), re.IGNORECASE | re.ASCII)
    return f"NS{number[1]:>03}" if number else given.upper()


def _list(codes: Iterable[Code], form: str) -> str:
    if form == "json":
        return json.dumps({"version": 1, "codes": [as_json(code) for code in codes]}, indent=2) + "\n"
    return "".join(f"{entry.code}  {entry.title}\n" for entry in codes)


def explanation(code: Code, *, colour: bool) -> str:
    """The whole text of one code."""

    def strong(text: str) -> str:
        return click.style(text, bold=True) if colour else text

    parts = [strong(f"{code.code}: {code.title}"), fill(code.meaning, COLUMNS), fill(code.why, COLUMNS)]
    for part in (*code.broken, *code.whole):
        parts += [strong(part.words), indent("\n".join(map(_visible, part.text.rstrip("\n").split("\n"))), MARGIN)]
        if code.alone and part.text is code.example:
            parts += [strong("netspec says:"), indent(said(code, colour=colour), MARGIN)]
    return "\n\n".join(parts) + "\n"


def said(code: Code, *, colour: bool) -> str:
    """What `netspec validate` prints of the example's mistake."""
    source = Source("example.yaml", code.example)
    found = check_source(source).diagnostics
    text = renderer("full")(found, (source.name,), color=colour, width=COLUMNS - len(MARGIN))
    return text.split("\n\n")[0].rstrip("\n")


def _visible(line: str) -> str:
    """The line; a tab is marked, or it would look like the spaces that it is not."""
    return shown(line.replace("\t", "\N{RIGHTWARDS ARROW}   "))


def as_json(code: Code) -> dict[str, Any]:
    """What the catalogue tells of a code; what is empty is absent."""
    return {name: value for name in TOLD if (value := getattr(code, name))}
