"""What a run goes on from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netspec.analysis.plan import Plan
from netspec.data.splits import Images
from netspec.diagnostics.diagnostic import placeless
from netspec.diagnostics.errors import Misuse, RunError
from netspec.lowering.planner import Unfit, from_names
from netspec.runs.checkpoint import Checkpoint
from netspec.runs.directory import NotARun, RunDirectory, place, record
from netspec.runs.record import compare, foreign
from netspec.storage.tensors import Corrupt
from netspec.training.session import Begun
from netspec.tuning.autotune import Tuning
from netspec.workflows import beginning, tuning
from netspec.workflows.runs import damaged, refused
from netspec.workflows.telling import Tell, warning


@dataclass(frozen=True)
class Resumed:
    """The run that is gone on with, and from which of its checkpoints; None is the newest."""

    run: Path
    checkpoint: Path | None
    moved: bool
    """Whether its images are where the spec says, and not where they were."""


def resumed(resume: Path, output: object | None, *, chosen: bool, moved: bool) -> Resumed:
    """The run at `resume`, or that of the checkpoint there; `chosen` says whether algorithms were asked for.

    Raises:
        RunError: the run or the checkpoint is not there or cannot be read.
        Misuse: something is asked for that the run has already.
    """
    if output is not None:
        raise Misuse("a run goes on where it is: leave output out.")
    if chosen:
        raise Misuse("a run goes on with the algorithms that it has: leave tune and choices out.")
    run, checkpoint = place(resume)
    try:
        RunDirectory(run).report()
        if checkpoint is not None:
            checkpoint.open("rb").close()
    except NotARun as error:
        raise refused(error) from None
    except OSError as error:
        raise RunError([placeless("NS604", f"`{checkpoint}`: {error.strerror or error}")], status=2) from None
    return Resumed(run, checkpoint, moved)


def recorded(folder: Path) -> Mapping[str, Any]:
    """What the run was made of: as it was begun or has last gone on, or as its newest checkpoint has it.

    Raises RunError where neither is left.
    """
    directory = RunDirectory(folder)
    try:
        return directory.made_of()
    except NotARun as error:
        newest, _ = directory.checkpoints().newest()
        if newest is None:
            raise refused(error, _begin_anew(directory)) from None
        return newest.record


def start(
    plan: Plan, images: Images, folder: Path, named: Path | None, devices: int, tell: Tell
) -> tuple[Checkpoint | None, Tuning, Begun | None]:
    """The checkpoint to go on from, and the run's algorithms: measured anew, others could win, and the bits would differ.

    With them what the run began from, which is read again only where there is no checkpoint. Without `named` it is the newest; None where the run was killed before its first one.
    Raises RunError where it is another run's.
    """
    directory = RunDirectory(folder)
    found = _newest(directory, record(plan, images, {}, devices), tell) if named is None else _read(named)
    try:
        old = directory.made_of() if found is None else found.record
    except NotARun as error:
        raise refused(error, _begin_anew(directory)) from None
    chosen = _algorithms(plan, old, tell)
    _compare(old, record(plan, images, chosen.choices, devices), images, tell)
    return found, chosen, beginning.again(plan, old.get("begun"), begun=found is not None)


def _newest(directory: RunDirectory, own: Mapping[str, Any], tell: Tell) -> Checkpoint | None:
    """The newest checkpoint that is whole and the run's own. Of another spec, the newest all the same: it is refused."""
    checkpoints = directory.checkpoints()
    found, passed_over = checkpoints.newest(lambda checkpoint: foreign(checkpoint.record, own))
    if found is None:
        found, passed_over = checkpoints.newest()
    for skipped in passed_over:
        tell(warning("NS605", f"`{skipped.path}` is passed over: {skipped.reason}"))
    if found is None and passed_over:
        message = f"`{directory.folder}` has no valid checkpoint"
        raise RunError([placeless("NS604", message, _begin_anew(directory))])
    return found


def _begin_anew(directory: RunDirectory) -> str:
    return f"begin anew, in another directory: netspec train {directory.spec}"


def _read(checkpoint: Path) -> Checkpoint:
    """The checkpoint that was asked for; DamagedFile where it is none."""
    try:
        return RunDirectory(checkpoint.parent.parent).checkpoints().read(checkpoint)
    except Corrupt as error:
        raise damaged(error, f"leave it out: netspec train --resume {checkpoint.parent.parent}") from None


def _algorithms(plan: Plan, old: Mapping[str, Any], tell: Tell) -> Tuning:
    """The algorithms that the run has; by rules where they are of another version or another spec, which is told then."""
    try:
        return Tuning(from_names(plan, old["choices"]), "pinned")
    except (KeyError, Unfit):
        return tuning.choose(plan, "off", None, (), tell)


def _compare(old: Mapping[str, Any], own: Mapping[str, Any], images: Images, tell: Tell) -> None:
    """Tells what differs from what the run was made of. Raises RunError where it would be another run."""
    found = compare(old, own)
    for difference in found:
        if difference.effect == "warned":
            tell(warning("NS607", f"{difference}: {difference.reason}"))
    others = [str(difference) for difference in found if difference.effect == "refused"]
    if others:
        if any(difference.path == "data" for difference in found):
            parts = (("to train", images.train), ("to validate", images.validation), ("to test", images.test))
            counts = ", ".join(f"{len(part):,} {what}" for what, part in parts)
            others.append(f"images there are now: {counts}")
        message = f"the run cannot go on with this: {'; '.join(others)}"
        raise RunError([placeless("NS606", message, "resume with the run's own spec and data")])
