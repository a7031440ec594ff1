"""What a command that a signal ends on the spot says last: how to go on with what it was doing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_spec: Path | None = None
_line = b""


def work_on(run: Path) -> None:
    """From now on the process works on a run, which can be gone on with from the moment that it has a spec."""
    global _spec, _line
    # not at the top: the front imports this module before it listens to signals
    from netspec.diagnostics.render.cells import shown
    from netspec.text.recognition import RUN_SPEC

    _spec, _line = run / RUN_SPEC, f"go on with: netspec train --resume {shown(str(run))}\n".encode(errors="replace")


@contextmanager
def cleared() -> Iterator[None]:
    """After this block there is nothing to go on with."""
    global _spec
    try:
        yield
    finally:
        _spec = None


def words() -> bytes:
    """The line to write; empty where there is nothing to go on with. For a signal's handler: nothing is imported or locked."""
    return _line if _spec is not None and _spec.exists() else b""
