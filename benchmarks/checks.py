"""What it costs to look at every step whether its numbers are finite.

`python benchmarks/checks.py SPEC...` runs the training step of each spec in turn with the same step without the check,
and without the norm of the gradient besides, which is in the rows of a run and by which the check sees the gradients.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
import jax
import jax.numpy as jnp

sys.path.insert(0, str(Path(__file__).parent.parent))
import netspec
from benchmarks.load import Elsewhere
from benchmarks.ratios import Ratio, ratio
from netspec.analysis.plan import Plan
from netspec.lowering.planner import choices_here
from netspec.training.loop import Totals, Trainer
from netspec.training.step import Metrics, TrainableNetwork, TrainingState
from netspec.tuning.timed_step import images
from netspec.tuning.timing import in_turn, once


class Unchecked(Trainer):
    """Goes on with whatever a step gives."""

    def _guard(
        self, state: TrainingState, totals: Totals, moved: TrainingState, metrics: Metrics
    ) -> tuple[TrainingState, Totals]:
        return moved, {name: totals[name] + metrics[name] for name in self.summed} | {"finite": totals["finite"]}


class Normless(TrainableNetwork):
    """Does not compute the norm of the gradient."""

    def step(self, state: TrainingState, images: jax.Array, labels: jax.Array) -> tuple[TrainingState, Metrics]:
        moved, metrics = super().step(state, images, labels)
        return moved, metrics | {"gradient_norm": jnp.zeros(())}


def measured(plan: Plan, seconds: float) -> tuple[float, Ratio, Ratio]:
    """The quickest step, and how many times as long the step takes as without the check, and without the norm besides."""
    chosen = choices_here(plan, plan.spec.train.value.batch_size)
    kinds = ((TrainableNetwork, Trainer), (TrainableNetwork, Unchecked), (Normless, Unchecked))
    steps = [trainer(network(plan, chosen, 100), images(plan)).repeated() for network, trainer in kinds]
    for step in steps:
        once(step)
    whole, unchecked, normless = (timing.runs for timing in in_turn(steps, seconds=seconds, most=2000))
    return min(whole), ratio(whole, unchecked), ratio(whole, normless)


@click.command()
@click.argument("specs", nargs=-1, required=True)
@click.option("--seconds", default=20.0, show_default=True, help="How long the steps of a spec are repeated.")
def main(specs: tuple[str, ...], seconds: float) -> None:
    """Times a training step of SPECS with and without its checks, in turn."""
    elsewhere = Elsewhere(())
    click.echo(f"{'':<20}{'batch':>6}{'step, ms':>10}{'check (middle half)':>26}{'with the norm':>26}")
    for path in specs:
        plan = netspec.check(path).plan
        if plan is None:
            raise click.UsageError(f"{path} has errors: netspec validate {path}")
        step, *found = measured(plan, seconds)
        costs = [f"{r.median - 1:+.1%} ({r.low - 1:+.1%} to {r.high - 1:+.1%})" for r in found]
        batch = plan.spec.train.value.batch_size
        click.echo(f"{plan.name:<20}{batch:>6}{step * 1000:>10.2f}{costs[0]:>26}{costs[1]:>26}")
    if (cores := elsewhere.cores()) is not None:
        click.echo(f"{cores:.2f} cores were busy with other things")


if __name__ == "__main__":
    main()
