"""A run that begins from weights, with frozen layers and rates by layer: it stops and goes on as if it had never stopped."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from netspec.runs.beginning import Beginning, fit
from netspec.runs.directory import MODEL, PLAN, RunDirectory
from netspec.runs.weights import read
from netspec.storage import tensors
from netspec.storage.tree import to_host
from netspec.training.session import Begun, Session
from netspec.training.step import TrainableNetwork
from tests.lowering.networks import plan, variables
from tests.training.runs import At, images_of, stop

SPEC = """\
netspec: 1
name: begun
input: [8, 8, 1]
fc: [{units: 12, norm: batch}, {units: 8, norm: batch}, 10]
train:
  epochs: 3
  batch_size: 100
  from: weights.safetensors
  freeze: [fc1]
  optimizer: {type: adamw, learning_rate: 0.02, rate_factors: {fc2: 0.1}}
"""


@pytest.fixture(scope="module")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Beginning:
    """Drawn arrays, but for the last layer's, which the file does not have."""
    file = tmp_path_factory.mktemp("weights") / "weights.safetensors"
    arrays = to_host(variables(TrainableNetwork(plan(SPEC)), 7))
    file.write_bytes(tensors.save_bytes({name: array for name, array in arrays.items() if "/fc3/" not in name}, {}))
    return fit(plan(SPEC), read(file))


def session(folder: Path, begun: Begun) -> Session:
    planned = plan(SPEC)
    folder.mkdir(exist_ok=True)
    return Session(planned, images_of(planned), RunDirectory(folder), {}, {}, begun=begun)


def test_it_goes_on_in_the_same_bits_without_the_file(beginning: Beginning, tmp_path: Path) -> None:
    begun = Begun(beginning.as_json(), beginning.taken)
    whole = session(tmp_path / "whole", begun)
    first = to_host(whole.trainer.begin(begun.arrays)["variables"])
    assert all(first[name].tobytes() == array.tobytes() for name, array in beginning.taken.items())
    assert len(beginning.taken) == 10
    drawn = to_host(TrainableNetwork(plan(SPEC)).init())
    assert first["params/fc3/kernel"].tobytes() == drawn["params/fc3/kernel"].tobytes()
    np.testing.assert_array_equal(first["state/input/mean"], whole.images.mean)

    whole.run(None)
    session(tmp_path / "run", begun).run(None, [At(14, stop)])
    start, _ = RunDirectory(tmp_path / "run").checkpoints().newest()
    assert start is not None
    assert start.step == 14
    assert not any("fc1" in name for name in start.tensors if "optimizer" in name)
    session(tmp_path / "run", Begun(start.record["begun"])).run(start)

    ends = [tensors.load(tmp_path / run / MODEL) for run in ("whole", "run")]
    assert all(ends[0][0][name].tobytes() == ends[1][0][name].tobytes() for name in ends[0][0] | ends[1][0])
    still = {name for name, array in ends[0][0].items() if array.tobytes() == first[name].tobytes()}
    assert {name for name in still if "input" not in name} == {name for name in first if "/fc1/" in name}
    for place in (ends[1][1]["record"], json.loads((tmp_path / "run" / PLAN).read_text())["record"]):
        assert place["begun"] == beginning.as_json()
