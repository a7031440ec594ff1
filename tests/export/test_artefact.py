"""What `netspec compile` writes: it runs without netspec, for any batch size, and notices every altered byte."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import netspec
from netspec.export.artefact import Occupied, write
from netspec.export.load import Corrupt, verify
from netspec.training.step import TrainableNetwork
from netspec.training.tree import to_host

SPEC = """\
netspec: 1
name: exported
input: [8, 8, 1]
defaults: {conv: {norm: batch, padding: same}}
blocks:
  - conv: [{filters: 4, kernel: 3}, {filters: 4, kernel: 3, groups: depthwise, dropout: 0.2}, {filters: 8, kernel: 1}]
    pool: {window: 3, stride: 2, padding: same}
  - conv: {filters: 8, kernel: 3}
    pool: {type: average, window: all}
fc: [10]
data: {augment: {flip: horizontal, crop: 1, cutout: 2, rotate: 5}}
train: {batch_size: 16, schedule: {type: cosine, warmup: 5%}, gradient_clip: 1.0}
"""

ALONE = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("netspec", "optax", "yaml"):
            raise ImportError(name)
sys.meta_path.insert(0, Refuse())
sys.path.insert(0, sys.argv[1])
import numpy as np
from load import load
network = load()
rng = np.random.default_rng(0)
out = {}
for batch in (3, 7):
    images = rng.integers(0, 17, (batch, 8, 8, 1)).astype(np.uint8)
    out[f"predict{batch}"] = np.asarray(network.predict(network.variables, images))
state = network.state
for batch in (5, 5, 2):
    images = rng.integers(0, 17, (batch, 8, 8, 1)).astype(np.uint8)
    state, metrics = network.train_step(state, images, (np.arange(batch) % 10).astype(np.int32))
out |= {f"state/{name}": np.asarray(array) for name, array in state.items()}
np.savez(sys.argv[2], **out)
"""


@pytest.fixture(scope="module")
def artefact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compiled") / "exported"
    (folder.parent / "spec.yaml").write_text(SPEC)
    plan = netspec.check(folder.parent / "spec.yaml").plan
    assert plan is not None
    write(plan, folder)
    return folder


def test_it_runs_alone_and_computes_the_same(artefact: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-c", ALONE, str(artefact), str(tmp_path / "out.npz")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = np.load(tmp_path / "out.npz")

    plan = netspec.check(artefact / "spec.yaml").plan
    assert plan is not None
    net = TrainableNetwork(plan)
    rng = np.random.default_rng(0)
    variables = net.init()
    for batch in (3, 7):
        images = rng.integers(0, 17, (batch, 8, 8, 1)).astype(np.uint8)
        np.testing.assert_allclose(found[f"predict{batch}"], net.predict(variables, images), rtol=1e-5, atol=1e-6)
    state = net.init_training()
    for batch in (5, 5, 2):
        images = rng.integers(0, 17, (batch, 8, 8, 1)).astype(np.uint8)
        state, _ = net.train_step(state, images, (np.arange(batch) % 10).astype(np.int32))
    for name, wanted in to_host(state).items():
        np.testing.assert_allclose(found[f"state/{name}"], wanted, rtol=1e-4, atol=1e-5, err_msg=name)


def test_it_is_lowered_for_every_platform(artefact: Path) -> None:
    from jax import export

    for name in ("predict.stablehlo", "train_step.stablehlo"):
        assert export.deserialize(bytearray((artefact / name).read_bytes())).platforms == ("cpu", "cuda", "tpu")
    assert json.loads((artefact / "plan.json").read_text())["name"] == "exported"


def test_the_cost_report_has_both_sides(artefact: Path) -> None:
    cost = json.loads((artefact / "cost.json").read_text())
    assert cost["batch_size"] == 16
    # XLA counts no multiply-adds on padding, and counts norms and activations.
    assert 0.5 < cost["predict"]["flops"] / cost["netspec"]["predict_flops"] < 2
    assert cost["train_step"]["flops"] > 2 * cost["predict"]["flops"]
    assert all(cost[part]["total_bytes"] > 0 for part in ("predict", "train_step"))


def test_every_altered_byte_is_noticed(artefact: Path) -> None:
    verify(artefact)
    rng = np.random.default_rng(0)
    for path in sorted(path for path in artefact.iterdir() if path.is_file()):
        whole = path.read_bytes()
        for place in {0, len(whole) - 1, *rng.integers(0, len(whole), 6).tolist()}:
            spoiled = bytearray(whole)
            spoiled[place] ^= 1 << int(rng.integers(8))
            path.write_bytes(spoiled)
            with pytest.raises((Corrupt, ValueError)):
                verify(artefact)
        for text in (whole[:-1], whole + b"x", b""):
            path.write_bytes(text)
            with pytest.raises(Corrupt):
                verify(artefact)
        path.unlink()
        with pytest.raises(Corrupt):
            verify(artefact)
        path.write_bytes(whole)
    verify(artefact)


def test_only_an_artefact_is_replaced(artefact: Path, tmp_path: Path) -> None:
    plan = netspec.check(artefact / "spec.yaml").plan
    assert plan is not None
    (tmp_path / "mine").mkdir()
    with pytest.raises(Occupied):
        write(plan, tmp_path / "mine", ("cpu",))
    write(plan, tmp_path / "one", ("cpu",))
    before = (tmp_path / "one" / "manifest.json").read_bytes()
    write(plan, tmp_path / "one", ("cpu", "cuda"))
    assert (tmp_path / "one" / "manifest.json").read_bytes() != before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "one"]
