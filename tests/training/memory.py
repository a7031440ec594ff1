"""What XLA says a training step needs, beside what `summary` predicts.

`python -m tests.training.memory [--batch N] SPEC...` prints the table; nothing is run, each step is only compiled.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np

import netspec
from netspec.analysis.check import costed
from netspec.analysis.memory import PARTS, training_memory
from netspec.analysis.plan import Plan
from netspec.data import Split
from netspec.data.splits import Images
from netspec.export.cost import analysis
from netspec.lowering.planner import choices
from netspec.training.loop import Trainer
from netspec.training.step import TrainableNetwork


def compiled_bytes(plan: Plan, batch: int) -> int:
    """XLA's own figure for the step that `netspec train` runs: arguments + outputs - aliases + temporaries.

    The data set, which is one step long here, counts as the images that the step takes of it.
    """
    network = TrainableNetwork(plan, choices(plan, batch, jax.default_backend()), 10)
    channels = plan.input[2]
    examples = batch * plan.spec.train.value.accumulate
    split = Split(np.zeros((examples, *plan.input), np.uint8), np.zeros(examples, np.int32))
    statistics = np.zeros(channels, np.float32), np.ones(channels, np.float32)
    images = Images(split, split, split, ("a", "b"), "", *statistics)
    trainer = Trainer(network, images)
    trainer.batch_size = batch
    state, totals = jax.eval_shape(trainer.begin), trainer.no_totals
    order, position = jax.ShapeDtypeStruct((examples,), "int32"), jax.ShapeDtypeStruct((), "int32")
    data = (split.images, split.labels)
    return int(analysis(trainer._step.lower(state, totals, data, order, position).compile())["total_bytes"])


@dataclass(frozen=True)
class Compared:
    """A prediction beside XLA's figure."""

    plan: Plan
    batch: int

    def line(self) -> str:
        """One line of the table."""
        found, wanted = training_memory(self.plan, self.batch), compiled_bytes(self.plan, self.batch)
        parts = "  ".join(f"{getattr(found, part) / 1e6:10.2f}" for part in PARTS)
        off = found.total / wanted - 1
        return (
            f"{self.plan.name:<24}{self.batch:>6}{wanted / 1e6:>12.2f}{found.total / 1e6:>12.2f}{off:>+8.1%}  {parts}"
        )


def main() -> None:
    """The table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int)
    parser.add_argument("specs", nargs="+")
    given = parser.parse_args()
    print(f"{'spec':<24}{'batch':>6}{'XLA, MB':>12}{'predicted':>12}{'':>8}  " + "  ".join(f"{p:>10}" for p in PARTS))
    for path in given.specs:
        plan = costed(netspec.check(Path(path)))
        if plan is None or len(plan.output) != 1:
            print(f"{path}: no network that can be trained")
        else:
            print(Compared(plan, given.batch or plan.spec.train.value.batch_size).line(), flush=True)


if __name__ == "__main__":
    main()
