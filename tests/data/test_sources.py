"""The corpus of spoiled data sets, the usual places, and the real Fashion-MNIST where it is installed."""

from __future__ import annotations

import shutil
import tracemalloc
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from netspec.data import Dataset, Problem, files, load
from netspec.data.loading import MEMORY, Loading
from netspec.data.sources import READERS, usual_places
from tests.data import samples


@dataclass
class Settings:
    source: str
    path: Path | None = None
    resize: bool = False
    labels: str = "class"
    two: bool = False
    loading: Loading = MEMORY


def place(tmp_path: Path, source: str) -> Path:
    return tmp_path / ("set.npz" if source == "npz" else "set")


def refused(found: Dataset | list[Problem]) -> list[Problem]:
    assert isinstance(found, list)
    assert found
    return found


def read(found: Dataset | list[Problem]) -> Dataset:
    assert isinstance(found, Dataset), found
    return found


@pytest.mark.parametrize("breakage", samples.BREAKAGES, ids=lambda breakage: breakage.name)
def test_a_spoiled_set_is_refused_by_code_path_and_place(breakage, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    where = place(tmp_path, breakage.source)
    breakage.write(where)
    found = refused(
        load(
            Settings(breakage.source, where),
            samples.SHAPES[breakage.source],
            None if breakage.source == "images" else samples.OUTPUTS[breakage.source],
        )
    )
    assert [problem.code for problem in found] == [breakage.code]
    assert str(where) in found[0].message
    assert all(part in found[0].message for part in breakage.says), found[0].message
    assert found[0].path is not None
    assert "pickle=" not in f"{found[0].message} {found[0].help}"
    assert not (tmp_path / "was-run").exists()


@pytest.mark.parametrize("source", samples.GOOD)
def test_a_sound_set_is_read(source, tmp_path):
    where = place(tmp_path, source)
    samples.GOOD[source](where)
    found = read(load(Settings(source, where), samples.SHAPES[source], samples.OUTPUTS[source]))
    assert found.train.images.shape[1:] == samples.SHAPES[source]
    assert found.train.images.dtype == np.uint8
    assert len(found.classes) == samples.OUTPUTS[source]
    assert not found.warnings


def test_several_files_are_blamed_at_once(tmp_path):
    samples.good_idx(tmp_path)
    (tmp_path / samples.XI).write_bytes(b"")
    (tmp_path / samples.TL).write_bytes(samples.HTML)
    (tmp_path / samples.TI).unlink()
    found = refused(load(Settings("idx", tmp_path), (8, 8, 1), 10))
    assert [problem.code for problem in found] == ["NS503", "NS501", "NS502"]


def test_wrong_labels_of_both_parts_are_reported(tmp_path):
    path = tmp_path / "set.npz"
    held = samples.arrays()
    np.savez(path, **held | {"y_train": samples.BAD, "y_test": samples.labels(20) + 1})
    found = refused(load(Settings("npz", path), (8, 8, 1), 10))
    assert [(problem.code, problem.where) for problem in found] == [
        ("NS507", "array `y_train`, row 7"),
        ("NS507", "array `y_test`, row 9"),
    ]


def test_channels_first_is_told_apart_from_another_size(tmp_path):
    held = samples.arrays()
    for shape, help in (((1, 8, 8), "moveaxis"), ((9, 8), "set `input: [9, 8, 1]`")):
        images = {name: samples.pixels(len(held[name]), *shape) for name in ("x_train", "x_test")}
        np.savez(tmp_path / "set.npz", **held | images)
        found = refused(load(Settings("npz", tmp_path / "set.npz"), (8, 8, 1), 10))
        assert [problem.code for problem in found] == ["NS508"]
        assert help in str(found[0].help)


def test_a_class_without_examples_is_a_warning(tmp_path):
    samples.good_idx(tmp_path)
    found = read(load(Settings("idx", tmp_path), (8, 8, 1), 12))
    assert [(problem.code, problem.severity) for problem in found.warnings] == [("NS512", "warning")]
    assert "`10`, `11`" in found.warnings[0].message


def test_idx_reads_the_same_with_and_without_gzip_and_in_colour(tmp_path):
    samples.good_idx(tmp_path / "a")
    samples.good_idx(tmp_path / "b", zipped=False)
    a, b = (read(load(Settings("idx", tmp_path / name), (8, 8, 1), 10)) for name in "ab")
    assert a.fingerprint == b.fingerprint
    np.testing.assert_array_equal(a.train.images[..., 0], samples.pixels(samples.ROWS, 8, 8))
    for name, rows in ((samples.XI, 40), (samples.TI, 20)):
        (tmp_path / "a" / name).write_bytes(samples.idx_bytes(samples.pixels(rows, 8, 8, 3)))
    colour = read(load(Settings("idx", tmp_path / "a"), (8, 8, 3), 10))
    np.testing.assert_array_equal(colour.test.images, samples.pixels(20, 8, 8, 3))


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", "<f2", "<i8", ">u2", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_npz_reads_every_kind_of_number(dtype, order, tmp_path):
    held = samples.arrays()
    images = np.asarray(samples.pixels(40, 8, 8) > 99 if dtype == "?" else samples.pixels(40, 8, 8), dtype, order)
    np.savez(tmp_path / "set.npz", **held | {"x_train": images, "y_train": held["y_train"][:, None].astype(">i4")})
    found = read(load(Settings("npz", tmp_path / "set.npz"), (8, 8, 1), 10))
    assert found.train.images.dtype == np.float32
    np.testing.assert_array_equal(found.train.images[..., 0], images.astype(np.float32))
    np.testing.assert_array_equal(found.train.labels, held["y_train"])


def test_a_zip_bomb_is_refused_by_its_header(tmp_path):
    """200 MB of zeros in 200 kB, whose header agrees with its size: refused by the labels and by `input`."""
    path = tmp_path / "set.npz"
    samples.good_npz(path)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("x_extra.npy", "w") as entry,
    ):
        np.lib.format.write_array_header_1_0(
            entry, {"descr": "|u1", "fortran_order": False, "shape": (3_276_800, 8, 8)}
        )
        for _ in range(200):
            entry.write(bytes(1 << 20))
    content = path.read_bytes()
    path.write_bytes(content.replace(b"x_train.npy", b"x_other.npy").replace(b"x_extra.npy", b"x_train.npy"))
    tracemalloc.start()
    found = refused(load(Settings("npz", path), (8, 8, 1), 10))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [problem.code for problem in found] == ["NS506"]
    assert peak < 10_000_000


def test_a_gzip_bomb_is_inflated_no_further_than_its_header_says(tmp_path, monkeypatch):
    import gzip

    samples.good_idx(tmp_path)
    honest = samples.idx_bytes(samples.pixels(40, 8, 8))
    (tmp_path / samples.XI).write_bytes(gzip.compress(honest + bytes(200_000_000), 1))
    tracemalloc.start()
    found = refused(load(Settings("idx", tmp_path), (8, 8, 1), 10))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [problem.where for problem in found] == ["byte 2576"]
    assert peak < 10_000_000


@pytest.mark.parametrize("source", ["idx", "npz", "images"])
def test_what_does_not_fit_in_memory_is_refused_before_it_is_read(source, tmp_path, monkeypatch):
    samples.GOOD[source](place(tmp_path, source))
    monkeypatch.setattr(files, "free_bytes", lambda: 600)
    found = refused(load(Settings(source, place(tmp_path, source)), (8, 8, 1), samples.OUTPUTS[source]))
    assert [problem.code for problem in found] == ["NS504"]


@pytest.mark.parametrize("source", [name for name, source in READERS.items() if source.places])
def test_what_is_nowhere_is_said_with_every_place_and_a_way_to_get_it(source, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETSPEC_DATA", str(tmp_path / "sets"))
    monkeypatch.delenv("KERAS_HOME", raising=False)
    debian = Path("/usr/share/datasets")
    assert READERS[source].places[-1] == str(debian / source)
    elsewhere = (*READERS[source].places[:-1], str(tmp_path / "debian" / source))
    monkeypatch.setitem(READERS, source, replace(READERS[source], places=elsewhere))
    places = usual_places(source)
    assert places[:2] == [tmp_path / "sets" / source, tmp_path / ".cache/netspec" / source]
    assert str(places[2]).startswith(str(tmp_path / ".keras/datasets"))
    found = refused(load(Settings(source), (28, 28, 1), 10))
    assert [problem.code for problem in found] == ["NS501"]
    assert all(str(where) in found[0].message for where in places)
    assert found[0].help


@pytest.mark.parametrize("source", ["idx", "npz", "images"])
def test_a_source_of_ones_own_needs_a_path(source):
    assert "needs `path`" in refused(load(Settings(source), (8, 8, 1), 10))[0].message


def test_the_own_folder_comes_first(tmp_path, monkeypatch):
    monkeypatch.setenv("NETSPEC_DATA", str(tmp_path))
    samples.good_idx(tmp_path / "fashion-mnist")
    assert len(read(load(Settings("fashion-mnist"), (8, 8, 1), 10)).train) == samples.ROWS


@pytest.mark.parametrize("own", ["a" * 5000, "a" * 300, "/dev/null"])
def test_a_place_that_cannot_be_looked_at_has_nothing(own, tmp_path, monkeypatch):
    monkeypatch.setenv("NETSPEC_DATA", own)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert [problem.code for problem in refused(load(Settings("cifar-10"), (32, 32, 3), 10))] == ["NS501"]


@pytest.mark.parametrize(
    ("source", "path", "says"),
    [
        ("npz", "", "is a folder"),
        ("idx", "set.npz", "is a file"),
        ("fashion-mnist", "set.npz", "is a file"),
        ("images", "set.npz", "is a file"),
        ("npz", "none.npz", "No such file"),
        ("npz", "a\0b", "null"),
    ],
)
def test_a_path_of_the_wrong_kind_is_said(source, path, says, tmp_path):
    samples.good_npz(tmp_path / "set.npz")
    found = refused(load(Settings(source, tmp_path / path), (8, 8, 1), None))
    assert [problem.code for problem in found] == ["NS501"]
    assert says in found[0].message


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("mnist", "mnist.npz"),
        ("mnist", "mnist"),
        ("fashion-mnist", "fashion-mnist"),
        ("cifar-10", "cifar-10-batches-py"),
        ("cifar-10", "cifar-10-batches-py-target/cifar-10-batches-py"),
    ],
)
def test_keras_has_it(source, name, tmp_path, monkeypatch):
    """The folders that Keras 2 and 3 unpack to; MNIST is one archive of its arrays there."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("NETSPEC_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    where = tmp_path / "datasets" / name
    where.parent.mkdir(parents=True)
    kind = "npz" if where.suffix == ".npz" else "cifar-10" if source == "cifar-10" else "idx"
    (samples.good_cifar_python if kind == "cifar-10" else samples.GOOD[kind])(where)
    assert len(read(load(Settings(source), samples.SHAPES[kind], 10)).classes) == 10


def test_both_versions_of_cifar_are_the_same_set(tmp_path):
    samples.good_cifar_binary(tmp_path / "binary" / "cifar-10-batches-bin")
    samples.good_cifar_python(tmp_path / "python" / "cifar-10-batches-py")
    a, b = (read(load(Settings("cifar-10", tmp_path / name), (32, 32, 3), 10)) for name in ("binary", "python"))
    assert a.fingerprint == b.fingerprint
    first = samples.cifar_rows(0)[0][0]
    assert a.train.images[0, 0, 1].tolist() == [first[1], first[1024 + 1], first[2048 + 1]]


def test_a_published_class_count_is_held_against_the_outputs(tmp_path):
    samples.good_cifar_binary(tmp_path)
    found = refused(load(Settings("cifar-10", tmp_path), (28, 28, 1), 12))
    assert [problem.code for problem in found] == ["NS513", "NS508"]


@pytest.mark.parametrize(
    ("source", "good"),
    [("idx", samples.good_idx), ("npz", samples.good_npz), ("cifar-10", samples.good_cifar_python)],
)
def test_damage_anywhere_is_data_and_never_a_traceback(source, good, tmp_path):
    """One changed byte or a cut, anywhere. Where the format has checksums, what is read is the original."""
    where = place(tmp_path, source)
    good(where)
    sound = read(load(Settings(source, where), samples.SHAPES[source], 10)).fingerprint
    file = {"idx": where / samples.XI, "npz": where, "cifar-10": where / "data_batch_1"}[source]
    content = file.read_bytes()
    random = np.random.default_rng(5)
    for at in random.integers(0, len(content), 120):
        flipped = bytearray(content)
        flipped[at] ^= 1 << random.integers(8)
        for spoiled in (bytes(flipped), content[:at]):
            file.write_bytes(spoiled)
            found = load(Settings(source, where), samples.SHAPES[source], 10)
            if source != "cifar-10" and isinstance(found, Dataset):
                assert found.fingerprint == sound, f"byte {at}"
            if spoiled != bytes(flipped):
                refused(found)


def archive(folder: Path, **changed: np.ndarray) -> Settings:
    np.savez(folder / "set.npz", **(samples.arrays() | changed))
    return Settings("npz", folder / "set.npz")


@pytest.mark.parametrize(
    ("train", "test", "outputs", "help"),
    [
        (range(12), range(10), 10, "give the last layer 12 units"),
        (range(10), range(12), 10, "give the last layer 12 units"),
        (range(1, 11), range(1, 11), 10, "count classes from 0: take 1 from every label"),
        (
            range(1, 13),
            range(1, 13),
            10,
            "count classes from 0: take 1 from every label, and give the last layer 12 units",
        ),
        (range(-1, 9), range(-1, 9), 10, "number the 10 classes from 0 to 9"),
        ([0, 1, 255], [0, 1], 2, "number the 3 classes from 0 to 2, and give the last layer 3 units"),
    ],
)
def test_what_is_to_be_done_about_a_label(train, test, outputs, help, tmp_path):
    labels = {"y_train": np.resize(train, samples.ROWS), "y_test": np.resize(test, samples.TEST_ROWS)}
    found = refused(load(archive(tmp_path, **labels), (8, 8, 1), outputs))
    assert {(problem.code, problem.help) for problem in found} == {("NS507", help)}


def test_one_hot_labels_are_one_finding(tmp_path):
    hot = {
        "y_train": np.eye(10)[samples.labels(samples.ROWS)],
        "y_test": np.eye(10)[samples.labels(samples.TEST_ROWS)],
    }
    (found,) = refused(load(archive(tmp_path, **hot), (8, 8, 1), 10))
    assert found.code == "NS505"
    assert "array `y_train`: has shape 40×10, as one-hot labels have" in found.message
    assert "`labels.argmax(1)`" in (found.help or "")


@pytest.mark.parametrize("part", ["x_train", "x_test"])
def test_parts_of_different_scale_are_told(part, tmp_path):
    scaled = samples.arrays()[part].astype(np.float32) / 255
    dataset = read(load(archive(tmp_path, **{part: scaled}), (8, 8, 1), 10))
    (found,) = dataset.warnings
    other = {"x_train": "test", "x_test": "training"}[part]
    assert (found.code, found.severity, found.help) == ("NS517", "warning", f"divide the {other} images by 255")
    assert f"the {'training' if part == 'x_train' else 'test'} images" in found.message


def test_parts_of_different_contrast_pass(tmp_path):
    faint = (samples.arrays()["x_test"] // 10).astype(np.uint8)
    assert read(load(archive(tmp_path, x_test=faint), (8, 8, 1), 10)).warnings == ()
    outlier = samples.arrays()["x_train"].astype(np.float32)
    outlier[0, 0, 0] = 1e4
    assert read(load(archive(tmp_path, x_train=outlier), (8, 8, 1), 10)).warnings == ()


FASHION = Path("/usr/share/datasets/fashion-mnist")


@pytest.mark.skipif(not FASHION.exists(), reason="Debian's dataset-fashion-mnist is not installed")
def test_fashion_mnist_as_published():
    found = read(load(Settings("fashion-mnist", FASHION), (28, 28, 1), 10))
    assert found.train.images.shape == (60_000, 28, 28, 1)
    assert found.test.images.shape == (10_000, 28, 28, 1)
    assert found.train.images.dtype == np.uint8
    assert np.bincount(found.train.labels).tolist() == [6_000] * 10
    assert np.bincount(found.test.labels).tolist() == [1_000] * 10
    assert found.classes[found.train.labels[0]] == "Ankle boot"


@pytest.mark.skipif(not FASHION.exists(), reason="Debian's dataset-fashion-mnist is not installed")
def test_a_real_file_cut_short_is_refused(tmp_path):
    for file in FASHION.iterdir():
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / samples.TI).unlink()
    shutil.copy(FASHION / samples.TI, tmp_path)
    with (tmp_path / samples.TI).open("r+b") as file:
        file.truncate(4_000_000)
    found = refused(load(Settings("fashion-mnist", tmp_path), (28, 28, 1), 10))
    assert [problem.code for problem in found] == ["NS503"]
    assert samples.TI in found[0].message
