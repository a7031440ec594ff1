"""The rows of a run as TensorBoard events.

A record is written by one call when its epoch is done, and an error is raised there. tensorboardX's own writer queues
records for a thread: when the disk refuses one, the thread ends, the queue fills, and the run waits forever.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from netspec.language.heads import METRICS, VALIDATION
from netspec.storage import writing
from netspec.training.session import Watcher

if TYPE_CHECKING:
    from netspec.runs.best import Row

TAGS = {
    **{
        row: f"{name}/{part}"
        for name in METRICS
        for row, part in ((name, "train"), (f"{VALIDATION}{name}", "validation"))
    },
    "gradient_norm": "gradient_norm",
    "learning_rate": "learning_rate",
    "images_per_second": "images_per_second",
}


class TensorBoard(Watcher):
    """A watcher that writes each epoch's row under `tensorboard/` of a run. Raises OSError."""

    def __init__(self, folder: Path, first_step: int) -> None:
        """Events after `first_step`, left by a run that then went back to a checkpoint, are hidden."""
        with _without_torch():
            from tensorboardX.proto.event_pb2 import SessionLog

        self._folder = folder / "tensorboard"
        writing.make_folder(self._folder)
        # One file a process, as TensorBoard reads them: in the order of their names.
        name = f"events.out.tfevents.{time.time_ns()}.{socket.gethostname()}.{os.getpid()}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        self._file = writing.system.open(self._folder / name, flags, 0o666)
        self._write(file_version="brain.Event:2")
        if first_step:
            self._write(step=first_step + 1, session_log=SessionLog(status=SessionLog.START))

    def __enter__(self) -> TensorBoard:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        writing.system.close(self._file)

    def epoch(self, row: Row, step: int, total: int) -> None:
        """One point a curve."""
        from tensorboardX.proto.summary_pb2 import Summary

        values = [Summary.Value(tag=tag, simple_value=row[name]) for name, tag in TAGS.items() if name in row]
        self._write(step=step, summary=Summary(value=values))

    def _write(self, **facts: Any) -> None:
        """One record: length, its checksum, the event, its checksum. What is torn by a full disk, readers leave out."""
        from tensorboardX.proto.event_pb2 import Event
        from tensorboardX.record_writer import masked_crc32c

        data = Event(wall_time=time.time(), **facts).SerializeToString()
        length = struct.pack("<Q", len(data))
        record = b"".join(
            (length, *(struct.pack("<I", masked_crc32c(length)), data), struct.pack("<I", masked_crc32c(data)))
        )
        with writing.naming(self._folder):
            writing.write_all(self._file, record)


@contextmanager
def _without_torch() -> Iterator[None]:
    """Where PyTorch is installed tensorboardX imports it, to write its tensors: 2 seconds and more before the first step.

    Python takes a module that is None for one that is not there.
    """
    hidden = "torch" not in sys.modules
    if hidden:
        sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if hidden:
            del sys.modules["torch"]
