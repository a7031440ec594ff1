"""How `netspec train --resume` finds what a run goes on from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from netspec.cli import messages, tuning

if TYPE_CHECKING:
    from netspec.analysis.plan import Plan
    from netspec.data.splits import Images
    from netspec.runs.checkpoint import Checkpoint
    from netspec.runs.directory import NotARun, RunDirectory
    from netspec.tuning.autotune import Tuning


def require(folder: Path, named: Path | None) -> None:
    """Exits where the run, or the checkpoint of it that was named, is not there or cannot be read."""
    from netspec.runs.directory import NotARun, RunDirectory

    try:
        RunDirectory(folder).report()
    except NotARun as error:
        messages.fail(error.code, str(error), None, status=2)
    try:
        if named is not None:
            named.open("rb").close()
    except OSError as error:
        messages.fail("NS604", f"`{named}`: {error.strerror or error}", None, status=2)


def recorded(folder: Path) -> Mapping[str, Any]:
    """What the run was made of: as it was begun or has last gone on, or as its newest checkpoint has it.

    Exits where neither is left.
    """
    from netspec.runs.directory import NotARun, RunDirectory

    directory = RunDirectory(folder)
    try:
        return directory.made_of()
    except NotARun as error:
        newest, _ = directory.checkpoints().newest()
        if newest is None:
            _lost(directory, error)
        return newest.record


def start(
    plan: Plan, images: Images, folder: Path, named: Path | None, devices: int
) -> tuple[Checkpoint | None, Tuning]:
    """The checkpoint to go on from, and the run's algorithms: measured anew, others could win, and the bits would differ.

    Without `named` it is the newest; None where the run was killed before its first one. Exits where it is another run's.
    """
    from netspec.runs.directory import NotARun, RunDirectory, record

    directory = RunDirectory(folder)
    found = _newest(directory, record(plan, images, {}, devices)) if named is None else _read(named)
    try:
        old = directory.made_of() if found is None else found.record
    except NotARun as error:
        _lost(directory, error)
    chosen = _algorithms(plan, old)
    _compare(old, record(plan, images, chosen.choices, devices))
    return found, chosen


def _newest(directory: RunDirectory, own: Mapping[str, Any]) -> Checkpoint | None:
    """The newest checkpoint that is whole and the run's own. Of another spec, the newest all the same: it is refused."""
    from netspec.runs.record import foreign

    checkpoints = directory.checkpoints()
    found, passed_over = checkpoints.newest(lambda checkpoint: foreign(checkpoint.record, own))
    if found is None:
        found, passed_over = checkpoints.newest()
    for skipped in passed_over:
        messages.warn("NS605", f"`{skipped.path}` is passed over: {skipped.reason}")
    if found is None and passed_over:
        messages.fail("NS604", f"`{directory.folder}` has no valid checkpoint", _begin_anew(directory), status=1)
    return found


def _lost(directory: RunDirectory, error: NotARun) -> NoReturn:
    messages.fail(error.code, str(error), _begin_anew(directory), status=2 if error.absent else 1)


def _begin_anew(directory: RunDirectory) -> str:
    return f"begin anew, in another directory: netspec train {directory.spec}"


def _read(checkpoint: Path) -> Checkpoint:
    """The checkpoint that was asked for; exits where it is none."""
    from netspec.runs.directory import RunDirectory
    from netspec.storage.tensors import Corrupt

    try:
        return RunDirectory(checkpoint.parent.parent).checkpoints().read(checkpoint)
    except Corrupt as error:
        messages.fail("NS605", str(error), f"leave it out: netspec train --resume {checkpoint.parent.parent}", status=1)


def _algorithms(plan: Plan, old: Mapping[str, Any]) -> Tuning:
    """The algorithms that the run has; by rules where they are of another version or another spec, which is told then."""
    from netspec.lowering.planner import Unfit, from_names
    from netspec.tuning.autotune import Tuning

    try:
        return Tuning(from_names(plan, old["choices"]), "pinned")
    except (KeyError, Unfit):
        return tuning.choose(plan, "off", None)


def _compare(old: Mapping[str, Any], own: Mapping[str, Any]) -> None:
    """Tells what differs from what the run was made of; exits where it would be another run."""
    from netspec.runs.record import compare

    found = compare(old, own)
    for difference in found:
        if difference.effect == "warned":
            messages.warn("NS607", f"{difference}: {difference.reason}")
    refused = [str(difference) for difference in found if difference.effect == "refused"]
    if refused:
        message = f"the run cannot go on with this: {'; '.join(refused)}"
        messages.fail("NS606", message, "resume with the run's own spec and data", status=1)
