"""What a command that a signal ends on the spot says last: how to go on with what it was doing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netspec.diagnostics.render.cells import shown

_run: Path | None = None


@contextmanager
def resumable(run: Path) -> Iterator[None]:
    """In this block the process works on a run, which can be gone on with from the moment that it has a spec."""
    global _run
    _run = run
    try:
        yield
    finally:
        _run = None


def words() -> bytes:
    """The line to write; empty where there is nothing to go on with. For a signal's handler: nothing is imported or locked."""
    if _run is None or not (_run / "spec.yaml").exists():
        return b""
    return f"go on with: netspec train --resume {shown(str(_run))}\n".encode(errors="replace")
