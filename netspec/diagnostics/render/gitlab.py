"""For GitLab: a code quality report."""

from __future__ import annotations

import json
from collections.abc import Sequence

from netspec.diagnostics.diagnostic import Diagnostic
from netspec.diagnostics.render.fingerprint import fingerprints
from netspec.diagnostics.render.paths import relative
from netspec.text.source import Span

SEVERITIES = {"error": "major", "warning": "minor"}


def render(diagnostics: Sequence[Diagnostic], files: Sequence[str], *, color: bool, width: int) -> str:
    """A JSON list with one issue a diagnostic."""
    issues = [
        {
            "description": found.message,
            "check_name": found.code,
            "fingerprint": fingerprint,
            "severity": SEVERITIES[found.severity],
            "location": {
                "path": relative(found.source.name) if found.placed else ".",
                "positions": _positions(found.span),
            },
        }
        for found, fingerprint in zip(diagnostics, fingerprints(diagnostics), strict=True)
    ]
    return json.dumps(issues, indent=2) + "\n"


def _positions(span: Span) -> dict[str, dict[str, int]]:
    return {
        "begin": {"line": span.line, "column": span.column},
        "end": {"line": span.end_line, "column": span.end_column},
    }
