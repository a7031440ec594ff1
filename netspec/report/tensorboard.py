"""The rows of a run as TensorBoard events."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netspec.training.session import Row

TAGS = {
    "loss": "loss/train",
    "validation_loss": "loss/validation",
    "accuracy": "accuracy/train",
    "validation_accuracy": "accuracy/validation",
    "learning_rate": "learning rate",
    "images_per_second": "images per second",
}


class TensorBoard:
    """A watcher that writes each epoch's row under `tensorboard/` of a run."""

    def __init__(self, folder: Path, first_step: int) -> None:
        """Events after `first_step`, left by a run that then went back to a checkpoint, are hidden."""
        from tensorboardX import SummaryWriter

        self._writer = SummaryWriter(str(folder / "tensorboard"), purge_step=first_step + 1 if first_step else None)

    def __enter__(self) -> TensorBoard:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def step(self, step: int, total: int, metrics: Any) -> None:
        """Nothing: a step's metrics are not waited for."""

    def epoch(self, row: Row, step: int, total: int) -> None:
        """One point a curve."""
        for name, tag in TAGS.items():
            if name in row:
                self._writer.add_scalar(tag, row[name], step)
