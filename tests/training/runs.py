"""A small run for the tests of this room: its spec, its images, its session."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from netspec.analysis.plan import Plan
from netspec.data.splits import Images, read
from netspec.lowering.network import Choices
from netspec.lowering.planner import choices
from netspec.runs.directory import RunDirectory
from netspec.training.session import Session, Watcher
from tests.lowering.networks import plan

SPEC = """\
netspec: 1
name: small
input: [8, 8, 1]
blocks:
  - conv: {filters: 8, kernel: 3, norm: batch}
    pool: {window: 2}
fc: [{units: 32, dropout: 0.1}, 10]
data: {augment: {rotate: 5}}
train:
  epochs: 3
  batch_size: 50
  optimizer: {type: adamw, learning_rate: 0.02}
  schedule: {type: cosine, warmup: 5%}
  checkpoint: {every_steps: 5, keep: 2}
"""


def images_of(planned: Plan) -> Images:
    found = read(planned)
    assert isinstance(found, Images), found
    return found


def session(folder: Path, text: str = SPEC, images: Images | None = None, chosen: Choices | None = None) -> Session:
    planned = plan(text)
    folder.mkdir(exist_ok=True)
    own = choices(planned, 100, "cpu") if chosen is None else chosen
    return Session(planned, images or images_of(planned), RunDirectory(folder), {}, own)


class At(Watcher):
    """A watcher that does something once, after a step."""

    def __init__(self, step: int, do: Any) -> None:
        self.at, self.do = step, do

    def step(self, step: int, total: int, metrics: Any) -> None:
        if step == self.at:
            self.do()

    def warn(self, code: str, message: str, help: str) -> None:
        raise AssertionError(message)


def stop(number: int = signal.SIGTERM) -> None:
    os.kill(os.getpid(), number)
