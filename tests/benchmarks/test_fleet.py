"""The worker processes, with netspec's own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import compare, networks, table
from benchmarks.compare import Cell
from benchmarks.fleet import Failed, Worker

SMALL = """\
netspec: 1
name: small
input: [9, 8, 3]
data: {source: npz, path: none.npz}
blocks:
  - conv:
      - {filters: 6, kernel: 3, padding: same, stride: 2, norm: batch, dropout: 0.5}
      - {filters: 6, kernel: 3, groups: depthwise}
    pool: {window: 2, padding: same}
fc: [7, 5]
train: {optimizer: lion, schedule: cosine, gradient_clip: 1.0}
"""
SGD = {"type": "sgd", "learning_rate": 0.05, "momentum": 0.9}


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return str(path)


@pytest.fixture
def worker() -> Iterator[Worker]:
    started = Worker("netspec", sys.executable)
    yield started
    started.end()


def state(worker: Worker) -> str:
    """The kernel's letter for what a process does."""
    return Path(f"/proc/{worker.process}/stat").read_text().rsplit(")", 1)[1].split()[0]


def test_dropout_schedule_and_clipping_are_off(spec: str) -> None:
    plan = networks.read(spec, 3, SGD)
    train = plan.spec.train.value
    assert (train.batch_size, train.optimizer.type, train.schedule.type) == (3, "sgd", "constant")
    assert train.gradient_clip is None
    assert not any(getattr(layer.settings, "dropout", None) for layer in plan.layers)


@pytest.mark.slow
def test_a_worker_answers_and_is_stopped_in_between(spec: str, worker: Worker) -> None:
    assert worker.variants == ("chosen",)
    assert state(worker) == "T"
    request = {"spec": spec, "batch": 4, "optimizer": SGD, "variant": "chosen"}
    found = worker.ask("open", name="n", task="training", **request)
    assert found == {"parameters": networks.read(spec, 4, SGD).parameters}
    losses = worker.ask("losses", name="n", steps=8)["values"]
    assert losses[-1] < losses[0]
    assert worker.ask("time", name="n", task="training", steps=2)["seconds"] > 0
    assert state(worker) == "T"


@pytest.mark.slow
def test_a_cell_is_measured_and_checked(spec: str, worker: Worker) -> None:
    cell = Cell("small", 4, "inference")
    compare.steps({"netspec": worker}, cell, {"spec": spec, "batch": 4, "optimizer": SGD}, 2, 0.001)
    assert len(cell.seconds["netspec"]["chosen"]) == 2
    assert cell.apart == {"netspec": 0.0}


@pytest.mark.slow
def test_a_worker_that_fails_is_an_error(worker: Worker) -> None:
    with pytest.raises(Failed, match="netspec: it ended"):
        worker.ask("losses", name="never opened", steps=1)
    with pytest.raises(ProcessLookupError):
        os.kill(worker.process, 0)


def test_what_differs_is_an_error(spec: str) -> None:
    class Other:
        variants = ("v",)

        def __init__(self, value: float, parameters: int = 7) -> None:
            self.value, self.parameters = value, parameters

        def ask(self, do: str, **request: object) -> dict[str, object]:
            return {"parameters": self.parameters} if do == "open" else {"values": [1.0, self.value]}

    def run(other: Other) -> None:
        workers = {"netspec": Other(1.0), "pytorch": other}
        compare.steps(workers, Cell("n", 1, "training"), {"spec": spec}, 0, 1.0)  # type: ignore[arg-type]

    with pytest.raises(compare.Different, match=r"pytorch/v is 2\.0e-03 from netspec"):
        run(Other(1.002))
    with pytest.raises(compare.Different, match="parameters"):
        run(Other(1.0, parameters=8))


class Reader:
    """A worker that reads the data, or has a reason not to."""

    variants = ("v",)

    def __init__(self, reason: str | None = None) -> None:
        self.reason, self.epochs = reason, [3, None, None]

    def ask(self, do: str, **request: object) -> dict[str, object]:
        if do != "epoch":
            return {"parameters": 7} if do == "open" else {"values": [1.0]}
        if self.reason is not None:
            return {"unsupported": self.reason}
        assert request["steps"] == self.epochs.pop(0)
        return {"seconds": 0.5, "loss": 1.0}


def test_who_cannot_read_the_data_is_left_out_with_the_reason() -> None:
    missing = "there is no `t10k-labels`"
    for workers, timed in (
        ({"netspec": Reader(), "keras": Reader(missing)}, {"netspec": {"v": [0.5, 0.5]}}),
        ({"netspec": Reader(missing), "keras": Reader(missing)}, {}),
    ):
        cell = Cell("n", 1, "epoch")
        compare.epochs(workers, cell, {"spec": "s"}, 2, None)  # type: ignore[arg-type]
        assert cell.seconds == timed
        assert cell.left_out["keras"] == missing
        assert cell.as_json()["ratios"] == {}
        row = list(table.rows([cell], "epoch"))[-1].split()
        assert row == ["n", "1", "500" if timed else "-", "-", "-", "-"]
        assert f"n: keras is left out: {missing}" in table.notes([cell])


@pytest.mark.slow
@pytest.mark.parametrize(
    "optimizer",
    [SGD | {"nesterov": True, "weight_decay": 1e-2}, {"type": "adam"}, {"type": "adamw", "weight_decay": 0.1}],
    ids=lambda optimizer: optimizer["type"],
)
def test_pytorch_learns_the_same(spec: str, optimizer: dict[str, Any]) -> None:
    """The losses of some steps, in both memory formats: the builder, the weights and the optimizer."""
    pytest.importorskip("torch")
    from benchmarks.peers import netspec_jax, pytorch
    from benchmarks.worker import initial

    plan = networks.read(spec, 6, optimizer)
    images, labels = networks.examples(plan, 6)
    wanted = netspec_jax.Network(plan, "chosen", initial(plan), images, labels, True).train(5)
    for variant in pytorch.VARIANTS:
        net = pytorch.Network(plan, variant, initial(plan), images, labels, True)
        assert net.parameters == plan.parameters
        np.testing.assert_allclose(net.train(5), wanted, rtol=1e-4)
