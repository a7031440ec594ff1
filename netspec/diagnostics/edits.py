"""Edits, made."""

from __future__ import annotations

import re
from collections.abc import Iterable

from netspec.diagnostics.diagnostic import Edit
from netspec.text.source import Source


def edited(text: str, edits: Iterable[Edit]) -> str:
    """`text` with the edits made, in any order; they must not overlap. Line ends stay as they are.

    An inserted line break is written as the text's first one is. Raises ValueError where two edits overlap.

    >>> from netspec.text.source import Span
    >>> edited("stride: 0", [Edit(Span(1, 9, 1, 10), "1")])
    'stride: 1'
    """
    source = Source("", text)
    newline = line_end(text)
    parts, at = [], 0
    for edit in sorted(edits, key=lambda edit: edit.span):
        start = source.offset(edit.span.line, edit.span.column)
        if start < at:
            raise ValueError(f"overlapping edits at line {edit.span.line}, column {edit.span.column}")
        parts += [text[at:start], edit.text.replace("\n", newline)]
        at = source.offset(edit.span.end_line, edit.span.end_column)
    return "".join([*parts, text[at:]])


def line_end(text: str) -> str:
    r"""How the first line of a text ends; LF where it has one line.

    >>> line_end("a\r\nb")
    '\r\n'
    """
    found = re.search("\r\n|\r|\n", text)
    return found[0] if found else "\n"
