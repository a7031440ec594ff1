"""The choice by measuring: what is measured, what decides, what is kept."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

from netspec.analysis.convolution import Choice
from netspec.analysis.plan import Plan
from netspec.language.plain import plain
from netspec.lowering.planner import Unfit, choices, from_names, parts
from netspec.training.step import TrainableNetwork
from netspec.tuning import autotune
from netspec.tuning.timing import Timing
from tests.lowering.networks import plan as planned

SPEC = """\
netspec: 1
name: small
input: [8, 8, 3]
blocks:
  - conv: {filters: 16, kernel: 3, padding: same, repeat: 3}
    pool: {window: 2}
fc: [10]
train: {batch_size: 4, epochs: 1000}
data: {source: images, path: x}
"""


TIME = autotune._Tuner._time


class Bench:
    """Stands for the machine: part times by algorithm, step times by the whole choice; counts what is measured."""

    def __init__(self) -> None:
        self.parts: dict[str, float] = {}
        self.step_of: Any = lambda choices: 1.0
        self.measured: list[str] = []

    def time(self, tuner: Any, part: Any, directions: Any, own: str, until: float) -> dict[str, float]:
        self.measured.append(f"{part.layer} {directions[0]}")
        seconds = {name: self.parts.get(name, 1.0) for name in part.workload.algorithms(directions[0])}
        tuner.seconds[tuner._key(part, directions[0])] = seconds
        return seconds


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Bench:
    machine = Bench()

    class Step:
        def __init__(self, plan: Plan, choices: Any, images: Any, devices: int) -> None:
            self.choices = choices

    def in_turn(steps: Any, **limits: Any) -> list[Timing]:
        return [Timing([machine.step_of(step.choices)] * 3) for step in steps]

    monkeypatch.setenv("NETSPEC_CACHE", str(tmp_path))
    monkeypatch.setattr(autotune, "Step", Step)
    monkeypatch.setattr(autotune, "in_turn", in_turn)
    monkeypatch.setattr(autotune, "expected_seconds", lambda plan, batch: 1.0)
    monkeypatch.setattr(autotune._Tuner, "_time", lambda *given: machine.time(*given))
    return machine


def run(mode: autotune.Mode = "auto", text: str = SPEC) -> autotune.Tuning:
    def never(message: str) -> None:
        raise AssertionError(message)

    return autotune.autotune(planned(text), mode, lambda what, done, total: None, never)


def test_the_quickest_parts_are_chosen_where_the_whole_step_agrees(bench: Bench) -> None:
    bench.parts = {"patches": 0.5}
    bench.step_of = lambda choices: 0.5 if choices["block1.conv2"].output == "patches" else 1.0
    found = run()
    assert found.how == "measured"
    assert found.choices["block1.conv2"] == found.choices["block1.conv3"] == Choice("patches", "patches", "patches")
    assert found.steps == {"model": 1.0, "tuned": 0.5}
    assert "block1.conv3 weight gradient by patches" in found.changed
    # equal layers once, the first without an input gradient, pooling in both directions at once
    assert sorted(bench.measured) == [
        "block1.conv1 output",
        "block1.conv1 weight_gradient",
        "block1.conv2 input_gradient",
        "block1.conv2 output",
        "block1.conv2 weight_gradient",
        "block1.pool output",
    ]


def test_the_whole_step_has_the_last_word(bench: Bench) -> None:
    bench.parts = {"patches": 0.5}
    plan = planned(SPEC)
    bench.step_of = lambda found: 1.0 if found == choices(plan, 4, "cpu") else 1.2
    found = run()
    assert found.choices == choices(plan, 4, "cpu")
    assert found.changed == []


def test_a_gain_within_the_noise_changes_nothing(bench: Bench) -> None:
    bench.parts = {"patches": 0.97}
    assert run().choices == choices(planned(SPEC), 4, "cpu")


def test_the_second_run_takes_what_the_first_found(bench: Bench) -> None:
    bench.parts = {"patches": 0.5}
    bench.step_of = lambda choices: 0.5 if choices["block1.conv2"].output == "patches" else 1.0
    first = run()
    bench.measured.clear()
    bench.parts = {"banded": 0.1}
    second = run()
    assert second.how == "cache"
    assert second.choices == first.choices
    assert bench.measured == []
    full = run("full")
    assert full.how == "measured"
    assert len(bench.measured) == 6


def test_equal_layers_of_another_network_are_known(bench: Bench) -> None:
    run()
    bench.measured.clear()
    run(text=SPEC.replace("fc: [10]", "fc: [20, 10]"))
    assert bench.measured == []


def test_off_and_short_trainings_measure_nothing(bench: Bench, tmp_path: Path) -> None:
    bench.parts = {"patches": 0.5}
    for mode, text in (("off", SPEC), ("auto", SPEC.replace("source: images, path: x", "source: digits").replace(
        "[8, 8, 3]", "[8, 8, 1]").replace("epochs: 1000", "epochs: 1").replace("batch_size: 4", "batch_size: 512"))):  # fmt: skip
        found = run(mode, text)  # type: ignore[arg-type]
        assert found.how == "model"
        assert found.choices == choices(planned(text), planned(text).spec.train.value.batch_size, "cpu")
    assert bench.measured == []
    assert not (tmp_path / "tuning").exists()


def test_full_tries_what_came_near_in_the_whole_step(bench: Bench) -> None:
    bench.parts = {"banded": 1.2, "patches": 3.0}
    bench.step_of = lambda choices: 0.7 if choices["block1.conv2"].weight_gradient == "banded" else 1.0
    found = run("full")
    assert found.choices["block1.conv2"] == Choice("direct", "direct", "banded")
    assert found.choices["block1.conv1"] == choices(planned(SPEC), 4, "cpu")["block1.conv1"]


def test_full_measures_the_parts_where_convolution_and_pooling_are_quicker_apart(bench: Bench) -> None:
    text = SPEC.replace("repeat: 3", "repeat: 1")
    together = run("full", text)
    assert together.choices == choices(planned(text), 4, "cpu")
    assert together.choices["block1.pool"] == together.choices["block1.conv1"].output == "windows"
    assert bench.measured == []
    bench.parts = {"patches": 0.5}
    bench.step_of = lambda choices: 1.0 if choices["block1.pool"] == "windows" else 0.8
    apart = run("full", text)
    assert apart.choices["block1.pool"] == "shifts"
    assert apart.choices["block1.conv1"].output == "patches"


def test_full_leaves_what_needs_too_much_memory(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def compiled(program: Any) -> tuple[Any, int]:
        return lambda: pytest.fail("it was run"), 2

    monkeypatch.setattr(autotune._Tuner, "_time", TIME)
    monkeypatch.setattr(autotune, "compiled", compiled)
    monkeypatch.setattr(autotune, "MOST_TEMPORARY_BYTES", 1)
    assert run("full").choices == choices(planned(SPEC), 4, "cpu")


def test_an_accelerator_keeps_plain_xla_unless_something_is_quicker(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    bench.parts = {"direct": 0.5, "reduce_window": 0.5}
    assert run().choices == {}
    bench.parts = {"patches": 0.5}
    bench.step_of = lambda choices: 0.5 if choices else 1.0
    found = run("full")
    assert found.choices["block1.conv2"] == Choice("patches", "patches", "patches")
    assert "block1.pool" not in found.choices


def test_a_step_multiplies_in_the_directions_of_its_parts() -> None:
    for text in (SPEC, SPEC.replace("blocks:", "blocks:\n  - pool: {window: 2}").replace("[8, 8, 3]", "[16, 16, 3]")):
        plan = planned(text)
        assert plan.training_macs == sum(part.macs * len(part.directions) for part in parts(plan))
        assert 2 * plan.macs < plan.training_macs < 3 * plan.macs


def test_choices_survive_being_written_down() -> None:
    plan = planned(SPEC)
    chosen = choices(plan, 4, "cpu")
    assert from_names(plan, json.loads(json.dumps(plain(chosen)))) == chosen
    assert from_names(plan, {}) == {}
    assert from_names(plan, {"block1.conv2": {"output": "patches"}}) == {"block1.conv2": Choice(output="patches")}


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"conv9": "direct"}, "`conv9` is no layer of `small`"),
        ({"block1.conv1": {"sideways": "direct"}}, "has no direction `sideways`"),
        ({"block1.conv1": {"output": "fft"}}, "cannot compute its output by `fft`: it has `direct`"),
        ({"block1.conv1": "depthwise"}, "by `depthwise`"),
        ({"block1.pool": 3}, "by `3`"),
        ({"fc1": "banded"}, "it has `matmul`"),
        ({"block1.conv1": "windows"}, "by `windows`"),
        ({"block1.pool": "windows"}, "`block1.conv3` and `block1.pool` run by `windows` both or neither"),
        ({"block1.conv3": {"output": "windows"}, "block1.pool": "windows"}, "in all directions"),
    ],
)
def test_choices_of_another_network_are_refused(written: dict[str, Any], message: str) -> None:
    with pytest.raises(Unfit, match=re.escape(message)):
        from_names(planned(SPEC), written)


@pytest.mark.slow
def test_a_real_machine_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETSPEC_CACHE", str(tmp_path))
    plan = planned(SPEC.replace(", repeat: 3", ", repeat: 2"))
    said: list[str] = []
    found = autotune.autotune(plan, "full", lambda what, done, total: said.append(what), said.append)
    assert found.how == "measured"
    assert found.left == 0
    assert any("the whole step" in what for what in said)
    again = autotune.autotune(plan, "auto", lambda what, done, total: None, said.append)
    assert again.how == "cache"
    assert again.choices == found.choices
    images = np.random.default_rng(0).standard_normal((4, 8, 8, 3)).astype(np.float32)
    networks = [TrainableNetwork(plan, those, 1) for those in ({}, found.choices)]
    variables = networks[0].init()
    first, second = (jax.jit(network.apply)(variables, images) for network in networks)
    np.testing.assert_allclose(first, second, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("text", [SPEC, SPEC.replace("repeat: 3", "repeat: 2, stride: 2")])
def test_every_part_has_a_program_of_the_right_shapes(text: str) -> None:
    plan = planned(text)
    shapes = {layer.name: (layer.input, layer.output, layer.shapes) for layer in plan.layers}
    for part in parts(plan):
        input, output, arrays = shapes[part.layer]
        expected = {"output": output, "input_gradient": input}
        for direction in part.directions:
            for algorithm in part.workload.algorithms(direction):
                program = part.workload.program(direction, algorithm, 4, "float32")
                result = jax.tree.leaves(jax.eval_shape(program.function, *program.arguments))[0].shape
                wanted = arrays["kernel"] if direction == "weight_gradient" else (4, *expected[direction])
                assert result == wanted or (part.kind == "fc" and result == (4, int(np.prod(expected[direction]))))
