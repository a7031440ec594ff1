"""`train.from` on the command line: where it is looked for, what is told, and that a run keeps to the file it began from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from netspec.report import page
from netspec.storage import tensors
from tests.cli.run import here

BASE = """\
netspec: 1
name: base
input: [8, 8, 1]
fc: [6, 10]
train: {epochs: 1, batch_size: 200}
"""
TUNED = BASE.replace("200}", "200, from: runs/base, freeze: fc1}").replace("fc: [6,", "fc: [6, 7,")


@pytest.mark.slow
def test_a_run_keeps_to_the_file_that_it_began_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "specs" / "base.yaml").write_text(BASE)
    (tmp_path / "specs" / "tuned.yaml").write_text(TUNED)
    monkeypatch.setattr(page, "write", lambda run, *_: run / page.NAME)
    monkeypatch.chdir(tmp_path)
    assert here("train", "specs/base.yaml", "--output", "specs/runs/base").exit_code == 0
    done = here("train", "specs/tuned.yaml", "--output", "run", "--format", "json")
    assert done.exit_code == 0, done.output
    lines = done.stderr.splitlines()
    assert lines[0] == f"begins from {tmp_path}/specs/runs/base/model.safetensors: 2 of 6 arrays are taken"
    assert lines[1:3] == [
        "  fc2 begins anew: 6x10 in the file, 6x7 here",
        "  fc3 begins anew: not in the file",
    ]
    told = json.loads(done.stdout)
    assert [found["code"] for found in told["diagnostics"]] == ["NS645"]
    assert told["begun"]["taken"] == ["params/fc1/kernel", "params/fc1/bias"]
    assert told["begun"] == json.loads((tmp_path / "run" / "plan.json").read_text())["record"]["begun"]

    first, _ = tensors.load(tmp_path / "run" / "model.safetensors")
    (tmp_path / "run" / "model.safetensors").unlink()  # as if it had been killed before its first checkpoint
    shutil.rmtree(tmp_path / "run" / "checkpoints")
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert here("train", "--resume", "../run").exit_code == 0
    again, _ = tensors.load(tmp_path / "run" / "model.safetensors")
    assert all(first[name].tobytes() == again[name].tobytes() for name in first | again)

    shutil.rmtree(tmp_path / "specs" / "runs")
    done = here("train", "--resume", "../run", "--set", "train.epochs=2")
    assert done.exit_code == 0, done.output
    done = here("train", "--resume", "../run", "--set", "train.epochs=3", "--set", "train.freeze=fc2")
    assert "train.freeze[0]" in done.output
    assert "error[NS606]" in done.output


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("net.onnx", ["is of ONNX", "netspec import net.onnx -o net.yaml --weights net.safetensors`"]),
        ("net.weights", ["is of Darknet", "netspec import net.cfg", "--from-weights net.weights`"]),
        ("net.prototxt", ["is of Caffe", "convert the model to ONNX"]),
        ("net.pth", ["torch.export.save"]),
        ("torch.safetensors", ["error[NS642]", "has the names of PyTorch", "--to safetensors"]),
    ],
)
def test_what_is_of_another_system_is_told_by_its_name(
    name: str, said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = tensors.save_bytes({"fc1.weight": np.zeros((6, 64), np.float32)}, {"names": "torch"})
    Path(name).write_bytes(data if name == "torch.safetensors" else b"0123456789" * 9)
    Path("net-1.yaml").write_text(BASE.replace("200}", f"200, from: {name}}}"))
    done = here("train", "net-1.yaml", "--output", "run")
    told = " ".join(done.output.replace("\n           ", " ").split())
    assert done.exit_code == 1
    assert [words for words in said if words not in told] == []


def test_imported_weights_are_said_to_be_such(tmp_path: Path) -> None:
    file = tmp_path / "net.safetensors"
    file.write_bytes(tensors.save_bytes({}, {"weights": 1, "spec": BASE}))
    done = here("evaluate", str(file))
    assert (done.exit_code, "holds imported weights" in done.output, "train: {from: FILE}" in done.output) == (
        1,
        True,
        True,
    )
