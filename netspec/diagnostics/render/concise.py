"""One line for each diagnostic, as compilers write it and editors parse it."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics.diagnostic import Diagnostic
from netspec.diagnostics.render.cells import shown
from netspec.diagnostics.render.palette import Paint
from netspec.diagnostics.render.wording import worst_first


def render(diagnostics: Sequence[Diagnostic], files: Sequence[str], *, color: bool, width: int) -> str:
    """`file:line:column: error[NS301] message`, the worst file first."""
    paint = Paint(color)
    return "".join(f"{line(found, paint)}\n" for found in worst_first(diagnostics))


def line(found: Diagnostic, paint: Paint) -> str:
    """The diagnostic on one line, whatever its parts contain; without a place where it has none."""
    severity = paint(f"{found.severity}[{found.code}]", found.severity)
    place = f"{shown(found.source.name)}:{found.span.line}:{found.span.column}: " if found.placed else ""
    return f"{place}{severity} {shown(found.message)}"
