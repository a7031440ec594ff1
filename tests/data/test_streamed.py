"""Streamed data sets are the arrays that memory would hold: same pixels, same findings, and never all of them at a time."""

from __future__ import annotations

import os
import signal
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from netspec.data import Dataset, dataset, hold_out, load, loading, remembered, statistics, streamed
from netspec.data.dataset import Split, chunks
from netspec.data.image_files import ImageFiles
from netspec.data.loading import Loading
from netspec.data.problem import Refused
from netspec.data.streamed import Streamed
from netspec.diagnostics.errors import DeviceError
from tests.data import samples
from tests.data.fake_rows import FakeRows
from tests.data.test_sources import Settings, place, refused

STREAM = Loading("stream")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NETSPEC_CACHE", str(tmp_path / "cache"))


def floats(path: Path) -> None:
    """Types that are converted on the way, and values that overflow to no more than float32 holds."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(70, 8, 8))
    np.savez(
        path,
        x_train=x[:50].astype(">f8"),
        y_train=np.arange(50) % 5,
        x_test=x[50:].astype("<f2"),
        y_test=np.arange(20) % 5,
    )


WRITERS = {
    "images": samples.GOOD["images"],
    "npz": floats,
    "idx": lambda folder: samples.good_idx(folder, zipped=False),
}


@pytest.mark.parametrize("source", WRITERS)
def test_a_streamed_set_is_the_one_in_memory(source, tmp_path, monkeypatch):
    where = place(tmp_path, source)
    WRITERS[source](where)
    shape = samples.SHAPES[source]
    whole, own = (load(Settings(source, where, loading=how), shape, None) for how in (loading.MEMORY, STREAM))
    assert isinstance(whole, Dataset)
    assert isinstance(own, Dataset)
    assert own.train.streamed
    assert (own.fingerprint, own.classes, own.warnings, own.largest) == (
        *(whole.fingerprint, whole.classes, whole.warnings),
        whole.largest,
    )
    assert own.train.images.dtype == whole.train.images.dtype
    assert own.train.images.nbytes == whole.train.images.nbytes
    for part, other in ((own.train, whole.train), (own.test, whole.test)):
        rows = np.random.default_rng(1).permutation(len(part))
        np.testing.assert_array_equal(part.images[rows], other.images[rows])
        np.testing.assert_array_equal(part.images[2:9], other.images[2:9])
        np.testing.assert_array_equal(part.images[-1], other.images[-1])
        np.testing.assert_array_equal(part.labels, other.labels)
    parts, others = (hold_out(found.train, 0.3, 5) for found in (own, whole))
    for part, other in zip(parts, others, strict=True):
        np.testing.assert_array_equal(part.images[:], other.images)
    for normalize in ("standard", "unit"):
        found, known = (statistics(part[0], normalize) for part in (parts, others))
        np.testing.assert_array_equal(found, known)
    # a second run reads no pixel before its first step
    monkeypatch.setattr(Streamed, "ahead", None)
    monkeypatch.setattr(Streamed, "check", None)
    again = load(Settings(source, where, loading=STREAM), shape, None)
    assert again.fingerprint == whole.fingerprint
    np.testing.assert_array_equal(
        statistics(hold_out(again.train, 0.3, 5)[0], "standard"), statistics(others[0], "standard")
    )


@pytest.mark.parametrize(
    "breakage",
    [each for each in samples.BREAKAGES if each.source in ("images", "npz") and each.name != "npz-many-entries"],
    ids=lambda breakage: breakage.name,
)
def test_a_spoiled_set_is_found_as_in_memory(breakage, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(np, "savez_compressed", np.savez)
    where, outputs = place(tmp_path, breakage.source), samples.OUTPUTS[breakage.source]
    breakage.write(where)
    outputs = None if breakage.source == "images" else outputs
    known, found = (
        refused(load(Settings(breakage.source, where, loading=how), samples.SHAPES[breakage.source], outputs))
        for how in (loading.MEMORY, STREAM)
    )
    packed = {problem.code for problem in found} == {"NS518"} and breakage.source == "npz"
    assert packed or [(each.code, each.message) for each in found] == [(each.code, each.message) for each in known]


@pytest.mark.parametrize("source", ["idx", "digits"])
def test_what_cannot_be_streamed_is_refused_and_read_whole_by_itself(source, tmp_path, monkeypatch):
    samples.good_idx(tmp_path)
    (found,) = refused(load(Settings(source, tmp_path, loading=STREAM), (8, 8, 1), 10))[:1]
    assert found.code == "NS518"
    monkeypatch.setattr(loading, "free_bytes", lambda: 1)
    assert isinstance(load(Settings(source, tmp_path, loading=Loading("auto")), (8, 8, 1), 10), Dataset)


def test_a_quarter_of_what_is_free_is_read_as_a_whole(monkeypatch):
    monkeypatch.setattr(loading, "free_bytes", lambda: 400)
    assert [Loading("auto").streams(size) for size in (100, 101)] == [False, True]
    assert Loading("auto", room=40).streams(11)
    assert not Loading("memory").streams(10**9)


def linked(folder: Path, count: int, side: int) -> list[str]:
    """So many names of a few files."""
    from PIL import Image

    folder.mkdir()
    for number in range(8):
        pixels = np.random.default_rng(number).integers(0, 256, (side, side, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    names = [f"{number}.png" for number in range(8)]
    for number in range(8, count):
        os.link(folder / names[number % 8], folder / f"{number}.png")
        names.append(f"{number}.png")
    return names


def test_memory_is_that_of_a_few_batches_however_many_images_there_are(tmp_path, monkeypatch):
    monkeypatch.setattr(dataset, "CHUNK_PIXELS", 8 * 64 * 64 * 3)

    def peak(count: int) -> int:
        names = linked(tmp_path / str(count), count, 64)
        tracemalloc.start()
        split = Split(
            Streamed.all(ImageFiles(tmp_path / str(count), names, (64, 64, 3), False)), np.zeros(count, np.int32)
        )
        for images, _ in split.ahead(np.arange(count).reshape(-1, 8)):
            assert images.shape == (8, 64, 64, 3)
        assert sum(map(len, chunks(split.images))) == count
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    small, large = peak(96), peak(288)
    assert large < small + 192 * 500 < small + 192 * 64 * 64 * 3 / 10


def test_a_file_that_changes_or_vanishes_is_named(tmp_path):
    names = linked(tmp_path / "set", 8, 8)
    images = Streamed.all(ImageFiles(tmp_path / "set", names, (8, 8, 3), False))
    os.utime(tmp_path / "set" / "3.png", ns=(0, 0))
    (tmp_path / "set" / "5.png").unlink()
    with pytest.raises(Refused) as caught:
        images[:]
    assert [(problem.code, problem.path.name) for problem in caught.value.problems] == [
        ("NS519", "3.png"),
        ("NS501", "5.png"),
    ]


def test_an_array_that_is_cut_short_is_named(tmp_path):
    floats(tmp_path / "set.npz")
    found = load(Settings("npz", tmp_path / "set.npz", loading=STREAM), (8, 8, 1), 5)
    os.truncate(tmp_path / "set.npz", 3000)
    with pytest.raises(Refused, match="has changed since"):
        found.train.images[40:]


def test_what_nobody_waits_for_is_read_no_further(monkeypatch):
    monkeypatch.setenv(streamed.VARIABLE, "1")
    begun, go, read = threading.Event(), threading.Event(), []

    def one(row: int) -> None:
        read.append(row)
        if row:
            begun.set()
            go.wait(60)

    batches = Streamed.all(FakeRows(1000, (2, 2, 1), one)).ahead([slice(0, 1), *[slice(1, 1000)] * 9])
    assert len(next(batches)) == 1
    assert begun.wait(60)
    batches.close()
    go.set()
    streamed._pool(1).submit(id, None).result(60)
    assert read == [0, 1]


@pytest.mark.parametrize("ask", [lambda images: images.whole([]), Streamed.check, lambda images: images[:]])
def test_an_error_of_our_own_ends_the_reading(ask, monkeypatch):
    """What is raised in a thread is raised where the images were asked for; of the others no more are read."""
    monkeypatch.setenv(streamed.VARIABLE, "2")
    read = []

    def one(row: int) -> None:
        read.append(row)
        if row == 5:
            raise KeyError(row)

    with pytest.raises(KeyError):
        ask(Streamed.all(FakeRows(100_000, (1, 1, 1), one)))
    for _ in range(2):
        streamed._pool(2).submit(id, None).result(60)
    assert len(read) < 50_000


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="this system has no masks of signals")
def test_threads_that_read_take_no_signal(monkeypatch):
    monkeypatch.setenv(streamed.VARIABLE, "1")
    masks = []
    Streamed.all(FakeRows(1, (1, 1, 1), lambda _: masks.append(signal.pthread_sigmask(signal.SIG_BLOCK, ())))).check()
    assert {signal.SIGINT, signal.SIGTERM, signal.SIGHUP} <= masks[0]


def test_a_cache_that_cannot_be_written_is_told_and_costs_only_time(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NETSPEC_CACHE", str(tmp_path / "file"))
    floats(tmp_path / "set.npz")
    found = load(Settings("npz", tmp_path / "set.npz", loading=STREAM), (8, 8, 1), 5)
    assert [(problem.code, problem.severity) for problem in found.warnings] == [("NS616", "warning")]
    told = []
    statistics(found.train, "standard", warnings=told)
    assert told == [*found.warnings]


def test_equal_bytes_of_other_types_and_shapes_are_other_facts():
    arrays = (np.zeros(4, "<u2"), np.zeros((2, 2), "<u2"), np.zeros(2, "<u4"), np.zeros(4, "<i2"))
    assert len({remembered.key(array) for array in arrays}) == len(arrays)


def test_the_deviation_of_all_pixels_is_that_of_numpy(tmp_path, monkeypatch):
    monkeypatch.setattr(dataset, "CHUNK_PIXELS", 1000)
    pixels = np.random.default_rng(0).integers(0, 256, (50, 8, 8, 3), np.uint8)
    pixels[..., 1] = 7
    assert dataset.deviation(Split(pixels, np.zeros(50, np.int32))) == pytest.approx(pixels.std(dtype=np.float64))


@pytest.mark.parametrize("value", ["0", "-1", "two", "9999"])
def test_a_number_of_threads_that_is_none(value, monkeypatch):
    monkeypatch.setenv(streamed.VARIABLE, value)
    with pytest.raises(DeviceError, match="NETSPEC_WORKERS"):
        streamed.workers()
