"""A whole training step or prediction to be timed, on images made up for it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jax
import numpy as np

from netspec.analysis.heads import of_plan
from netspec.analysis.plan import Plan, known_steps_per_epoch, steps_per_epoch
from netspec.data import Split
from netspec.data.splits import Images
from netspec.language.data import SOURCES
from netspec.training.loop import Trainer
from netspec.training.step import TrainableNetwork, batch_of
from netspec.tuning.timing import Call, once

STEPS_PER_EPOCH = 100
"""Where the data set is not known; a schedule in shares of the run needs some number, no step's time depends on it."""


def with_batch_size(plan: Plan, batch_size: int) -> Plan:
    """The plan with another `train.batch_size`, one batch a step."""
    located = plan.spec.train
    train = replace(located, value=replace(located.value, batch_size=batch_size, accumulate=1))
    return replace(plan, spec=replace(plan.spec, train=train))


def images(plan: Plan) -> Images:
    """One batch of noise in the type that the source's pixels usually have, as a data set."""
    rng = np.random.default_rng(0)
    count, channels = plan.spec.train.value.batch_size, plan.input[2]
    pixels = rng.integers(0, 256, (count, *plan.input), np.uint8)
    raw = pixels.astype(SOURCES[plan.spec.data.value.source].dtype, copy=False)
    split = Split(raw, _labels(plan, count, rng))
    statistics = np.full(channels, 127.5, np.float32), np.full(channels, 73.9, np.float32)
    return Images(split, split.rows(np.arange(0)), split, (), "", *statistics)


def _labels(plan: Plan, count: int, rng: np.random.Generator) -> np.ndarray:
    """Labels in the shape and type of the plan's head."""
    head, outputs = of_plan(plan), plan.output[-1]
    if head.labels == "class":
        return rng.integers(0, head.classes(outputs), count).astype(np.int32)
    return rng.integers(0, 2, (count, outputs)).astype(np.float32 if head.labels == "numbers" else np.int32)


class Step:
    """The training step of a plan with some choices, as `netspec train` compiles it; a call makes one.

    It takes one batch whatever `accumulate` is: algorithms and their times are those of a batch.
    """

    def __init__(self, plan: Plan, choices: Mapping[str, Any], data: Images | None = None, devices: int = 1) -> None:
        """Compiles it for a data set, or for noise; makes a first step, which takes `first_seconds`."""
        began = time.perf_counter()
        plan = with_batch_size(plan, batch_of(plan.spec.train.value, len(data.train) if data else None).size)
        train = plan.spec.train.value
        steps = steps_per_epoch(len(data.train), train) if data else known_steps_per_epoch(plan) or STEPS_PER_EPOCH
        self.choices = choices
        self.network = TrainableNetwork(plan, choices, steps)
        self._call = Trainer(self.network, data or images(plan), devices).repeated()
        jax.block_until_ready(self._call())
        self.first_seconds = time.perf_counter() - began

    def __call__(self) -> Any:
        """Makes a step; what it returns is there when the step is done."""
        return self._call()


def predictions(network: TrainableNetwork, batch_size: int) -> Call:
    """`predict` of an untrained network on a batch of noise, compiled and run once."""
    plan = with_batch_size(network.plan, batch_size)
    variables, raw = network.init(), jax.device_put(images(plan).train.images)
    call = lambda: network.predict(variables, raw)  # noqa: E731
    once(call)
    return call
