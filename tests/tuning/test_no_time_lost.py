"""Around the step: nothing is compiled twice, nothing is waited for."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

from netspec.training.feed import LAG
from netspec.training.loop import Trainer
from netspec.tuning.timed_step import images
from tests.lowering.networks import network, plan
from tests.training.runs import images_of, session

SPEC = """\
netspec: 1
name: small
input: [8, 8, 1]
blocks:
  - conv: {filters: 4, kernel: 3, norm: batch}
    pool: {window: 2}
fc: [{units: 16, dropout: 0.1}, 10]
data: {augment: {crop: 1}}
train: {epochs: 3, batch_size: 100, schedule: {type: cosine, warmup: 5%}, checkpoint: {every_steps: 7}}
"""


def test_a_whole_run_compiles_each_program_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Three epochs with checkpoints, validation after each and the test at the end: one step, one evaluation a split."""
    running = session(tmp_path, SPEC)
    with jax.log_compiles(), caplog.at_level(logging.WARNING, logger="jax"):
        running.run(None)
    compiled = re.findall(r"Finished XLA compilation of jit\((\w+)\)", caplog.text)
    # validation has 144 images and the test set 360, which makes batches of 144 and of 256
    assert compiled[compiled.index("step") :] == ["step", "evaluate", "evaluate"]


class Flag:
    """Stands for a value that the device is still computing; notes how many steps were given out when it is read."""

    def __init__(self, step: int, log: list[tuple[int, int]], given: list[int]) -> None:
        self.step, self.log, self.given = step, log, given

    def __bool__(self) -> bool:
        self.log.append((self.step, self.given[0]))
        return True


def test_the_host_reads_nothing_of_a_step_until_it_is_long_done() -> None:
    """Of each step one flag is read, LAG steps later; and one at the end of the epoch."""
    trainer = Trainer(network(SPEC), images_of(plan(SPEC)))
    read_at: list[tuple[int, int]] = []
    given = [0]

    def step(state: Any, totals: Any, data: Any, rows: Any, position: Any) -> Any:
        given[0] += 1
        flag = Flag(given[0], read_at, given)
        return state, {"finite": flag}, flag, {}

    trainer.__dict__["_step"] = step
    steps = sum(1 for _ in trainer.steps({}, {}, 0))
    assert steps == trainer.steps_per_epoch == given[0]
    *during, last = read_at
    assert during == [(number, number + LAG) for number in range(1, steps - LAG + 1)]
    assert last == (steps, steps)


@pytest.mark.skipif(jax.default_backend() == "cpu", reason="a CPU's memory is the host's: nothing is transferred")
def test_nothing_comes_back_from_the_device_while_steps_run() -> None:
    call = Trainer(network(SPEC), images(plan(SPEC))).repeated()
    with jax.transfer_guard_device_to_host("disallow"):
        for _ in range(20):
            call()


def test_steps_take_the_data_from_the_device() -> None:
    """What goes to the device with a step is its position: the images went there once."""
    trainer = Trainer(network(SPEC), images(plan(SPEC)))
    given: list[Any] = []
    compiled = trainer._step

    def step(*arguments: Any) -> Any:
        given.append(arguments)
        return compiled(*arguments)

    trainer.__dict__["_step"] = step
    for _ in trainer.steps(trainer.begin(), trainer.no_totals, 0):
        pass
    hosted = [leaf for arguments in given for leaf in jax.tree.leaves(arguments) if not isinstance(leaf, jax.Array)]
    assert {type(leaf) for leaf in hosted} == {np.int32}
    assert len(hosted) == len(given)
