"""What the training loop adds to its compiled steps.

`python benchmarks/loop.py SPEC` runs epochs as `netspec train` does, in turn with as many of the same compiled steps
one after the other on one batch, of which nothing is read until the last is done.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from pathlib import Path

import click
import jax

sys.path.insert(0, str(Path(__file__).parent.parent))
import netspec
from benchmarks.load import Elsewhere
from benchmarks.ratios import ratio
from netspec.data import splits
from netspec.lowering.planner import choices_here
from netspec.training.loop import Trainer
from netspec.training.step import TrainableNetwork, batch_of, steps_per_epoch


def epoch(trainer: Trainer) -> float:
    """Seconds of a first epoch."""
    steps = trainer.steps(trainer.begin(), trainer.no_totals, 0)
    began = time.perf_counter()
    deque(steps, maxlen=0)  # its end waits for the last step
    return time.perf_counter() - began


def bare(trainer: Trainer) -> float:
    """Seconds of an epoch's number of steps, back to back."""
    step = trainer.repeated()
    jax.block_until_ready(step())
    began = time.perf_counter()
    for _ in range(trainer.steps_per_epoch):
        done = step()
    jax.block_until_ready(done)
    return time.perf_counter() - began


@click.command()
@click.argument("spec")
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1))
def main(spec: str, rounds: int) -> None:
    """Times epochs of SPEC, whose data must be there, beside their steps alone."""
    plan = netspec.check(spec).plan
    images = None if plan is None else splits.read(plan)
    if plan is None or not isinstance(images, splits.Images):
        raise click.UsageError(f"{spec} or its data have errors: netspec train {spec}")
    size = batch_of(plan.spec.train.value, len(images.train)).size
    chosen = choices_here(plan, size)
    trainer = Trainer(TrainableNetwork(plan, chosen, steps_per_epoch(len(images.train), plan.spec.train.value)), images)
    epoch(trainer)
    elsewhere = Elsewhere(())
    pairs = [(epoch(trainer), bare(trainer)) for _ in range(rounds)]
    whole, steps = zip(*pairs, strict=True)
    found = ratio(steps, whole)
    click.echo(f"{plan.name}: an epoch of {trainer.steps_per_epoch} steps takes {min(whole):.2f} s at best")
    click.echo(f"the same steps alone take {found.median:.1%} of that ({found.low:.1%} to {found.high:.1%})")
    if (cores := elsewhere.cores()) is not None:
        click.echo(f"{cores:.2f} cores were busy with other things")


if __name__ == "__main__":
    main()
