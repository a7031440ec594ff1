"""A session as a whole: it learns, it stops where it is told, and it goes on as if it had never stopped."""

from __future__ import annotations

import json
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from netspec.analysis.check import check_source
from netspec.lowering.planner import choices, from_names
from netspec.text.source import Source
from netspec.training import cause, tensors
from netspec.training.loop import NotFinite, Trainer, order
from netspec.training.run import MODEL, RunDirectory, load
from netspec.training.session import Outcome, Session, differences
from netspec.training.sources import Images, read
from netspec.training.step import TrainableNetwork

SPEC = """\
netspec: 1
name: small
input: [8, 8, 1]
blocks:
  - conv: {filters: 8, kernel: 3, norm: batch}
    pool: {window: 2}
fc: [{units: 32, dropout: 0.1}, 10]
data: {augment: {rotate: 5}}
train:
  epochs: 3
  batch_size: 50
  optimizer: {type: adamw, learning_rate: 0.02}
  schedule: {type: cosine, warmup: 5%}
  checkpoint: {every_steps: 5, keep: 2}
"""


def session(folder: Path, text: str = SPEC, images: Images | None = None) -> Session:
    plan = check_source(Source("small.yaml", text)).plan
    assert plan is not None
    found = images or read(plan)
    assert isinstance(found, Images)
    folder.mkdir(exist_ok=True)
    return Session(plan, found, RunDirectory(folder), {}, choices(plan, 100, "cpu"))


SGD = SPEC.replace("{type: cosine, warmup: 5%}", "constant").replace("type: adamw", "type: sgd")


class At:
    """A watcher that does something once, after a step."""

    def __init__(self, step: int, do: Any) -> None:
        self.at, self.do = step, do

    def step(self, step: int, total: int, metrics: Any) -> None:
        if step == self.at:
            self.do()

    def epoch(self, row: Any, step: int, total: int) -> None:
        pass

    def warn(self, code: str, message: str, help: str) -> None:
        raise AssertionError(message)


def stop(number: int = signal.SIGTERM) -> None:
    os.kill(os.getpid(), number)


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
    images = read(plan)
    assert isinstance(images, Images)
    pinned = from_names(plan, {"block1.conv1": "patches", "block1.pool": "reduce_window"})
    assert pinned != choices(plan, 50, "cpu")
    other = Session(plan, images, RunDirectory(tmp_path), {}, pinned)
    other.run(None)
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
    assert differences(last, start) == []
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
    found = {difference.path: difference.effect for difference in differences(other, start)}
    assert found["train.optimizer.learning_rate"] == "refused"
    assert found["train.epochs"] == "warned"


def test_steps_compile_once(tmp_path: Path) -> None:
    running = session(tmp_path)
    running.run(None)
    assert running.trainer._step._cache_size() == 1
    assert running.trainer._evaluate._cache_size() <= 2


@pytest.mark.parametrize("step", [1, 2, 38, 75])
def test_a_number_that_is_not_finite_stops_the_run_at_its_step(step: int, tmp_path: Path) -> None:
    running = session(tmp_path, SPEC.replace("every_steps: 5", "every_steps: 1"))
    plain_step = running.network.step

    def poisoned(state: Any, images: jax.Array, labels: jax.Array) -> Any:
        clean = running.network.normalize(state["variables"], images)
        return plain_step(state, jnp.where(state["step"] == step - 1, jnp.nan, clean), labels)

    running.network.step = poisoned  # type: ignore[method-assign]
    with pytest.raises(NotFinite) as failure:
        running.run(None)
    assert failure.value.step == step
    newest, passed_over = RunDirectory(tmp_path).checkpoints().newest()
    assert not passed_over
    assert (newest.step if newest else 0) == step - 1
    assert newest is None or all(np.isfinite(array).all() for array in newest.tensors.values())
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(failure.value.state))


def stopped(folder: Path, text: str, images: Images | None = None) -> tuple[NotFinite, cause.Cause]:
    """How a run ends that comes to a number which is not finite; no file of it holds one."""
    running = session(folder, text, images)
    with pytest.raises(NotFinite) as failure:
        running.run(None)
    newest, passed_over = RunDirectory(folder).checkpoints().newest()
    assert not passed_over
    assert newest is None or newest.step < failure.value.step
    return failure.value, cause.find(running.trainer, failure.value)


@pytest.mark.parametrize(
    ("rate", "norm", "where"),
    [
        (1e30, "none", ("output", "fc1")),
        (1e30, "batch", ("statistics", "block1.conv1")),
        (3e38, "none", ("parameters", "fc2")),
    ],
)
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_first_place_that_is_not_finite_is_named(
    rate: float, norm: str, where: tuple[str, str], precision: str, tmp_path: Path
) -> None:
    text = SGD.replace("0.02", f"{rate}").replace("norm: batch", f"norm: {norm}")
    text = text.replace("every_steps: 5", "every_steps: 1").replace(
        "  epochs: 3", f"  epochs: 3\n  precision: {precision}"
    )
    _, found = stopped(tmp_path, text)
    assert (found.kind, found.layer) == where


def test_images_that_are_not_finite_are_named(tmp_path: Path) -> None:
    plan = check_source(Source("small.yaml", SPEC)).plan
    assert plan is not None
    images = read(plan)
    assert isinstance(images, Images)
    pixels = images.train.images.astype(np.float32)
    pixels[order(len(images.train), 0, 0)[60]] = np.nan
    failure, found = stopped(tmp_path, SPEC, replace(images, train=replace(images.train, images=pixels)))
    assert (failure.step, found.kind, found.layer) == (2, "images", None)


@pytest.mark.parametrize("split", ["validation", "test"])
def test_an_evaluation_that_is_not_finite_ends_the_run(split: str, tmp_path: Path) -> None:
    plan = check_source(Source("small.yaml", SPEC)).plan
    assert plan is not None
    images = read(plan)
    assert isinstance(images, Images)
    part = getattr(images, split)
    pixels = part.images.astype(np.float32)
    pixels[7] = np.inf
    running = session(tmp_path, SPEC, replace(images, **{split: replace(part, images=pixels)}))
    with pytest.raises(NotFinite) as failure:
        running.run(None)
    assert failure.value.split == split
    assert cause.find(running.trainer, failure.value).kind == "images"
    assert not (tmp_path / MODEL).exists()


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


def test_nothing_not_finite_is_saved(tmp_path: Path) -> None:
    running = session(tmp_path)
    state, totals = running.trainer.begin(), running.trainer.no_totals
    checkpoint = running._checkpoint(0, state, totals)
    name = "state/variables/state/block1.conv1/variance"
    checkpoint = replace(checkpoint, tensors={**checkpoint.tensors, name: np.array([1, np.inf], np.float32)})
    with pytest.raises(ValueError, match="variance` holds a number that is not finite"):
        checkpoint.to_bytes()


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
