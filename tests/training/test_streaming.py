"""Training on images that are read while it runs: the bits of training in memory, from any step on, with any number of threads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.data.splits import Images, read
from netspec.data.streamed import VARIABLE
from netspec.diagnostics.errors import DataError
from netspec.runs.record import compare
from netspec.storage.tree import to_host
from netspec.workflows.images import in_use
from tests.lowering.networks import plan
from tests.training.runs import At, session

SPEC = """\
netspec: 1
name: small
input: [8, 8, 3]
fc: [{units: 8, norm: batch, dropout: 0.1}, 3]
data: {source: images, path: PATH, validation: 0.2, augment: {flip: horizontal, crop: 1}, loading: memory}
train:
  epochs: 2
  batch_size: 20
  class_weights: balanced
  optimizer: {type: sgd, learning_rate: 0.02, momentum: 0.9}
  checkpoint: {every_steps: 100, keep: 2}
"""
LONG = pytest.mark.skipif("NETSPEC_LONG" not in os.environ, reason="NETSPEC_LONG is not set: a minute of training")

PEAK = """\
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def write(folder: Path, training: int = 150, test: int = 40, side: int = 8) -> None:
    """PNG and JPEG files of three classes."""
    rng = np.random.default_rng(0)
    for part, count in (("train", training), ("test", test)):
        for number in range(count):
            place = folder / part / ("cat", "dog", "emu")[number % 5 % 3]
            place.mkdir(parents=True, exist_ok=True)
            pixels = rng.integers(0, 256, (side, side, 3), np.uint8)
            Image.fromarray(pixels).save(place / f"{number}.{('png', 'jpg')[number % 2]}")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETSPEC_CACHE", str(tmp_path_factory.mktemp("cache")))


def images(text: str) -> Images:
    found = read(plan(text))
    assert isinstance(found, Images), found
    return found


def test_the_bits_are_those_of_memory_from_any_step_on_with_any_number_of_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "set")
    whole = SPEC.replace("PATH", str(tmp_path / "set"))
    streamed = whole.replace("loading: memory", "loading: stream")
    known, own = (session(tmp_path / name, text, images(text)) for name, text in (("a", whole), ("b", streamed)))
    assert own.images.train.streamed
    assert {(one.path, one.effect) for one in compare(known.record, own.record)} == {("data.loading", "allowed")}
    ends, steps = [], known.total_steps
    for trainer, stops in ((known.trainer, [steps]), (own.trainer, [4, 8, steps])):
        state, totals, step = trainer.begin(), trainer.no_totals, 0
        for threads, stop in enumerate(stops, 1):
            monkeypatch.setenv(VARIABLE, str(threads))
            while step < stop:
                for done in trainer.steps(state, totals, step):
                    step, state, totals, _ = done
                    if step == stop:
                        break
        ends.append(
            (
                trainer,
                to_host({"state": state, "totals": totals}),
                trainer.evaluate(state["variables"], trainer.images.test),
            )
        )
    (_, wanted, tested), (_, found, also) = ends
    assert all(np.array_equal(found[name], wanted[name]) for name in {**found, **wanted})
    assert also.loss == tested.loss
    np.testing.assert_array_equal(also.predictions, tested.predictions)
    assert own.trainer.meter.read > 0
    np.testing.assert_array_equal(own.trainer.batch(3)[0], known.trainer.batch(3)[0])

    # a file that vanishes ends a run, by name, and what was computed is kept, though no checkpoint was due
    lost = [*(tmp_path / "set" / "train" / "cat").iterdir()]
    with pytest.raises(DataError, match=r"NS501.*train/cat/\d+\."), in_use():
        own.run(None, [At(3, lambda: [path.unlink() for path in lost])])
    checkpoint, _ = own.directory.checkpoints().newest()
    assert checkpoint is not None
    assert 3 <= checkpoint.step < 6
    assert int(checkpoint.tensors["state/step"]) == checkpoint.step


@LONG
def test_peak_memory_does_not_follow_the_number_of_images(tmp_path: Path) -> None:
    """Of 27,000 images of 12 kB a sixth would show."""

    def peak(count: int) -> int:
        place = tmp_path / f"images-{count}"
        write(place, 60, 30, 64)
        for first in sorted((place / "train").rglob("*.*")):
            for number in range(count // 60 - 1):
                os.link(first, first.with_name(f"{first.stem}-{number}{first.suffix}"))
        text = SPEC.replace("PATH", place.name).replace("[8, 8, 3]", "[64, 64, 3]").replace("epochs: 2", "epochs: 1")
        (tmp_path / "spec.yaml").write_text(text.replace("loading: memory", "loading: stream"))
        command = [sys.executable, "-m", "netspec", "train", "spec.yaml", "--output", f"run-{count}"]
        done = subprocess.run(
            [sys.executable, "-c", PEAK, *command], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        return 1024 * int(done.stdout.split()[-1])

    small, large = peak(3_000), peak(30_000)
    assert large - small < 27_000 * 64 * 64 * 3 / 6, (small, large)
