"""Who is told what is found while work goes on: warnings, which end nothing."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

from netspec.diagnostics.diagnostic import Diagnostic, placeless, told
from netspec.diagnostics.render.concise import line
from netspec.diagnostics.render.palette import Paint

Tell = Callable[[Sequence[Diagnostic]], None]
"""Takes findings as they come; those that belong together come together."""


def as_warnings(findings: Sequence[Diagnostic]) -> None:
    """Findings as Python's warnings, for who calls netspec as a library; hints are for editors."""
    for found in told(findings):
        warnings.warn(line(found, Paint(False)), stacklevel=3)


def warning(code: str, message: str, help: str | None = None) -> list[Diagnostic]:
    """A warning that stands in no text, as it is told."""
    return [placeless(code, message, help, "warning")]
