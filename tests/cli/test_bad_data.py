"""Bad data through `netspec train`: named errors, no traceback, no trained step, bounded memory.

The corpus runs in this process; `NETSPEC_FAULTS=full` gives each spoiled set a process of its own. The bombs always have
one, whose memory is measured.
"""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.cli.run import ROOT, here
from tests.cli.run import netspec as process
from tests.data import samples
from tests.storage.faults import FULL

MOST_MEGABYTES = 135
"""Beyond what JAX itself takes: 165 MB in version 0.10, 225 in 0.12."""
LARGEST_IMAGE_MEGABYTES = 185
"""With an image of as many pixels as are read: 134 MB are its own."""


def spec_of(folder: Path, source: str, outputs: int | None = None, more: str = "", **data: object) -> Path:
    """A spec beside the set, which is called `set` or `set.npz`."""
    shape, outputs = samples.SHAPES[source], outputs or samples.OUTPUTS[source]
    path = "set.npz" if source == "npz" else "set"
    keys = "".join(f", {key}: {value}" for key, value in data.items())
    text = f"netspec: 1\nname: bad\ninput: {list(shape)}\nfc: [{outputs}]\ndata: {{source: {source}, path: {path}{keys}}}\n{more}"
    (folder / "bad.yaml").write_text(text)
    return folder / path


def trained(folder: Path) -> tuple[int, str]:
    """Exit status and messages of `netspec train bad.yaml` in the folder."""
    if FULL:
        done = process("train", "bad.yaml", cwd=folder)
        return done.returncode, done.stderr
    before = Path.cwd()
    os.chdir(folder)
    try:
        result = here("train", "bad.yaml")
    finally:
        os.chdir(before)
    return result.exit_code, result.stderr


@pytest.mark.faults
@pytest.mark.parametrize("breakage", samples.BREAKAGES, ids=lambda breakage: breakage.name)
def test_a_spoiled_set_ends_in_a_named_error(breakage: samples.Breakage, tmp_path: Path) -> None:
    one = breakage.name == "images-one-class"
    # the softmax of one number is always 1, which is refused before any data are read
    given = {"outputs": 1, "more": "train: {loss: mean_squared_error}\n"} if one else {}
    breakage.write(spec_of(tmp_path, breakage.source, **given))
    status, said = trained(tmp_path)
    assert status == 1, said
    assert f"error[{breakage.code}]" in said
    assert "bad.yaml:5:" in said
    assert "Traceback" not in said
    assert "this is a bug" not in said
    assert not (tmp_path / "runs").exists()
    assert not (tmp_path / "was-run").exists()


def test_many_files_are_all_named(tmp_path: Path) -> None:
    """15 damaged images in one run: each is named, those of one fault together."""
    where = spec_of(tmp_path, "images")
    samples.good_images(where)
    kinds = {"html": samples.HTML, "empty": b"", "short": (where / "train/cat/0.png").read_bytes()[:60]}
    names = [f"{kind}{number}.png" for kind in kinds for number in range(5)]
    for name in names:
        (where / "train" / "dog" / name).write_bytes(kinds[name[:-5]])
    status, said = trained(tmp_path)
    assert status == 1
    words = "".join(said.split())
    assert all(f"train/dog/{name}`" in words for name in names)
    assert said.count("error[NS50") == len(kinds)


def zeros_after_idx(where: Path) -> None:
    """200 MB of zeros after the last image, 200 kB on the disk."""
    samples.good_idx(where)
    honest = samples.idx_bytes(samples.pixels(samples.ROWS, 8, 8))
    (where / samples.XI).write_bytes(gzip.compress(honest + bytes(200_000_000), 1))


def zeros_in_npz(where: Path) -> None:
    """Images of 200 MB whose header is honest, for 40 labels."""
    held = samples.arrays() | {"x_train": np.zeros((3_200_000, 8, 8), np.uint8)}
    np.savez_compressed(where, **held)


def crowded_npz(where: Path) -> None:
    """300,000 empty entries besides the arrays."""
    samples.good_npz(where)
    with zipfile.ZipFile(where, "a") as archive:
        for number in range(300_000):
            archive.writestr(zipfile.ZipInfo(str(number)), b"")


def claims_npz(where: Path) -> None:
    next(b for b in samples.BREAKAGES if b.name == "npz-claims-745-gib").write(where)


def marks_in_pickle(where: Path) -> None:
    """60 million instructions that each leave a value on the stack."""
    samples.good_cifar_python(where)
    (where / "data_batch_1").write_bytes(b"\x80\x02" + b"(" * 60_000_000 + b".")


def sparse_batch(where: Path) -> None:
    """A batch of a terabyte that takes no room on the disk."""
    samples.good_cifar_binary(where)
    os.truncate(where / "data_batch_1.bin", 1 << 40)


def image_with(content: bytes) -> Callable[[Path], None]:
    def write(where: Path) -> None:
        samples.good_images(where)
        (where / "train/cat/bomb.png").write_bytes(content)

    return write


def flat(mode: str, width: int, height: int, **options: Any) -> Callable[[Path], None]:
    """An image of one colour, and another file that is no image: what fits is decoded, but nothing is trained."""

    def write(where: Path) -> None:
        samples.good_images(where)
        Image.new(mode, (width, height)).save(where / "train/cat/bomb.png", **options)
        (where / "train/cat/note.png").write_bytes(b"a note, no picture")

    return write


BOMBS: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "gzip of zeros": ("idx", zeros_after_idx, "NS503"),
    "npz of zeros": ("npz", zeros_in_npz, "NS506"),
    "npz that claims 745 GiB": ("npz", claims_npz, "NS503"),
    "npz of 300,000 entries": ("npz", crowded_npz, "NS504"),
    "pickle of marks": ("cifar-10", marks_in_pickle, "NS504"),
    "sparse batch": ("cifar-10", sparse_batch, "NS504"),
    "14,000 by 14,000 PNG": ("images", image_with(samples.png_of(14_000, 14_000)), "NS504"),
    "5,500 by 5,500 of one colour": ("images", flat("RGBA", 5_500, 5_500), "NS504"),
    "the largest of one colour": ("images", flat("RGBA", 2_896, 2_896), "NS502"),
    "the largest": ("images", flat("RGBA", 5_792, 5_792, compress_level=0), "NS502"),
    "the widest": ("images", flat("LA", 1 << 22, 8, compress_level=0), "NS502"),
    "256 MB of metadata": ("images", image_with(samples.png_of(8, 8, text_bytes=1 << 28)), "NS503"),
}
LARGEST = ("the largest", "the widest")

CHILD = """
import sys
import jax, numpy, optax, PIL.Image
from netspec.cli.main import main
def peak(when):
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    print(when, status["VmHWM"], file=sys.stderr)
jax.devices()
peak("before")
try:
    main()
finally:
    peak("after")
"""


@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from Linux's /proc")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_little_memory(name: str, tmp_path: Path) -> None:
    source, write, code = BOMBS[name]
    given: dict[str, Any] = {"resize": "true"} if source == "images" else {}
    write(spec_of(tmp_path, source, **given))
    done = subprocess.run(
        [sys.executable, "-c", CHILD, "train", "bad.yaml"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert f"error[{code}]" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "runs").exists()
    before, after = (int(kilobytes) for kilobytes in re.findall(r"(?:before|after)\s+(\d+) kB", done.stderr))
    assert (after - before) / 1000 < (LARGEST_IMAGE_MEGABYTES if name in LARGEST else MOST_MEGABYTES)
