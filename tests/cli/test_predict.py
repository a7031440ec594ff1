"""`predict` on what a command line can name: files, folders, standard input, and names that are none of these."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.cli import predict
from netspec.workflows import predict as workflow
from netspec.workflows.runs import require_finite
from tests.cli.run import ROOT, here, netspec
from tests.lowering.networks import plan
from tests.training.runs import images_of, session

SPEC = "netspec: 1\nname: t\ninput: [8, 8, 1]\nfc: [10]\ntrain: {epochs: 1, batch_size: 200}\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("predict") / "run"
    session(folder, SPEC, images_of(plan(SPEC)), chosen={}).run(None)
    return folder


def drawn(path: Path, grey: int = 100) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (8, 8), grey).save(path)
    return path


def test_a_folder_is_every_image_below_it(run: Path, tmp_path: Path) -> None:
    for name in ("b/2.png", "b/1.png", "a.png", ".hidden.png", ".git/x.png"):
        drawn(tmp_path / name)
    np.save(tmp_path / "c.npy", np.zeros((2, 8, 8), np.uint8))
    for name in ("labels.csv", "Thumbs.db", "b/notes.txt"):
        (tmp_path / name).write_text("hello")
    done = here("predict", str(run), str(tmp_path), "--format", "json")
    assert done.exit_code == 0
    found = [Path(one["image"]).relative_to(tmp_path) for one in json.loads(done.stdout)["predictions"]]
    assert [str(name) for name in found] == ["a.png", "c.npy[0]", "c.npy[1]", "b/1.png", "b/2.png"]
    assert done.stderr == f"{tmp_path}: labels.csv, notes.txt: no images, passed over\n"


def test_each_file_stands_for_itself(run: Path, tmp_path: Path) -> None:
    """One that is wrong costs no other its answer; those of one fault are told together."""
    good = drawn(tmp_path / "good.png")
    for name in ("x", "y", "z"):
        Image.new("L", (9, 9)).save(tmp_path / f"{name}.png")
    (tmp_path / "cut.png").write_bytes(good.read_bytes()[:50])
    done = here("predict", str(run), str(tmp_path))
    assert done.exit_code == 1
    assert done.stdout.startswith(f"{good}: ")
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr.count("error[NS503]") == done.stderr.count("error[NS508]") == 1
    assert "the same with 2 others" in done.stderr
    done = here("predict", str(run), str(good), str(tmp_path / "missing.png"), str(good))
    assert (done.exit_code, len(done.stdout.splitlines())) == (2, 2)
    (tmp_path / "empty").mkdir()
    done = here("predict", str(run), str(tmp_path / "empty"))
    assert (done.exit_code, done.stdout) == (1, "")
    assert "error[NS510]" in done.stderr


def test_answers_before_one_that_is_not_finite_are_printed(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def require(numbers: object, what: str) -> None:
        if "b.png" in what:
            require_finite(np.inf, what)

    monkeypatch.setattr(workflow, "require_finite", require)
    images = [str(drawn(tmp_path / name)) for name in ("a.png", "b.png")]
    done = here("predict", str(run), *images, "--format", "json")
    assert (done.exit_code, "NS625" in done.stderr) == (1, True)
    assert [one["image"] for one in json.loads(done.stdout)["predictions"]] == images[:1]


def test_standard_input_is_an_image_or_an_array(run: Path, tmp_path: Path) -> None:
    image = drawn(tmp_path / "x.png")
    array = tmp_path / "x.npy"
    np.save(array, np.full((8, 8), 6, np.uint8))
    for path, status in ((image, 0), (array, 0), (Path("/dev/null"), 2)):
        with path.open("rb") as file:
            done = subprocess.run(
                [sys.executable, "-m", "netspec", "predict", str(run), "-"],
                stdin=file, capture_output=True, cwd=ROOT, check=False,
            )  # fmt: skip
        assert done.returncode == status, done.stderr
        assert done.stdout.startswith(b"<stdin>: ") == (status == 0)
        assert b"Traceback" not in done.stderr


def test_more_than_an_image_on_standard_input_is_not_read(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predict, "LARGEST_INPUT", 1000)
    done = here("predict", str(run), "-", stdin=bytes(2000))
    assert done.exit_code == 2
    assert "more than 1,000 bytes" in done.stderr


@pytest.mark.parametrize("name", ["pipe", "pipe.npy", "/dev/zero"])
def test_a_pipe_or_a_device_is_refused_and_not_waited_for(name: str, run: Path, tmp_path: Path) -> None:
    path = tmp_path / name
    if not path.exists():
        os.mkfifo(path)
    done = here("predict", str(run), str(path))
    assert done.exit_code == 1
    assert f"error[NS502]: `{path}`: is not a regular file" in done.stderr
    assert "- for standard input" in done.stderr


def test_an_archive_is_told_from_an_array(run: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", a=np.zeros((8, 8)))
    os.link(tmp_path / "x.npz", tmp_path / "x.npy")
    for name in ("x.npz", "x.npy"):
        done = here("predict", str(run), str(tmp_path / name))
        assert done.exit_code == 1
        assert "is an archive of arrays (npz), not one array" in done.stderr
        assert "help: save one array of images with `numpy.save`" in done.stderr


def test_a_missing_run_is_said_before_standard_input_is_read(tmp_path: Path) -> None:
    assert netspec("predict", str(tmp_path / "none"), "-").returncode == 2
