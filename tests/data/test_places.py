"""Where data are looked for: under the names and in the folders that others use, in the home folder, and the nearest name else."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from netspec.data import idx, load, splits
from netspec.data.sources import usual_places
from netspec.repair.check import check_source
from netspec.text.source import Source
from tests.data import samples
from tests.data.test_sources import Settings, archive, read, refused

DOTTED = {name: name.replace("-idx", ".idx") for part in idx.PARTS for name in part}
NAMES_OF_TEST = {name: name.replace("t10k", "test") for name in idx.PARTS[1]}


def plain_idx(folder: Path) -> None:
    samples.good_idx(folder, zipped=False)


@pytest.mark.parametrize("names", [DOTTED, NAMES_OF_TEST], ids=["a dot for a dash", "test for t10k"])
@pytest.mark.parametrize("zipped", [False, True])
def test_idx_files_of_other_names_are_the_same_set(names: dict[str, str], zipped: bool, tmp_path: Path) -> None:
    samples.good_idx(tmp_path / "published", zipped)
    samples.good_idx(tmp_path / "other", zipped)
    for old, new in names.items():
        end = ".gz" if zipped else ""
        (tmp_path / "other" / f"{old}{end}").rename(tmp_path / "other" / f"{new}{end}")
    sets = [read(load(Settings("idx", tmp_path / name), (8, 8, 1), 10)) for name in ("published", "other")]
    assert sets[0].fingerprint == sets[1].fingerprint


def test_the_published_name_comes_first(tmp_path: Path) -> None:
    plain_idx(tmp_path)
    for name in DOTTED.values():
        (tmp_path / name).write_bytes(b"of another set")
    read(load(Settings("idx", tmp_path), (8, 8, 1), 10))


def test_a_file_in_a_folder_of_its_own_name_is_found(tmp_path: Path) -> None:
    """So Kaggle's copy of MNIST unpacks."""
    plain_idx(tmp_path / "files")
    for part in idx.PARTS:
        for name in part:
            (tmp_path / "set" / name).mkdir(parents=True)
            (tmp_path / "files" / name).rename(tmp_path / "set" / name / name)
    read(load(Settings("idx", tmp_path / "set"), (8, 8, 1), 10))


@pytest.mark.parametrize(
    ("source", "inside"),
    [("mnist", "MNIST/raw"), ("mnist", "raw"), ("fashion-mnist", "FashionMNIST/raw"), ("idx", "raw")],
)
def test_torchvision_has_it(source: str, inside: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain_idx(tmp_path / source / inside)
    assert len(read(load(Settings(source, tmp_path / source), (8, 8, 1), 10)).train) == samples.ROWS
    if source != "idx":
        monkeypatch.setenv("NETSPEC_DATA", str(tmp_path))
        assert len(read(load(Settings(source), (8, 8, 1), 10)).train) == samples.ROWS


def test_one_set_of_torchvision_is_not_taken_for_another(tmp_path: Path) -> None:
    plain_idx(tmp_path / "MNIST" / "raw")
    found = refused(load(Settings("fashion-mnist", tmp_path), (8, 8, 1), 10))
    assert {problem.code for problem in found} == {"NS501"}
    (found,) = refused(load(Settings("idx", tmp_path), (8, 8, 1), 10))
    assert found.help == "give the path of its folder `MNIST`"
    plain_idx(tmp_path / "KMNIST" / "raw")
    (found,) = refused(load(Settings("idx", tmp_path), (8, 8, 1), 10))
    assert found.help == "give the path of its folder `MNIST` or `KMNIST`"


def test_a_missing_idx_file_is_told_the_nearest_that_is_there(tmp_path: Path) -> None:
    plain_idx(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").rename(tmp_path / "t10k_labels_idx1_ubyte")
    (found,) = refused(load(Settings("idx", tmp_path), (8, 8, 1), 10))
    assert found.help == "rename `t10k_labels_idx1_ubyte` to `t10k-labels-idx1-ubyte`"


def test_the_home_folder_is_meant_by_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    samples.good_npz(tmp_path / "set.npz")
    text = "netspec: 1\nname: a\ninput: [8, 8, 1]\nfc: [10]\ndata: {source: npz, path: ~/set.npz}\n"
    plan = check_source(Source("a.yaml", text, tmp_path / "specs" / "a.yaml")).plan
    assert plan is not None
    for given in (None, Path("~/set.npz")):
        images = splits.read(plan, given)
        assert isinstance(images, splits.Images), images
        assert images.path == tmp_path / "set.npz"


def test_the_home_folder_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETSPEC_DATA", "~/sets")
    monkeypatch.setenv("KERAS_HOME", "~/k")
    places = usual_places("mnist")
    assert places[:3] == [tmp_path / "sets/mnist", tmp_path / ".cache/netspec/mnist", tmp_path / "k/datasets/mnist"]


def test_a_home_that_nobody_has_is_a_name(tmp_path: Path) -> None:
    (found,) = refused(load(Settings("npz", tmp_path / "~nobody-of-this-name" / "x.npz"), (8, 8, 1), 10))
    assert found.code == "NS501"
    assert splits.at_home(Path("~nobody-of-this-name/x")) == Path("~nobody-of-this-name/x")


@pytest.mark.parametrize(
    ("path", "help"),
    [
        ("flower.npz", "write `flowers.npz`, which is there, for `flower.npz`"),
        ("Flowers.NPZ", "write `flowers.npz`, which is there, for `Flowers.NPZ`"),
        ("setz/a.npz", "write `sets`, which is there, for `setz`"),
        (r"sets\a.npz", "write `/` between folders"),
        ("$HOME/a.npz", "write the path out: variables are not replaced in it, only a leading `~` is"),
        ("nowhere/a.npz", "`path` is relative to the spec"),
    ],
)
def test_a_path_that_is_not_there_is_told_what_is(path: str, help: str, tmp_path: Path) -> None:
    samples.good_npz(tmp_path / "flowers.npz")
    (tmp_path / "sets").mkdir()
    (found,) = refused(load(Settings("npz", tmp_path / path), (8, 8, 1), 10))
    assert (found.code, found.help) == ("NS501", help)


TEXT = {"y_train": np.array(["cat", "dog"] * 20), "y_test": np.array(["cat", "emu"] * 10)}


@pytest.mark.parametrize("kind", [str, bytes, object])
def test_the_help_for_labels_of_text_works(kind: type, tmp_path: Path) -> None:
    """Its code is run as it stands, on the labels that the file had; the set that it makes is read."""
    given = {name: labels.astype(kind) for name, labels in TEXT.items()}
    found = refused(load(archive(tmp_path, **given), (8, 8, 1), 3))
    assert {problem.code for problem in found} == {"NS505"}
    names: dict[str, object] = {"numpy": np, **given}
    statement, train, test = re.findall("`([^`]+)`", found[0].help or "")
    exec(statement, names)
    fixed = {"y_train": eval(train, names), "y_test": eval(test, names)}
    assert [str(label) for label in np.asarray(names["classes"]).astype(str)] == ["cat", "dog", "emu"]
    assert fixed["y_train"].tolist() == [0, 1] * 20
    assert fixed["y_test"].tolist() == [0, 2] * 10
    again = refused(load(archive(tmp_path, **fixed), (8, 8, 1), 3))
    assert [problem.code for problem in again] == ["NS511"]  # the emu, which was never taught


@pytest.mark.parametrize(
    ("labels", "code"),
    [
        (samples.labels(40) * 1.0, "NS505"),
        (np.eye(10)[samples.labels(40)], "NS505"),
    ],
)
def test_the_help_for_other_labels_works(labels: np.ndarray, code: str, tmp_path: Path) -> None:
    found = refused(load(archive(tmp_path, y_train=labels), (8, 8, 1), 10))
    assert [problem.code for problem in found] == [code]
    *_, statement = re.findall("`([^`]+)`", found[0].help or "")
    read(load(archive(tmp_path, y_train=eval(statement, {"numpy": np, "labels": labels})), (8, 8, 1), 10))


def test_the_help_for_images_in_an_array_of_objects_works(tmp_path: Path) -> None:
    images = np.empty(40, object)
    images[:] = list(samples.arrays()["x_train"])
    found = refused(load(archive(tmp_path, x_train=images), (8, 8, 1), 10))
    (statement,) = re.findall("`([^`]+)`", found[0].help or "")
    read(load(archive(tmp_path, x_train=eval(statement, {"numpy": np, "x_train": images})), (8, 8, 1), 10))


@pytest.mark.parametrize(
    ("largest", "dtype", "normalize", "told"),
    [
        (1, "uint8", "unit", True),
        (16, "uint8", "unit", True),
        (17, "uint8", "unit", False),
        (0, "uint8", "unit", False),
        (1, "uint8", "standard", False),
        (1, "float32", "unit", False),
        (1, "bool", "unit", False),
    ],
)
def test_bytes_that_unit_makes_nothing_of(largest: int, dtype: str, normalize: str, told: bool, tmp_path: Path) -> None:
    images = {name: (samples.arrays()[name] % (largest + 1)).astype(dtype) for name in ("x_train", "x_test")}
    archive(tmp_path, **images)
    data = f"{{source: npz, path: set.npz, normalize: {normalize}}}"
    text = f"netspec: 1\nname: a\ninput: [8, 8, 1]\nfc: [10]\ndata: {data}\n"
    plan = check_source(Source("a.yaml", text, tmp_path / "a.yaml")).plan
    assert plan is not None
    images_of_plan = splits.read(plan)
    assert isinstance(images_of_plan, splits.Images)
    assert [one.code for one in images_of_plan.warnings] == ["NS533"] * told
    assert not told or images_of_plan.warnings[0].help == "set `normalize: standard` in `data`"
