"""Schedules against themselves and against the run, and what optax does with those that are let through."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from netspec.analysis.check import examine
from netspec.analysis.schedules import findings, steps_of
from netspec.diagnostics.edits import edited
from netspec.language.train import Constant, Cosine, Exponential, OneCycle, Piecewise, Plateau, Schedule, Step
from netspec.repair.check import check_source
from netspec.text.source import Source

UNKNOWN = None
NPZ = "{source: npz, path: some.npz}"


def code(schedule: Schedule, total: int | None) -> str | None:
    found = findings(schedule, total)
    assert len(found) <= 1
    return found[0].code if found else None


@pytest.mark.parametrize("total", [UNKNOWN, 100, 100_000])
@pytest.mark.parametrize(
    "schedule",
    [
        Cosine(warmup=50, decay_steps=50),
        Cosine(warmup=500, decay_steps=20),
        Cosine(warmup="20%", decay_steps="20%"),
        Cosine(warmup="100%"),
        Cosine(decay_steps=0),
        Cosine(decay_steps="0%"),
        Cosine(decay_steps=1),
        Cosine(warmup=9, decay_steps=10),
        Step(transition_steps=0),
        Step(transition_steps="0%"),
        Exponential(transition_steps=0),
        OneCycle(transition_steps=0),
        OneCycle(transition_steps="0%"),
        OneCycle(transition_steps=3),
        OneCycle(transition_steps=9, pct_start=0.1),
        Piecewise(scales=(0.1, 0.1, 0.1)),
        Piecewise(boundaries=("75%", "50%")),
        Piecewise(boundaries=(20, 20)),
        Piecewise(boundaries=("0%", "50%")),
        Piecewise(boundaries=(10, 20), warmup=10),
    ],
    ids=str,
)
def test_a_schedule_that_can_only_be_wrong(schedule: Schedule, total: int | None) -> None:
    assert code(schedule, total) == "NS220"


@pytest.mark.parametrize(
    ("schedule", "long", "short"),
    [
        (Constant(warmup=100), 101, 100),
        (Constant(warmup="5%"), 20, 1),
        (Cosine(decay_steps=100), 100, 99),
        (Cosine(warmup=100), 102, 100),
        (Step(transition_steps=100), 101, 100),
        (Step(transition_steps=100, warmup=10), 111, 110),
        (OneCycle(transition_steps=100), 100, 99),
        (Piecewise(boundaries=(50, 100)), 101, 100),
    ],
    ids=str,
)
def test_a_run_too_short(schedule: Schedule, long: int, short: int) -> None:
    assert (code(schedule, long), code(schedule, short)) == (None, "NS221")


def test_a_share_of_the_whole_run_needs_no_run() -> None:
    assert code(Constant(warmup="100%"), UNKNOWN) == code(Step(transition_steps="100%"), UNKNOWN) == "NS221"
    assert code(Constant(warmup=100), UNKNOWN) is None


@pytest.mark.parametrize(
    ("schedule", "total"),
    [
        (Step(transition_steps=30), 31_590),
        (Exponential(transition_steps=1), 1000),
        (Exponential(transition_steps="1%"), UNKNOWN),
        (Cosine(decay_steps=30), 1000),
        (Cosine(decay_steps="20%"), UNKNOWN),
        (OneCycle(transition_steps=10, final_div_factor=1e6), 1000),
        (Piecewise(boundaries=(30, 60), scales=(1e-2, 1e-4)), 1000),
    ],
    ids=str,
)
def test_a_rate_that_vanishes(schedule: Schedule, total: int | None) -> None:
    assert code(schedule, total) == "NS222"


@pytest.mark.parametrize(
    "schedule",
    [Constant(), Constant(warmup="5%"), Cosine(), Cosine(warmup="5%", decay_steps="80%"), Cosine(decay_steps=30, alpha=0.1),
     Step(), Exponential(), OneCycle(), Step(decay_rate=1), Exponential(decay_rate=1.1), Piecewise(), Plateau(),
     Piecewise(warmup="5%", boundaries=("10%", "11%"), scales=(0.5, 2))],
    ids=str,
)  # fmt: skip
def test_nothing_is_said_of_what_is_right(schedule: Schedule) -> None:
    assert code(schedule, UNKNOWN) is None
    assert code(schedule, 1000) is None


def spec(train: str, data: str) -> Source:
    return Source("x", f"netspec: 1\nname: x\ninput: [8, 8, 1]\nfc: [10]\ndata: {data}\ntrain: {train}\n")


def test_its_place_severity_and_help() -> None:
    (found,) = examine(spec("{schedule: {type: cosine, warmup: 8, decay_steps: 8}}", NPZ)).diagnostics
    assert (found.code, found.severity, found.span.column) == (
        "NS220", "error", found.source.lines[5].rindex("8") + 1,
    )  # fmt: skip
    assert [label.span.column for label in found.labels] == [found.source.lines[5].index("8") + 1]
    (found,) = examine(spec("{epochs: 1, schedule: {type: constant, warmup: 10}}", "{source: digits}")).diagnostics
    assert (found.code, found.severity) == ("NS221", "warning")
    assert "the run has 10 steps" in found.message
    assert not examine(spec("{epochs: 1, schedule: {type: constant, warmup: 10}}", NPZ)).diagnostics


@pytest.mark.parametrize(
    ("train", "code", "meant"),
    [
        ("schedule: {type: piecewise, boundaries: [60%, 30%]}", "NS220", "boundaries: [30%, 60%]"),
        ("schedule: {type: piecewise, boundaries: [60, 80], scales: [0.1]}", "NS220", "scales: 0.1"),
        ("epochs: 100, schedule: {type: piecewise, boundaries: [50, 75]}", "NS232", "boundaries: [50%, 75%]"),
        ("epochs: 90, schedule: {type: piecewise, boundaries: [40, 80]}", "NS232", "boundaries: [400, 800]"),
        ("epochs: 9, schedule: {type: plateau, patience: 7}", "NS221", None),
        (
            "epochs: 99, schedule: {type: plateau, patience: 4}, early_stopping: {patience: 5}",
            "NS260",
            "early_stopping: {patience: 10}",
        ),
    ],
)
def test_what_was_meant_is_offered(train: str, code: str, meant: str | None) -> None:
    (found,) = check_source(spec(f"{{{train}}}", "{source: digits}")).diagnostics
    assert found.code == code
    if meant is not None:
        assert meant in edited(found.source, found.fixes[0].edits)


@pytest.mark.parametrize("schedule", ["plateau", "{type: plateau, metric: validation_accuracy}"])
def test_a_plateau_has_something_to_watch(schedule: str) -> None:
    text = f"{{epochs: 20, schedule: {schedule}}}"
    (found,) = examine(spec(text, "{source: digits, validation: 0}")).diagnostics
    assert (found.code, found.severity) == ("NS212", "error")
    assert not examine(spec(text, "{source: digits}")).diagnostics


def rates(schedule: Schedule, total: int) -> list[float]:
    import jax

    from netspec.training import optimizer

    rate = jax.vmap(optimizer.schedule(schedule, 1.0, total))
    return [float(value) for value in rate(jax.numpy.arange(total + 1))]


@pytest.mark.parametrize("total", [4, 5, 7, 100])
def test_one_cycle_has_the_rates_that_are_promised_from_the_fewest_steps_on(total: int) -> None:
    cycle = OneCycle()
    assert code(cycle, total) is None
    found, rise = rates(cycle, total), int(0.3 * total)
    assert found[0] == pytest.approx(1 / 25)
    assert found[rise] == max(found) == pytest.approx(1)
    assert found[total] == pytest.approx(1 / 25 / 1e4)
    for step in range(total):
        begin, end, of, at = (1 / 25, 1, rise, step) if step < rise else (1, 4e-6, total - rise, step - rise)
        assert found[step] == pytest.approx(end + (begin - end) / 2 * (1 + math.cos(math.pi * at / of)), abs=1e-6)


@pytest.mark.parametrize(("warmup", "total"), [(0, 2), (1, 3), (3, 10), ("5%", 40)])
def test_cosine_has_the_rates_that_are_promised(warmup: int | str, total: int) -> None:
    found, rise = rates(Cosine(warmup=warmup), total), steps_of(warmup, total)
    for step in range(total + 1):
        half = 0.5 * (1 + math.cos(math.pi * (step - rise) / (total - rise)))
        assert found[step] == pytest.approx(step / rise if step < rise else half, abs=1e-6)


def test_what_contradicts_itself_is_no_optimizer() -> None:
    from netspec.training.optimizer import Contradiction, schedule

    for settings, total in ((OneCycle(), 3), (Step(transition_steps=0), 10), (Cosine(warmup=5, decay_steps=5), 10)):
        with pytest.raises(Contradiction, match="step"):
            schedule(settings, 1.0, total)
    assert code(replace(OneCycle(), pct_start=0.5), 2) is None
