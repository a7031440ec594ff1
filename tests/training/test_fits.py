"""Whether a run fits: what is free, and the largest batch that would."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import jax
import numpy as np
import pytest

from netspec.analysis.memory import TOLERANCE, training_bytes
from netspec.data import Split, free_memory
from netspec.data.splits import Images
from netspec.data.streamed import Streamed
from netspec.training import memory
from netspec.training.loop import Trainer
from netspec.training.memory import available_bytes, data_bytes, shortage
from netspec.training.step import Indivisible, TrainableNetwork, batch_of
from tests.data.fake_rows import FakeRows
from tests.lowering.networks import plan

TEXT = "netspec: 1\nname: t\ninput: [8, 8, 1]\nblocks: [{conv: {filters: 4, kernel: 3}}]\nfc: [10]\n"


def images(rows: int) -> Images:
    split = Split(np.zeros((rows, 8, 8, 1), np.uint8), np.zeros(rows, np.int32))
    return Images(split, split, split, ("a", "b"), "", np.zeros(1), np.ones(1))


def limit(monkeypatch: pytest.MonkeyPatch, size: int | None) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda device: size)


def test_what_fits_is_no_shortage(monkeypatch: pytest.MonkeyPatch) -> None:
    net, data = plan(TEXT), images(1000)
    exact = training_bytes(net, 128) + data_bytes(data)
    for size, missing in ((exact, False), (exact - 1, True), (None, False)):
        limit(monkeypatch, size)
        assert (shortage(net, data) is not None) is missing


@pytest.mark.parametrize("devices", [1, 4])
@pytest.mark.parametrize("wanted", [1, 17, 31])
def test_the_largest_batch_fits_and_one_more_does_not(
    wanted: int, devices: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    net, data = plan(TEXT), images(1000)
    limit(monkeypatch, devices * (training_bytes(net, wanted) + data_bytes(data)))
    found = shortage(net, data, devices)
    assert found is not None
    assert found.largest_batch == wanted * devices
    assert found.needed > found.available


@pytest.mark.parametrize("platform", ["cpu", "gpu"])
def test_it_is_certain_beyond_the_tolerance_on_cpu_alone(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    net, data = plan(TEXT), images(1000)
    monkeypatch.setattr(jax, "devices", lambda: [SimpleNamespace(platform=platform)])
    needed = training_bytes(net, 128, platform) + data_bytes(data)
    within = math.ceil(needed / (1 + TOLERANCE))
    for size, certain in (
        (needed - 1, False),
        (within, False),
        (within - 1, platform == "cpu"),
        (1, platform == "cpu"),
    ):
        limit(monkeypatch, size)
        found = shortage(net, data)
        assert found is not None
        assert found.certain is certain


@pytest.mark.parametrize(("platform", "devices"), [("cpu", 1), ("cpu", 4), ("gpu", 4)])
def test_of_streamed_data_the_batches_under_way_count(
    platform: str, devices: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """64 bytes of pixels and 4 of a label: three batches on each device, three more in the machine's memory."""
    net, data = plan(TEXT), images(1000)
    streamed = Streamed.all(FakeRows(1000, (8, 8, 1)))
    data = replace(data, train=replace(data.train, images=streamed))
    monkeypatch.setattr(jax, "devices", lambda: [SimpleNamespace(platform=platform)])

    def needed(part: int) -> int:
        batch, step = part * devices * (64 + 4), training_bytes(net, part, platform)
        return devices * (step + 3 * batch) + 3 * batch if platform == "cpu" else step + 3 * batch

    limit(monkeypatch, needed(17))
    found = shortage(net, data, devices)
    assert found is not None
    assert (found.needed, found.largest_batch) == (needed(128 // devices), 17 * devices)


def test_data_that_fill_the_device_leave_no_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    data = images(1000)
    limit(monkeypatch, data_bytes(data))
    found = shortage(plan(TEXT), data)
    assert found is not None
    assert found.largest_batch == 0


def test_devices_divide_the_batch_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    net = plan(TEXT)
    train = net.spec.train.value
    assert batch_of(train) == (train.batch_size, train.batch_size)
    assert batch_of(train, 18, 2) == (18, 9)
    limit(monkeypatch, 2**40)
    for refusing in (
        lambda: batch_of(train, 18, 4),
        lambda: shortage(net, images(18), 4),
        lambda: Trainer(TrainableNetwork(net), images(18), 4),
    ):
        with pytest.raises(Indivisible, match="4 devices do not divide a batch of 18"):
            refusing()


def test_a_batch_is_no_larger_than_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    net, data = plan(TEXT + "train: {batch_size: 100000}\n"), images(20)
    limit(monkeypatch, training_bytes(net, 20) + data_bytes(data))
    assert shortage(net, data) is None


def test_this_machine_has_memory_to_give() -> None:
    found = available_bytes(jax.devices("cpu")[0])
    assert found is None or 0 <= found < 1 << 50


def test_a_device_says_what_it_may_allocate() -> None:
    def device(statistics: object) -> SimpleNamespace:
        return SimpleNamespace(platform="gpu", memory_stats=lambda: statistics)

    assert available_bytes(device({"bytes_limit": 100, "bytes_in_use": 30})) == 70
    assert available_bytes(device(None)) is None


@pytest.mark.parametrize(
    ("files", "left"),
    [
        ({"memory.max": "max\n", "memory.current": "5\n", "memory.stat": "inactive_file 3\n"}, []),
        ({"memory.max": "100\n", "memory.current": "60\n", "memory.stat": "anon 9\ninactive_file 3\n"}, [43]),
        ({"memory.max": "100\n", "memory.current": "160\n", "memory.stat": "inactive_file 3\n"}, [0]),
        (
            {
                "memory/memory.limit_in_bytes": "100\n",
                "memory/memory.usage_in_bytes": "60\n",
                "memory/memory.stat": "cache 9\ntotal_inactive_file 3\n",
            },
            [43],
        ),
        ({}, []),
    ],
)
def test_a_control_group_bounds_what_there_is(files: dict[str, str], left: list[int], tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert free_memory._group_bytes(tmp_path) == left
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:    2 kB\n")
    assert free_memory.free_bytes(tmp_path / "meminfo", tmp_path) == min([2048, *left])
    whole = free_memory.free_bytes(tmp_path / "nothing", tmp_path / "nothing")
    assert whole == free_memory._system_bytes(tmp_path / "nothing")
    assert whole is None or whole > 1 << 20
