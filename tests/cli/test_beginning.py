"""`train.from` on the command line: where it is looked for, what is told, and that a run keeps to the file it began from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

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
