"""Training from the command line: a run, its resumption, its use, and what is refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from netspec.storage import tensors
from netspec.training import not_finite
from netspec.workflows.train import ADVICE
from tests.cli.run import ROOT, here, netspec

FASHION = Path("/usr/share/datasets/fashion-mnist")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "digits"
    done = netspec("train", "specs/digits.yaml", "--output", str(folder))
    assert done.returncode == 0, done.stderr
    return folder


def test_every_kind_of_place_has_words_and_advice() -> None:
    assert set(get_args(not_finite.Kind)) == not_finite.WORDS.keys() == ADVICE.keys()
    assert all(ADVICE.values())
    assert str(not_finite.Origin("output", "fc1", 0.1)) == "the output of `fc1`"
    assert not_finite.Origin("images", None, 0.1).fact == "the images are not finite"
    assert not_finite.Origin("statistics", "conv1", 0.1).fact == "the running statistics of `conv1` are not finite"


def test_digits_reach_their_target(run: Path) -> None:
    found = json.loads(netspec("evaluate", str(run), "--format", "json").stdout)
    assert found["accuracy"] >= 0.97
    assert len(found["classes"]) == len(found["confusion"]) == 10
    assert sum(map(sum, found["confusion"])) == 360
    names = {path.name for path in run.iterdir()}
    assert {"spec.yaml", "plan.json", "metrics.jsonl", "checkpoints", "model.safetensors", "report.html"} <= names
    assert list((run / "tensorboard").iterdir())
    assert len((run / "metrics.jsonl").read_text().splitlines()) == 40


def test_images_and_arrays_are_predicted(run: Path, tmp_path: Path) -> None:
    from PIL import Image

    digits = np.load(ROOT / "netspec/data/digits.npz")
    pixels = next(digits[name] for name in digits.files if digits[name].ndim >= 3)[:5].reshape(5, 8, 8).astype(np.uint8)
    np.save(tmp_path / "five.npy", pixels)
    Image.fromarray(np.minimum(pixels[0].astype(int) * 16, 255).astype(np.uint8)).save(tmp_path / "one.png")
    done = netspec("predict", str(run), str(tmp_path / "five.npy"), str(tmp_path / "one.png"), "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["predictions"]
    assert len(found) == 6
    assert found[0]["class"] == found[5]["class"]
    assert all(abs(sum(one["probabilities"].values()) - 1) < 1e-5 for one in found)
    np.save(tmp_path / "wrong.npy", np.zeros((3, 9, 9), np.uint8))
    for name, status in (("wrong.npy", 1), ("missing.png", 2), ("missing.npy", 2)):
        done = netspec("predict", str(run), str(tmp_path / name))
        assert done.returncode == status, done.stderr
        assert "Traceback" not in done.stderr


def test_what_makes_an_image_fit_is_said(run: Path, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("L", (9, 9)).save(tmp_path / "big.png")
    np.save(tmp_path / "first.npy", np.zeros((2, 1, 8, 8), np.uint8))
    for name, help in (
        ("big.png", "add --resize, or give"),
        ("first.npy", "channels last: `numpy.moveaxis(x, 1, -1)`"),
    ):
        done = here("predict", str(run), str(tmp_path / name))
        assert done.exit_code == 1
        assert help in done.output
    assert here("predict", str(run), str(tmp_path / "big.png"), "--resize").exit_code == 0


DIGIT = np.eye(8) * 16
PIXELS = {
    "as trained": (DIGIT, None),
    "bytes": (DIGIT.astype(np.uint8), None),
    "black": (0 * DIGIT, None),
    "divided": (DIGIT / 16, "0 to 1; those of the training data deviate from 4.89 by 6.02"),
    "of another white": (np.stack([DIGIT, DIGIT * 15]), "0 to 240; the training data have 0 to 16"),
    "centred": (DIGIT - 8, "-8 to 8; the training data have 0 to 16"),
}


@pytest.mark.parametrize("name", PIXELS)
def test_numbers_on_another_scale_are_told(name: str, run: Path, tmp_path: Path) -> None:
    array, words = PIXELS[name]
    np.save(tmp_path / "a.npy", array)
    done = here("predict", str(run), str(tmp_path / "a.npy"))
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == (2 if array.ndim == 3 else 1)
    assert done.stderr.startswith(f"warning[NS517]: `{tmp_path}/a.npy` has values from {words}" if words else "")
    assert bool(done.stderr) == bool(words)


@pytest.mark.parametrize("bad", [np.nan, -np.inf, 1e300])
def test_numbers_that_are_not_finite_are_refused(bad: float, run: Path, tmp_path: Path) -> None:
    stack = np.stack([DIGIT] * 5)
    stack[3, 2, 1] = bad
    np.save(tmp_path / "five.npy", stack)
    np.save(tmp_path / "one.npy", stack[3])
    for name, found in (("five.npy", "five.npy[3]"), ("one.npy", "one.npy")):
        done = here("predict", str(run), str(tmp_path / name))
        assert (done.exit_code, done.stdout) == (1, "")
        assert f"error[NS509]: `{tmp_path}/{found}` has a pixel that is not finite" in done.stderr
    np.save(tmp_path / "none.npy", stack[:0])
    assert "error[NS510]" in here("predict", str(run), str(tmp_path / "none.npy")).stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_goes_on_to_the_same_bits(number: signal.Signals, run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    process = subprocess.Popen(
        [sys.executable, "-m", "netspec", "train", "specs/digits.yaml", "--output", str(folder)],
        cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    with process:
        assert process.stderr is not None
        next(line for line in process.stderr if line.startswith("epoch  3/"))
        process.send_signal(number)
        rest = process.stderr.read()
    assert process.returncode == 128 + number, rest
    assert "--resume" in rest
    done = netspec("train", "--resume", str(folder))
    assert done.returncode == 0, done.stderr
    first, second = (tensors.load(one / "model.safetensors")[0] for one in (run, folder))
    assert {name: array.tobytes() for name, array in first.items()} == {
        name: array.tobytes() for name, array in second.items()
    }


def test_another_spec_is_refused_on_resume(run: Path) -> None:
    done = netspec("train", "--resume", str(run), "--set", "train.optimizer.learning_rate=0.5")
    assert done.returncode == 1
    assert "NS606" in done.stderr
    assert "train.optimizer.learning_rate" in done.stderr


def test_what_is_refused_before_the_first_step(run: Path, tmp_path: Path) -> None:
    for arguments, status, code in (
        (["specs/digits.yaml", "--output", str(run)], 2, "NS603"),
        (["--resume", str(tmp_path)], 2, ""),
        (["specs/digits.yaml", "--set", "train.epochs=0"], 1, "NS102"),
        (["specs/digits.yaml", "--devices", "7", "--output", str(tmp_path / "x")], 3, "NS612"),
        (["specs/lenet5-fashion.yaml", "--data", str(tmp_path), "--output", str(tmp_path / "y")], 1, "NS5"),
        ([], 2, ""),
    ):
        done = netspec("train", *arguments)
        assert done.returncode == status, (arguments, done.stderr)
        assert code in done.stderr
        assert "Traceback" not in done.stderr


def test_two_runs_in_one_directory(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    command = [sys.executable, "-m", "netspec", "train", "specs/digits.yaml", "--set", "train.epochs=2000"]
    process = subprocess.Popen(
        [*command, "--output", str(folder)],
        cwd=ROOT, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        while not (folder / "metrics.jsonl").exists():
            assert process.poll() is None
            time.sleep(0.1)
        done = netspec("train", "--resume", str(folder))
        assert done.returncode == 2
        assert "NS601" in done.stderr
    finally:
        process.kill()
        process.wait()


def test_a_damaged_model_is_refused(run: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    data = bytearray((copy / "model.safetensors").read_bytes())
    data[-100] ^= 4
    (copy / "model.safetensors").write_bytes(data)
    done = netspec("evaluate", str(copy))
    assert done.returncode == 1
    assert "NS605" in done.stderr


def test_two_devices_learn_what_one_learns(tmp_path: Path) -> None:
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    plain = ("--set", "train.epochs=2", "--set", "train.target.at_least=0", "--set", "train.optimizer=sgd")
    for name, devices in (("one", "1"), ("two", "2")):
        done = netspec(
            "train", "specs/digits.yaml", *plain, "--output", str(tmp_path / name), "--devices", devices, **flags
        )
        assert done.returncode == 0, done.stderr
    rows = [json.loads((tmp_path / name / "metrics.jsonl").read_text().splitlines()[-1]) for name in ("one", "two")]
    assert rows[0]["loss"] == pytest.approx(rows[1]["loss"], rel=1e-4)


@pytest.mark.slow
@pytest.mark.skipif(not FASHION.is_dir(), reason="Debian's dataset-fashion-mnist is not installed")
def test_fashion_mnist_reaches_its_target(tmp_path: Path) -> None:
    done = netspec("train", "specs/lenet5-fashion.yaml", "--output", str(tmp_path / "run"))
    assert done.returncode == 0, done.stderr
    assert "test accuracy" in done.stdout


def test_algorithms_are_pinned_and_a_resumed_run_keeps_them(tmp_path: Path) -> None:
    pinned, folder = tmp_path / "choices.json", tmp_path / "run"
    own = {"output": "patches", "input_gradient": "direct", "weight_gradient": "direct"}
    pinned.write_text(json.dumps({"choices": {"block2.conv2": own}}))
    short = ("--set", "train.target.at_least=0", "--set", "train.schedule=constant")
    arguments = ("specs/digits.yaml", *short, "--set", "train.epochs=1", "--output", str(folder))
    done = netspec("train", *arguments, "--choices", str(pinned))
    assert done.returncode == 0, done.stderr
    assert json.loads((folder / "plan.json").read_text())["record"]["choices"] == {"block2.conv2": own}
    done = netspec("train", "specs/digits.yaml", *short, "--set", "train.epochs=2", "--resume", str(folder))
    assert done.returncode == 0, done.stderr
    assert "NS607" not in done.stderr
    _, facts = tensors.load(max((folder / "checkpoints").glob("*.safetensors")))
    assert facts["record"]["choices"] == {"block2.conv2": own}


def test_algorithms_that_cannot_be_had(run: Path, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text('{"choices": {"conv9": "direct"}}')
    (tmp_path / "none.json").write_text("[1, 2]")
    (tmp_path / "text.json").write_text("banded")
    for name, status, words in (
        ("other.json", 1, "`conv9` is no layer"),
        ("none.json", 1, "holds no choices"),
        ("text.json", 1, "is not JSON"),
        ("missing.json", 2, "No such file"),
    ):
        done = netspec("train", "specs/digits.yaml", "--output", str(tmp_path / "x"), "--choices", str(tmp_path / name))
        assert done.returncode == status, done.stderr
        assert "NS615" in done.stderr
        assert words in done.stderr
    for option in (("--tune", "auto"), ("--choices", str(run))):
        assert netspec("train", "--resume", str(run), *option).returncode == 2
