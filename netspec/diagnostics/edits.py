"""Edits, made."""

from __future__ import annotations

import re
from collections.abc import Iterable

from netspec.diagnostics.diagnostic import Edit


def edited(text: str, edits: Iterable[Edit]) -> str:
    """`text` with the edits made, in any order; they must not overlap. Line ends stay as they are.

    An inserted line break is written as the text's first one is. Raises ValueError where two edits overlap.

    >>> from netspec.text.source import Span
    >>> edited("stride: 0", [Edit(Span(1, 9, 1, 10), "1")])
    'stride: 1'
    """
    ends = list(re.finditer("\r\n|\r|\n", text))
    starts = [0, *(end.end() for end in ends)]
    stops = [*(end.start() for end in ends), len(text)]
    newline = ends[0].group() if ends else "\n"

    def offset(line: int, column: int) -> int:
        return min(starts[line - 1] + column - 1, stops[line - 1]) if line <= len(starts) else len(text)

    parts, at = [], 0
    for edit in sorted(edits, key=lambda edit: edit.span):
        start = offset(edit.span.line, edit.span.column)
        if start < at:
            raise ValueError(f"overlapping edits at line {edit.span.line}, column {edit.span.column}")
        parts += [text[at:start], edit.text.replace("\n", newline)]
        at = offset(edit.span.end_line, edit.span.end_column)
    return "".join([*parts, text[at:]])
