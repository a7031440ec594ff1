"""The memory of a training step, by hand; tests/training/test_memory.py holds it against XLA's own figure."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netspec.analysis.memory import PARTS, training_bytes, training_memory
from netspec.analysis.plan import Plan
from netspec.repair.check import check_source
from netspec.text.source import Source
from tests.lowering.grammar import specs


def plan(body: str, train: str = "{}") -> Plan:
    text = f"netspec: 1\nname: t\ndata: {{source: npz, path: t.npz}}\ntrain: {train}\n{body}\n"
    report = check_source(Source("t.yaml", text))
    assert report.plan is not None, report.diagnostics
    return report.plan


def test_two_layers_by_hand() -> None:
    """4 inputs, 3 hidden units, 2 classes, 10 examples; momentum is one slot. Most is alive when fc2 has its gradient.

    There are then 15 + 8 weights and their momentum; fc2's 8 gradients; the batch as bytes and as floats, fc1's sums and
    its output; of the moment: fc2's kernel in a second layout, the gradients of both outputs, and 8 squares.
    """
    found = training_memory(plan("input: [2, 2, 1]\nfc: [3, 2]", "{optimizer: {type: sgd, momentum: 0.9}}"), 10)
    assert asdict(found) == {
        "weights": 23 * 4,
        "optimizer": 23 * 4,
        "gradients": 8 * 4,
        "activations": 10 * 4 + 10 * (4 + 3 + 3) * 4,
        "workspace": 3 * 2 * 4 + 10 * (3 + 2) * 4 + 8 * 4,
    }


@pytest.mark.parametrize(
    ("optimizer", "slots"),
    [("{type: sgd}", 0), ("{type: sgd, momentum: 0.9}", 1), ("adam", 2), ("adamw", 2), ("lion", 1), ("rmsprop", 1)],
)
def test_each_optimizer_has_its_arrays(optimizer: str, slots: int) -> None:
    found = training_memory(plan("input: [4, 4, 1]\nfc: [10]", f"{{optimizer: {optimizer}}}"), 1)
    assert found.optimizer == slots * found.weights == slots * 170 * 4


def test_few_channels_keep_their_patches() -> None:
    """LeNet-5's first layer: tiles of 7 share patches of 5 rows of 11 cells, 28 rows and 4 tiles, 128 examples."""
    lenet = plan("input: [28, 28, 1]\nblocks: [{conv: {filters: 6, kernel: 5, padding: 2}}]\nfc: [10]")
    patches = 128 * 28 * 4 * 5 * 11 * 4
    on_cpu, portable = training_memory(lenet, 128, "cpu"), training_memory(lenet, 128, None)
    assert on_cpu.activations - portable.activations == patches - 128 * 28 * 28 * 4


def test_bfloat16_halves_activations_where_the_device_has_it() -> None:
    body = "input: [8, 8, 16]\nblocks: [{conv: {filters: 16, kernel: 3}}]\nfc: [10]"
    wide, narrow = (plan(body, f"{{precision: {precision}}}") for precision in ("float32", "bfloat16"))
    assert training_bytes(wide, 32, "cpu") == training_bytes(narrow, 32, "cpu")
    full, half = (training_memory(p, 4096, "gpu") for p in (wide, narrow))
    batch = 4096 * 8 * 8 * 16
    assert half.activations - batch == (full.activations - batch) / 2
    assert half.weights == full.weights


@settings(max_examples=100, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=specs(), batch=st.integers(1, 64), platform=st.sampled_from(["cpu", "gpu", None]))
def test_every_network_has_a_memory_that_grows_with_the_batch(text: str, batch: int, platform: str | None) -> None:
    network = check_source(Source("drawn.yaml", text)).plan
    assert network is not None
    one, more = training_memory(network, batch, platform), training_memory(network, 2 * batch, platform)
    assert more.total > one.total
    assert one.weights + one.optimizer >= network.parameters * 4
    assert all(getattr(one, part) >= 0 for part in PARTS)
