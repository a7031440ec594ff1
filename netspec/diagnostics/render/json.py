"""For programs: one object, version 1. Keys are only ever added."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from netspec.diagnostics.diagnostic import Diagnostic
from netspec.diagnostics.render.wording import count
from netspec.text.source import Span


def render(diagnostics: Sequence[Diagnostic], files: Sequence[str], *, color: bool, width: int) -> str:
    """One JSON object. In ASCII, so that no encoding of the stream can spoil it."""
    counts = count(diagnostics, files)
    report = {
        "version": 1,
        "files": counts.files,
        "errors": counts.errors,
        "warnings": counts.warnings,
        "diagnostics": [_record(found) for found in diagnostics],
    }
    return json.dumps(report, indent=2) + "\n"


def _record(found: Diagnostic) -> dict[str, Any]:
    """File, lines and columns, `layer` and `help` are absent where there is none; lists are present, if empty."""
    record: dict[str, Any] = {
        "code": found.code,
        "severity": found.severity,
        "message": found.message,
    }
    if found.placed:
        record |= {"file": found.source.name, **_place(found.span)}
    if found.layer is not None:
        record["layer"] = found.layer
    record["labels"] = [{**_place(label.span), "message": label.message} for label in found.labels]
    record["notes"] = list(found.notes)
    if found.help is not None:
        record["help"] = found.help
    record["fixes"] = [
        {
            "title": fix.title,
            "applicability": fix.applicability,
            "edits": [{**_place(edit.span), "text": edit.text} for edit in fix.edits],
        }
        for fix in found.fixes
    ]
    return record


def _place(span: Span) -> dict[str, int]:
    return {
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }
