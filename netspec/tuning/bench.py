"""How fast a network is on this machine: the whole step, each layer and direction, and prediction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax

from netspec.analysis.memory import training_bytes
from netspec.analysis.plan import Plan
from netspec.language.plain import plain
from netspec.lowering.planner import Part, choices_here, parts
from netspec.lowering.workload import Direction, Workload
from netspec.training.memory import available_bytes
from netspec.tuning.machine import machine
from netspec.tuning.timed_step import Step, predictions
from netspec.tuning.timing import Timing, compiled, in_turn, matmul_peak, once

Say = Callable[[str, int, int], None]
"""Is told what is measured next, how much is done, and how much there is."""

STEP_SECONDS = 3.0
"""How long a whole step is repeated."""
PART_SECONDS = 0.15
"""How long one direction of one layer is repeated."""
LONGEST_STEP_SECONDS = 2.0
"""A batch size is halved while a step is expected to take longer: a bench is to end within a minute or so."""
USUAL_FLOPS = {"cpu": 5e10}
"""What a training step reaches, for that expectation: two cores with AVX2 do 5e10 to 1.2e11, a GPU 1e13 and more."""
ACCELERATOR_FLOPS = 1e13


def expected_seconds(plan: Plan, batch_size: int) -> float:
    """About how long a training step takes, before anything is measured."""
    return 2 * plan.training_macs * batch_size / USUAL_FLOPS.get(jax.default_backend(), ACCELERATOR_FLOPS)


def affordable_batch_size(plan: Plan) -> int:
    """The spec's batch size, halved until a step is short enough to repeat and takes half of what memory is free.

    The other half is for the steps that are compared, whose states are there at the same time.
    """
    batch_size = plan.spec.train.value.batch_size
    device = jax.devices()[0]
    free = available_bytes(device)
    while batch_size > 1 and (
        expected_seconds(plan, batch_size) > LONGEST_STEP_SECONDS
        or (free is not None and training_bytes(plan, batch_size, device.platform) > free / 2)
    ):
        batch_size //= 2
    return batch_size


def bench(plan: Plan, chosen: Mapping[str, Any], say: Say, *, compare: bool = False) -> dict[str, Any]:
    """Measures a plan at its batch size with these choices; with `compare`, the step with other choices as well.

    docs/performance.md describes what is returned.
    """
    batch_size = plan.spec.train.value.batch_size
    directions = len(_distinct(plan, chosen))
    done, total = 0, directions + 4 + 2 * compare

    def tell(what: str) -> None:
        nonlocal done
        say(what, done, total)
        done += 1

    tell("matrix product")
    dtype = jax.numpy.dtype(plan.spec.train.value.precision)
    peak = matmul_peak(dtype)
    steps = {"chosen": chosen}
    if compare:
        steps |= {"model": choices_here(plan, batch_size), "xla": {}}
    made: dict[str, Step] = {}
    for name, those in steps.items():
        tell(f"training step{'' if name == 'chosen' else f' ({name})'}")
        same = next((step for step in made.values() if step.choices == those), None)
        made[name] = same or Step(plan, those)
    distinct = list(dict.fromkeys(made.values()))
    timings = dict(zip(distinct, in_turn(distinct, seconds=STEP_SECONDS * len(distinct)), strict=True))
    network = made["chosen"].network
    whole = timings[made["chosen"]]
    flops = 2 * plan.training_macs * batch_size
    result: dict[str, Any] = {
        "version": 1,
        "name": plan.name,
        "batch_size": batch_size,
        "precision": str(dtype),
        "machine": machine(),
    }
    # Three times in the course of the run: a machine that is disturbed at one time may not be at another.
    peak = max(peak, matmul_peak(dtype))
    measured = _parts(plan, chosen, tell)
    predicted = {}
    for size in dict.fromkeys((batch_size, 1)):
        tell(f"prediction of {size}")
        call = predictions(network, size)
        predicted[size] = in_turn([call], seconds=STEP_SECONDS / 2)[0]
    peak = max(peak, matmul_peak(dtype))
    result["peak_flops_per_second"] = peak
    result["train_step"] = _rates(whole, batch_size, flops, peak) | {"first_seconds": made["chosen"].first_seconds}
    if compare:
        result["compare"] = {name: timings[step].as_json() for name, step in made.items()}
    result["predict"] = [
        {"batch_size": size} | _rates(timing, size, 2 * plan.macs * size, peak) for size, timing in predicted.items()
    ]
    result["layers"] = [_layer(part, chosen, measured, whole.median, batch_size) for part in parts(plan)]
    in_layers = sum(one["median_seconds"] for layer in result["layers"] for one in layer["directions"].values())
    result["rest_seconds"] = whole.median - in_layers
    result["choices"] = plain(dict(chosen))
    return result


Key = tuple[Workload, Direction, str]


def _distinct(plan: Plan, chosen: Mapping[str, Any]) -> list[Key]:
    """What there is to measure: equal layers once."""
    keys = [
        (part.workload, direction, part.workload.names(chosen.get(part.layer))[direction])
        for part in parts(plan)
        for direction in part.directions
    ]
    return list(dict.fromkeys(keys))


def _parts(plan: Plan, chosen: Mapping[str, Any], tell: Callable[[str], None]) -> dict[Key, Timing]:
    train = plan.spec.train.value
    dtype = jax.numpy.dtype(train.precision)
    named = {part.workload: part.layer for part in reversed(parts(plan))}
    measured = {}
    for work, direction, algorithm in _distinct(plan, chosen):
        tell(f"{named[work]} {direction.replace('_', ' ')}")
        call, _ = compiled(work.program(direction, algorithm, train.batch_size, dtype))
        once(call)
        measured[work, direction, algorithm] = in_turn([call], seconds=PART_SECONDS)[0]
    return measured


def _layer(
    part: Part, chosen: Mapping[str, Any], measured: Mapping[Key, Timing], step_seconds: float, batch_size: int
) -> dict[str, Any]:
    names = part.workload.names(chosen.get(part.layer))
    directions = {}
    for direction in part.directions:
        timing = measured[part.workload, direction, names[direction]]
        directions[direction] = {
            "algorithm": names[direction],
            **timing.as_json(),
            "flops_per_second": 2 * part.macs * batch_size / timing.min,
            "share_of_step": timing.median / step_seconds,
        }
    return {"name": part.layer, "kind": part.kind, "directions": directions}


def _rates(timing: Timing, images: int, flops: int, peak: float) -> dict[str, Any]:
    achieved = flops / timing.median
    return {
        **timing.as_json(),
        "images_per_second": images / timing.median,
        "flops_per_second": achieved,
        "share_of_peak": achieved / peak,
    }
