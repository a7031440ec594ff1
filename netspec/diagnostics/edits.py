"""Edits, made."""

from __future__ import annotations

import re
from collections.abc import Iterable

from netspec.diagnostics.diagnostic import Edit
from netspec.text.source import Source


def edited(text: str | Source, edits: Iterable[Edit]) -> str:
    """A text with the edits made, in any order; they must not overlap. Line ends stay as they are.

    An inserted line break is written as the text's first one is. Raises ValueError where two edits overlap. Whoever edits
    one text often gives its source, which knows where its lines are.

    >>> from netspec.text.source import Span
    >>> edited("stride: 0", [Edit(Span(1, 9, 1, 10), "1")])
    'stride: 1'
    """
    source = text if isinstance(text, Source) else Source("", text)
    parts, at = [], 0
    for edit in sorted(edits, key=lambda edit: edit.span):
        start = source.offset(edit.span.line, edit.span.column)
        if start < at:
            raise ValueError(f"overlapping edits at line {edit.span.line}, column {edit.span.column}")
        added = edit.text.replace("\n", line_end(source.text)) if "\n" in edit.text else edit.text
        parts += [source.text[at:start], added]
        at = source.offset(edit.span.end_line, edit.span.end_column)
    return "".join([*parts, source.text[at:]])


def line_end(text: str) -> str:
    r"""How the first line of a text ends; LF where it has one line.

    >>> line_end("a\r\nb")
    '\r\n'
    """
    found = re.search("\r\n|\r|\n", text)
    return found[0] if found else "\n"
