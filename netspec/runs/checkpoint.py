"""Checkpoints: all that a run needs to go on as if it had never stopped, one verified file each.

`checkpoints/step-00001234.safetensors` for each step kept, `checkpoints/best.safetensors` for the best by
validation. A file counts when its name is one of these and its hash is right; everything else in the folder
is ignored.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from netspec.runs.content import is_count
from netspec.storage import tensors, writing
from netspec.storage.tensors import Array, Corrupt

FORMAT = 2
BEST = "best.safetensors"
_NAME = re.compile(r"step-(\d{8,})\.safetensors", re.ASCII)


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """The state of a run between two steps."""

    step: int
    """Steps done since the start."""
    epoch: int
    """Epochs done."""
    position: int
    """Batches done of the epoch that is under way."""
    tensors: Mapping[str, Array]
    """Parameters, statistics, optimizer state: flat, by name."""
    record: Mapping[str, Any]
    """What the run was made of: see `netspec.runs.record`."""
    metrics: list[dict[str, Any]]
    """The rows of `metrics.jsonl` up to here."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """What else belongs to the run and is not compared: the spec's text, the epoch's clock."""

    def to_bytes(self) -> bytes:
        """The file's bytes, the same for equal content; ValueError where a number of it is not finite."""
        tensors.require_finite(self.tensors)
        facts = {"step": self.step, "epoch": self.epoch, "position": self.position, "more": self.more}
        content = {"checkpoint": FORMAT, **facts, "record": self.record, "metrics": self.metrics}
        return tensors.save_bytes(self.tensors, content)


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A file that has a checkpoint's name and cannot be taken for one."""

    path: Path
    reason: str


def read(path: Path) -> Checkpoint:
    """The checkpoint in `path`; raises Corrupt where it holds none, OSError where it cannot be read."""
    if path.exists() and not path.is_file():
        raise Corrupt(path, "it is not a regular file")
    return of_content(path, *tensors.load(path))


def of_content(path: Path, arrays: Mapping[str, Array], content: Mapping[str, Any]) -> Checkpoint:
    """The checkpoint that was loaded from `path`; raises Corrupt where the file is another one of netspec's, or its content none."""
    if content.get("checkpoint") != FORMAT:
        raise Corrupt(path, f"it is no checkpoint of format {FORMAT}")
    kinds = {"step": int, "epoch": int, "position": int, "record": dict, "metrics": list, "more": dict}
    for name, kind in kinds.items():
        value = content.get(name)
        if not isinstance(value, kind) or (kind is int and not is_count(value)):
            raise Corrupt(path, f"its `{name}` is not what a checkpoint has there")
    return Checkpoint(tensors=arrays, **{name: content[name] for name in kinds})


class Checkpoints:
    """A run's checkpoints in `folder`: the last `keep` ≥ 1 and the best. The caller holds the run's lock."""

    def __init__(
        self, folder: Path, keep: int = 3, wrong: Callable[[Checkpoint], str | None] = lambda checkpoint: None
    ) -> None:
        """`wrong` says what is wrong with the content of one whose checksum is right; None where nothing is."""
        if keep < 1:
            raise ValueError(f"keep is at least 1, received {keep}")
        self.folder = folder
        self.keep = keep
        self._wrong = wrong

    def save(self, checkpoint: Checkpoint, *, best: bool = False) -> Path:
        """Write it, on the disk when this returns, then remove what is no longer kept; gives its path.

        Raises OSError; every checkpoint that was there then still is, unless only the removal failed. The
        best is written first: after a kill between the two, the older step goes on and comes to the best
        again, while the other way round its metrics would name a best that was never written. Files of higher
        steps are removed too: a run that went on from an older checkpoint has left them behind, and the
        newest must be of its own history.
        """
        writing.make_folder(self.folder)
        data = checkpoint.to_bytes()
        path = self._path(checkpoint.step)
        if best:
            writing.write_atomic(self.folder / BEST, data)
        writing.write_atomic(path, data)
        steps = self.steps()
        history = [step for step in steps if step <= checkpoint.step]
        for step in set(steps).difference(history[-self.keep :]):
            self._remove(self._path(step))
        writing.sweep(self.folder)
        return path

    def save_best(self, checkpoint: Checkpoint) -> Path:
        """Make it the best one, without a file for its step."""
        writing.make_folder(self.folder)
        writing.write_atomic(self.folder / BEST, checkpoint.to_bytes())
        return self.folder / BEST

    def steps(self) -> list[int]:
        """The steps that have a file, valid or not, rising."""
        names = {path.name for path in self.folder.iterdir()} if self.folder.is_dir() else set()
        numbered = {int(match[1]) for match in map(_NAME.fullmatch, names) if match}
        return sorted(step for step in numbered if self._path(step).name in names)

    def named(self, step: int) -> Checkpoint:
        """The checkpoint of that step; raises FileNotFoundError or Corrupt."""
        return self.read(self._path(step))

    def best(self) -> Checkpoint:
        """The best by validation; raises FileNotFoundError or Corrupt."""
        return self.read(self.folder / BEST)

    def newest(
        self, objection: Callable[[Checkpoint], str | None] = lambda checkpoint: None
    ) -> tuple[Checkpoint | None, list[PassedOver]]:
        """The valid one of the highest step, in the last resort the best; and what was passed over for it.

        `objection` says why one that is whole cannot be taken: a file of another run may bear its name.
        """
        candidates = [self._path(step) for step in reversed(self.steps())]
        if (self.folder / BEST).exists():
            candidates.append(self.folder / BEST)
        passed_over: list[PassedOver] = []
        for path in candidates:
            try:
                candidate = self.read(path)
                reason = objection(candidate)
                if reason is None:
                    return candidate, passed_over
                passed_over.append(PassedOver(path, reason))
            except Corrupt as error:
                passed_over.append(PassedOver(path, error.reason))
            except OSError as error:
                passed_over.append(PassedOver(path, error.strerror or str(error)))
        return None, passed_over

    def _path(self, step: int) -> Path:
        return self.folder / f"step-{step:08d}.safetensors"

    def read(self, path: Path) -> Checkpoint:
        """The checkpoint in a file of the folder; raises Corrupt where it is another one's, OSError."""
        checkpoint = read(path)
        if path.name != BEST and path != self._path(checkpoint.step):
            raise Corrupt(path, f"it holds step {checkpoint.step}")
        if (reason := self._wrong(checkpoint)) is not None:
            raise Corrupt(path, reason)
        return checkpoint

    def _remove(self, path: Path) -> None:
        """Remove a checkpoint; what bears its name and is a folder is none, and not ours to remove."""
        if not path.is_dir():
            writing.system.unlink(path)


def restore_best(checkpoints: Checkpoints, start: Checkpoint, step: int | None) -> str | None:
    """Sees to it that the best one is that of `step`, the best in the history of `start`; says what is lost.

    The best may be of a later step: a kill comes between it and its step's own file, or a run goes on from an older
    checkpoint. Its rows then begin with those of `start`, and the run comes to the same best again.
    """
    if step is None:
        return None
    try:
        best = checkpoints.best()
        if best.step == step or (best.step > start.step and best.metrics[: len(start.metrics)] == start.metrics):
            return None
        reason = f"it holds step {best.step}, and the best was step {step}"
    except FileNotFoundError:
        reason = "it is missing"
    except Corrupt as error:
        reason = error.reason
    try:
        checkpoints.save_best(start if start.step == step else checkpoints.named(step))
    except (FileNotFoundError, Corrupt):
        return f"`{checkpoints.folder / BEST}` cannot be used: {reason}"
    return None


class Background:
    """Saves in a thread, so that a step need not wait for the disk; the next save waits for the last one.

    An error of a save is raised by the call that follows it: `save`, `wait` or `close`. None is lost: saves
    that failed unheard have cost hours of training elsewhere (google/orbax#605).
    """

    def __init__(self, checkpoints: Checkpoints) -> None:
        self._checkpoints = checkpoints
        self._pool = ThreadPoolExecutor(1, "checkpoint")
        self._pending: Future[Path] | None = None

    def save(self, checkpoint: Checkpoint, *, best: bool = False) -> None:
        """As `Checkpoints.save`, later. It is copied to the host first: the caller may donate its arrays."""
        self.wait()
        arrays = {name: np.array(array) for name, array in checkpoint.tensors.items()}
        record, metrics = copy.deepcopy((checkpoint.record, checkpoint.metrics))
        copied = replace(checkpoint, tensors=arrays, record=record, metrics=metrics)
        self._pending = self._pool.submit(self._checkpoints.save, copied, best=best)

    def wait(self) -> None:
        """Until the disk has what was saved; raises what the save raised."""
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.result()

    def close(self) -> None:
        """Wait, and end the thread."""
        try:
            self.wait()
        finally:
            self._pool.shutdown()

    def __enter__(self) -> Background:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
