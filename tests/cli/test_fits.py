"""A network that does not fit is told before it is compiled, with the batch size that would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.run import ROOT, netspec

WIDE = """\
netspec: 1
name: wide
input: [8, 8, 1]
blocks:
  - conv: {filters: 1000000, kernel: 1}
    pool: {type: average, window: all}
fc: [10]
train: {batch_size: 1024}
"""


def test_a_batch_that_does_not_fit_is_told_with_one_that_does(tmp_path: Path) -> None:
    """An image takes 768 MB of activations and gradients, 1,024 of them three quarters of a terabyte."""
    (tmp_path / "wide.yaml").write_text(WIDE)
    done = netspec("train", "wide.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert "error[NS614]" in done.stderr
    assert "wide.yaml:8:21" in done.stderr
    smaller = re.search(r"--set train\.batch_size=(\d+)", done.stderr)
    assert smaller is not None
    assert 0 < int(smaller[1]) < 1024
    assert not (tmp_path / "runs").exists()


TIGHT = """
import os
from netspec.__main__ import start
from netspec.training import memory

memory.available_bytes = lambda device: 1_000_000_000
memory.training_bytes = lambda plan, part, platform: int(1_000_000_000 * float(os.environ["TIMES"]) * part / 64)
start()
"""


@pytest.mark.slow
@pytest.mark.parametrize(("times", "severity", "status"), [("1.1", "warning", 0), ("1.3", "error", 1)])
def test_a_run_within_the_tolerance_is_warned_and_goes_on(
    times: str, severity: str, status: int, tmp_path: Path
) -> None:
    short = ["--set", "train.epochs=1", "--set", "train.target.at_least=0.01", "--set", "train.batch_size=64"]
    done = subprocess.run(
        [sys.executable, "-c", TIGHT, "train", "specs/digits.yaml", *short, "--tune", "off", "--output", str(tmp_path / "run")],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT), "TIMES": times}, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == status, done.stderr
    assert f"{severity}[NS614]" in done.stderr
    assert "largest batch that should fit: --set train.batch_size=" in done.stderr
    assert (tmp_path / "run" / "model.safetensors").exists() is (status == 0)


def test_a_network_that_never_fits_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "deep.yaml").write_text(
        "netspec: 1\nname: deep\ninput: [8, 8, 1]\nfc: [{units: 1000000, repeat: 2}, 10]\n"
    )
    done = netspec("train", "deep.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert "error[NS614]" in done.stderr
    assert "not even one image" in done.stderr
