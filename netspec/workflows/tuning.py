"""The algorithms of a network: measured, by rules, or those that a file names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from netspec.analysis.plan import Plan
from netspec.data.splits import Images
from netspec.diagnostics.diagnostic import placeless
from netspec.diagnostics.errors import Misuse, RunError
from netspec.lowering.planner import Unfit, from_names
from netspec.runs.directory import PLAN
from netspec.training.session import Watcher
from netspec.tuning import autotune
from netspec.tuning.autotune import MODES, Mode, Tuning
from netspec.workflows.telling import Tell, warning


def choose(
    plan: Plan,
    mode: str,
    pinned: str | None,
    watchers: tuple[Watcher, ...],
    tell: Tell,
    *,
    images: Images | None = None,
    devices: int = 1,
) -> Tuning:
    """The choices for a plan; `watchers` see the measuring.

    Raises RunError where `pinned` holds none of this plan's, Misuse where `mode` is none.
    """
    if pinned is not None:
        return Tuning(read(plan, Path(pinned)), "pinned")

    def measuring(what: str, done: int, total: int) -> None:
        for watcher in watchers:
            watcher.measuring(plan, what, done, total)

    found = autotune.autotune(
        plan,
        require_mode(mode),
        measuring,
        lambda message: tell(warning("NS616", message)),
        images=images,
        devices=devices,
    )
    for watcher in watchers:
        watcher.chosen(autotune.summary(found))
    return found


def require_mode(name: str) -> Mode:
    """The mode of this name. Raises Misuse where there is none."""
    for mode in MODES:
        if mode == name:
            return mode
    raise Misuse(f"tune={name!r}: choose among {', '.join(MODES)}.")


def read(plan: Plan, path: Path) -> dict[str, Any]:
    """The choices that a file or a run directory holds. Raises RunError where they are none of this plan's."""
    file = path / PLAN if path.is_dir() else path
    if file.exists() and not file.is_file():  # a pipe would be waited for
        raise _none("is not a regular file", file, status=2)
    try:
        found = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise _none(f": {error.strerror or error}", file, status=2) from None
    except (ValueError, RecursionError):
        raise _none("is not JSON", file) from None
    record = found.get("record", found) if isinstance(found, dict) else {}
    written = record.get("choices") if isinstance(record, dict) else None
    if not isinstance(written, dict):
        help = "give a run directory, or what `netspec bench --format json` printed"
        raise _none("holds no choices", file, help)
    try:
        return from_names(plan, written)
    except Unfit as error:
        raise _none(f": {error}", file) from None


def _none(fact: str, file: Path, help: str | None = None, status: int = 1) -> RunError:
    message = f"`{file}`{fact}" if fact.startswith(":") else f"`{file}` {fact}"
    return RunError([placeless("NS615", message, help)], status)
