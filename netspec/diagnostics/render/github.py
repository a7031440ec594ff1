"""For GitHub Actions: workflow commands, which become annotations beside the lines of a change."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics.diagnostic import Diagnostic
from netspec.diagnostics.render.cells import shown
from netspec.diagnostics.render.paths import relative
from netspec.diagnostics.render.wording import in_words


def render(diagnostics: Sequence[Diagnostic], files: Sequence[str], *, color: bool, width: int) -> str:
    """One command a line; errors first, since GitHub shows ten annotations of a step and drops the rest."""
    worst_first = sorted(diagnostics, key=lambda found: found.severity != "error")
    return "".join(f"{_command(found)}\n" for found in worst_first)


def _command(found: Diagnostic) -> str:
    words = "\n".join(map(shown, in_words(found).split("\n")))
    if not found.placed:
        return f"::{found.severity} title=netspec {found.code}::{_data(f'{found.code} {words}')}"
    span, file = found.span, relative(found.source.name)
    properties: dict[str, object] = {"file": file, "line": span.line, "endLine": span.end_line}
    if span.line == span.end_line:  # GitHub drops an annotation with columns that spans lines
        properties |= {"col": span.column, "endColumn": span.end_column}
    if not _carried(file):
        properties = {}
    properties["title"] = f"netspec {found.code}"
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    # the log shows nothing but the message
    place = f"{shown(file)}:{span.line}:{span.column}"
    return f"::{found.severity} {written}::{_data(f'{place}: {found.code} {words}')}"


def _carried(file: str) -> bool:
    """Whether a command can hold the name as it is, or by an escape.

    A character that steers the log, or is left out on the way to it, would make the annotation one of another file: then
    the name stands in the text alone.
    """
    return all(char.isprintable() or char in "\r\n" for char in file)


def _data(text: str) -> str:
    """The escapes of a command's message; the percent sign's comes first, or it would escape the others'."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
