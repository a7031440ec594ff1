"""A session as a whole: it learns, it stops where it is told, and it goes on as if it had never stopped."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax
import numpy as np
import pytest

from netspec.lowering.planner import choices, from_names
from netspec.runs.directory import MODEL, RunDirectory
from netspec.runs.record import compare
from netspec.storage import tensors
from netspec.training.feed import order
from netspec.training.loop import Trainer
from netspec.training.session import Outcome
from netspec.training.step import TrainableNetwork
from netspec.training.trained import load
from tests.training.runs import SPEC, At, images_of, session, stop


def final(folder: Path) -> dict[str, bytes]:
    """All the bytes of the last state: parameters, statistics, optimizer, step, key."""
    newest, passed_over = RunDirectory(folder).checkpoints().newest()
    assert newest is not None
    assert not passed_over
    return {name: array.tobytes() for name, array in newest.tensors.items()}


def timeless(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if "second" not in name} for row in rows]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    folder = tmp_path_factory.mktemp("whole")
    return folder, session(folder).run(None)


def test_a_loaded_network_computes_the_bits_that_were_evaluated(
    uninterrupted: tuple[Path, Outcome], tmp_path: Path
) -> None:
    default = uninterrupted[0]
    plan = RunDirectory(default).plan()
    images = images_of(plan)
    pinned = from_names(plan, {"block1.conv1": "patches", "block1.pool": "reduce_window"})
    assert pinned != choices(plan, 50, "cpu")
    session(tmp_path, images=images, chosen=pinned).run(None)
    for folder, chosen in ((default, choices(plan, 100, "cpu")), (tmp_path, pinned)):
        network = load(folder)
        assert network.choices == chosen
        again = Trainer(network, images).evaluate(network.variables, images.test)
        facts = tensors.load(folder / MODEL)[1]["test"]
        assert (again.loss, again.accuracy) == (facts["loss"], facts["accuracy"])
        trained = TrainableNetwork(plan, chosen)
        raw = images.test.images[:100]
        first, second = (np.asarray(each.predict(network.variables, raw)) for each in (trained, network))
        np.testing.assert_array_equal(first, second)
        jax.jit(network.apply).trace(network.variables, raw.astype(np.float32)).lower(lowering_platforms=("tpu",))


def test_on_another_kind_of_device_the_choices_are_its_own(
    uninterrupted: tuple[Path, Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load(uninterrupted[0]).choices
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    monkeypatch.setattr(jax, "devices", lambda: [SimpleNamespace(device_kind="Some GPU")])
    assert load(uninterrupted[0]).choices == {}


def test_algorithms_of_another_version_are_told(uninterrupted: tuple[Path, Outcome], tmp_path: Path) -> None:
    arrays, metadata = tensors.load(uninterrupted[0] / MODEL)
    metadata["record"]["choices"] = {"block1.conv1": "abacus"}
    (tmp_path / MODEL).write_bytes(tensors.save_bytes(arrays, metadata))
    with pytest.warns(UserWarning, match="algorithms of another version.*`abacus`"):
        network = load(tmp_path / MODEL)
    assert network.choices == choices(network.plan, 50, "cpu")


def test_it_learns(uninterrupted: tuple[Path, Outcome]) -> None:
    folder, outcome = uninterrupted
    assert outcome.test is not None
    assert outcome.test.accuracy > 0.5
    assert outcome.rows[-1]["loss"] < outcome.rows[0]["loss"]
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert rows == outcome.rows
    assert [row["epoch"] for row in rows] == [1, 2, 3]


def test_the_same_run_gives_the_same_bits(uninterrupted: tuple[Path, Outcome], tmp_path: Path) -> None:
    session(tmp_path / "again").run(None)
    assert final(tmp_path / "again") == final(uninterrupted[0])
    first, second = (tensors.load(folder / MODEL)[0] for folder in (tmp_path / "again", uninterrupted[0]))
    assert all(first[name].tobytes() == second[name].tobytes() for name in first | second)


@pytest.mark.parametrize("steps", [(1,), (7, 13), (25, 50, 51, 70)])
def test_a_resumed_run_ends_in_the_same_bits(
    steps: tuple[int, ...], uninterrupted: tuple[Path, Outcome], tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    start = None
    for step in steps:
        outcome = session(folder).run(start, [At(step, stop)])
        assert outcome.interrupted == signal.SIGTERM
        start, _ = RunDirectory(folder).checkpoints().newest()
        assert start is not None
        assert start.step == step
    last = session(folder)
    assert start is not None
    assert compare(start.record, last.record) == []
    outcome = last.run(start)
    assert final(folder) == final(uninterrupted[0])
    assert timeless(outcome.rows) == timeless(uninterrupted[1].rows)
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert timeless(lines) == timeless(uninterrupted[1].rows)


def test_a_run_goes_on_from_any_checkpoint(uninterrupted: tuple[Path, Outcome], tmp_path: Path) -> None:
    folder = tmp_path / "run"
    text = SPEC.replace("keep: 2", "keep: 100")
    session(folder, text).run(None)
    checkpoints = RunDirectory(folder).checkpoints(100)
    for step in (5, 20):
        session(folder, text).run(checkpoints.named(step))
        assert final(folder) == final(uninterrupted[0])


def test_another_spec_is_named_on_resume(tmp_path: Path) -> None:
    session(tmp_path).run(None, [At(6, stop)])
    start, _ = RunDirectory(tmp_path).checkpoints().newest()
    assert start is not None
    other = session(tmp_path, SPEC.replace("0.02", "0.03").replace("epochs: 3", "epochs: 4"))
    found = {difference.path: difference.effect for difference in compare(start.record, other.record)}
    assert found["train.optimizer.learning_rate"] == "refused"
    assert found["train.epochs"] == "warned"


def test_steps_compile_once(tmp_path: Path) -> None:
    running = session(tmp_path)
    running.run(None)
    assert running.trainer._step._cache_size() == 1
    assert running.trainer._evaluate._cache_size() <= 2


def test_a_trained_network_comes_back(uninterrupted: tuple[Path, Outcome]) -> None:
    folder, outcome = uninterrupted
    network = load(folder)
    running = session(folder / "copy")
    network.choices = running.network.choices  # other algorithms sum in another order
    found = Trainer(network, running.images).evaluate(network.variables, running.images.test)
    assert outcome.test is not None
    assert found.loss == outcome.test.loss
    probabilities = network.predict(network.variables, running.images.test.images[:5])
    np.testing.assert_array_equal(np.argmax(probabilities, -1), found.predictions[:5])


def test_early_stopping_keeps_the_best(tmp_path: Path) -> None:
    text = SPEC.replace("epochs: 3", "epochs: 30\n  early_stopping: {metric: validation_accuracy, patience: 2}")
    running = session(tmp_path, text.replace("learning_rate: 0.02", "learning_rate: 0.05"))
    outcome = running.run(None)
    assert outcome.rows[-1]["epoch"] < 30
    best = running.best_row()
    assert outcome.rows[-1]["epoch"] == best["epoch"] + 2
    network = load(tmp_path)
    found = Trainer(network, running.images).evaluate(network.variables, running.images.validation)
    assert found.accuracy == best["validation_accuracy"]


EARLY = SPEC.replace("epochs: 3", "epochs: 30\n  early_stopping: {metric: validation_accuracy, patience: 1}")


def test_a_best_that_is_lost_is_made_again_or_said(tmp_path: Path) -> None:
    text = EARLY.replace("keep: 2", "keep: 100").replace("0.02", "0.05")
    running = session(tmp_path, text)
    running.run(None)
    best = running.best_row()
    assert best is not None
    checkpoints = RunDirectory(tmp_path).checkpoints(100)
    whole = (checkpoints.folder / "best.safetensors").read_bytes()
    model = (tmp_path / MODEL).read_bytes()
    (checkpoints.folder / "best.safetensors").write_bytes(whole[:-3])
    start = checkpoints.named(running.rows[-1]["step"])
    session(tmp_path, text).run(start, [At(0, stop)])  # `At.warn` fails: it must not warn
    assert (checkpoints.folder / "best.safetensors").read_bytes() == whole
    assert tensors.load(tmp_path / MODEL)[0].keys() == tensors.load(model)[0].keys()
    (checkpoints.folder / "best.safetensors").unlink()
    (checkpoints.folder / f"step-{best['step']:08}.safetensors").unlink()
    said: list[str] = []
    listener = At(0, stop)
    listener.warn = lambda code, message, help: said.append(code)  # type: ignore[method-assign]
    again = session(tmp_path, text)
    again.run(start, [listener])
    assert said == ["NS605"]
    later = again.best_row()
    assert later is None or later["epoch"] > best["epoch"]


def test_a_file_of_another_run_is_not_taken(uninterrupted: tuple[Path, Outcome], tmp_path: Path) -> None:
    session(tmp_path, SPEC.replace("epochs: 3", "epochs: 3\n  seed: 5")).run(None)
    own = RunDirectory(tmp_path)
    shutil.copy(uninterrupted[0] / MODEL, own.model)
    with pytest.raises(tensors.Corrupt, match=r"another run.*seed: 0 -> 5"):
        load(tmp_path)
    own.model.unlink()
    folder = own.checkpoints().folder
    shutil.copy(uninterrupted[0] / "checkpoints" / "step-00000075.safetensors", folder)
    network = load(tmp_path)
    wanted = own.checkpoints().named(70).tensors["state/variables/params/fc1/kernel"]
    np.testing.assert_array_equal(network.variables["params"]["fc1"]["kernel"], wanted)
    shutil.copy(uninterrupted[0] / "checkpoints" / "best.safetensors", folder)
    with pytest.raises(tensors.Corrupt, match="another run"):
        load(tmp_path, "best")


def test_the_order_is_a_permutation_of_its_own_for_each_epoch() -> None:
    first, second = order(1000, 3, 0), order(1000, 3, 1)
    assert sorted(first) == sorted(second) == list(range(1000))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(order(1000, 3, 1), second)


def test_no_host_transfer_in_a_step(tmp_path: Path) -> None:
    running = session(tmp_path)
    trainer = running.trainer
    state, totals = trainer.begin(), trainer.no_totals
    for _ in trainer.steps(state, totals, 0):
        break
    state, totals = trainer.begin(), trainer.no_totals
    with jax.transfer_guard_device_to_host("disallow"):
        steps = trainer.steps(state, totals, 0)
        for _ in range(3):
            next(steps)


RECIPE = """\
netspec: 1
name: recipe
input: [8, 8, 1]
fc: [{units: 16, norm: batch, activation: tanh}, 10]
data: {augment: {zoom: 0.1, brightness: 0.2, mixup: 0.4}}
train:
  epochs: 4
  batch_size: 20
  accumulate: 5
  optimizer: {type: sgd, learning_rate: 2, momentum: 0.9}
  schedule: {type: plateau, metric: validation_accuracy, patience: 0, factor: 0.5, warmup: 3}
"""


def test_a_run_on_a_plateau_goes_on_in_the_same_bits(tmp_path: Path) -> None:
    """Twelve steps of five batches an epoch; stopped within an epoch and at an end, after the rate has dropped."""
    whole = session(tmp_path / "whole", RECIPE)
    rows = whole.run(None).rows
    assert [row["step"] for row in rows] == [12, 24, 36, 48]
    assert rows[2]["learning_rate"] < rows[0]["learning_rate"]
    assert whole.trainer._step._cache_size() == 1
    start = None
    for step in (24, 31):
        session(tmp_path / "run", RECIPE, whole.images).run(start, [At(step, stop)])
        start, _ = RunDirectory(tmp_path / "run").checkpoints().newest()
        assert start is not None
        assert start.step == step
    again = session(tmp_path / "run", RECIPE, whole.images).run(start)
    assert final(tmp_path / "run") == final(tmp_path / "whole")
    assert timeless(again.rows) == timeless(rows)
