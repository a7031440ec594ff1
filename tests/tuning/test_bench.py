"""What is decided before anything is measured."""

from __future__ import annotations

from pathlib import Path

import pytest

import netspec
from netspec.analysis.memory import training_bytes
from netspec.tuning import bench
from netspec.tuning.bench import LONGEST_STEP_SECONDS, affordable_batch_size, expected_seconds

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_spec_has_a_batch_that_a_small_machine_can_measure(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "available_bytes", lambda device: None)
    plan = netspec.check(path).plan
    assert plan is not None
    own, size = plan.spec.train.value.batch_size, affordable_batch_size(plan)
    assert 1 <= size <= own
    assert size == 1 or expected_seconds(plan, size) <= LONGEST_STEP_SECONDS
    assert size == own or expected_seconds(plan, 2 * size) > LONGEST_STEP_SECONDS


def test_a_batch_takes_half_of_the_memory_that_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = netspec.check(SPECS[0].with_name("digits.yaml")).plan
    assert plan is not None
    own = plan.spec.train.value.batch_size
    for free, expected in ((2 * training_bytes(plan, own), own), (2 * training_bytes(plan, own) - 1, own // 2), (1, 1)):
        monkeypatch.setattr(bench, "available_bytes", lambda device, free=free: free)
        assert affordable_batch_size(plan) == expected
