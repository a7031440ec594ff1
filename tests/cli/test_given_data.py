"""Images that are not where `--data` or a run says: the option is named, not the spec's `path`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.diagnostics.errors import Misuse
from netspec.repair.check import check_source
from netspec.report import page
from netspec.text.source import Source
from netspec.workflows.images import images_of
from tests.cli.run import here
from tests.data import samples

HEAD = "netspec: 1\nname: x\ninput: [4, 4, 1]\nfc: [3]\ntrain: {epochs: 1, batch_size: 20}\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive and a folder of images, and a spec for each."""
    x, y = np.random.default_rng(0).integers(0, 256, (60, 4, 4), np.uint8), np.arange(60) % 3
    np.savez(tmp_path / "set.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    for folder in ("photos/train/a", "photos/test/a"):
        (tmp_path / folder).mkdir(parents=True)
        Image.new("L", (4, 4)).save(tmp_path / folder / "0.png")
    (tmp_path / "npz.yaml").write_text(HEAD + "data: {source: npz, path: set.npz}\n")
    (tmp_path / "images.yaml").write_text(HEAD + "data: {source: images, path: photos}\n")
    (tmp_path / "digits.yaml").write_text("netspec: 1\nname: x\ninput: [8, 8, 1]\nfc: [10]\ndata: {source: digits}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_option_is_named(place: Path) -> None:
    for arguments, says in (
        (("npz.yaml", "--data", "nowhere"), f"help: --data is relative to the working directory, {place}"),
        (("npz.yaml", "--data", "/nowhere/x.npz"), "directory (with `--data /nowhere/x.npz`)\nhelp: name the place"),
        (("npz.yaml", "--data", "photos"), "is a folder; give the path of its `.npz` file (with `--data photos`)"),
        (("npz.yaml", "--data", "photos"), "help: set `source: images` in `data`: --set data.source=images"),
        (("images.yaml", "--data", "set.npz"), "help: set `source: npz` in `data`: --set data.source=npz"),
        (
            ("images.yaml", "--data", "photos"),
            "error[NS513]: `photos/train`: there is 1 class, the network has 3 outputs",
        ),
    ):
        done = here("train", *arguments)
        assert (done.exit_code, says in done.output) == (1, True), done.output
        assert "-->" not in done.output
        assert "relative to the spec" not in done.output
    (place / "sets" / "MNIST" / "raw").mkdir(parents=True)
    samples.good_idx(place / "sets" / "MNIST" / "raw", zipped=False)
    (place / "idx.yaml").write_text(HEAD + "data: {source: idx, path: sets/MNIST}\n")
    done = here("train", "idx.yaml", "--data", "sets")
    assert "help: give the path of its folder `MNIST`" in done.output
    assert "`path`" not in done.output
    done = here("train", "digits.yaml", "--data", "set.npz")
    assert done.exit_code == 2
    assert "`digits` is embedded" in done.output
    assert "--set data.source=npz" in done.output


def test_what_an_option_can_do_is_advised_where_it_can(place: Path) -> None:
    """A run has its source: what evaluates it has no `--set`."""
    plan = check_source(Source("x", (place / "digits.yaml").read_text())).plan
    assert plan is not None
    with pytest.raises(Misuse) as misuse:
        images_of(plan, "set.npz", {}, lambda _: None)
    assert "leave --data out" in str(misuse.value)
    assert "--set" not in str(misuse.value)


@pytest.mark.slow
def test_data_of_a_run_that_have_moved_are_asked_for(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "write", lambda *_: None)
    assert here("train", "npz.yaml", "--output", "run").exit_code == 0
    (place / "set.npz").rename(place / "moved.npz")
    for command in (("evaluate", "run"), ("train", "--resume", "run", "--set", "train.epochs=2")):
        done = here(*command)
        assert done.exit_code == 1
        assert f"error[NS501]: `{place}/set.npz`: No such file" in done.output
        assert "help: name the place where they are now with --data PATH" in done.output
        assert "-->" not in done.output
    done = here("evaluate", "run", "--data", "nowhere")
    assert "(with `--data nowhere`)" in done.output
    assert "safetensors" not in done.output
    assert here("evaluate", "run", "--data", "moved.npz").exit_code == 0
