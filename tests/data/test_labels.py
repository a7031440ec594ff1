"""Labels that are no classes, names of labels, and tables of labels: read, or refused by a code and a place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netspec.data import Dataset, Problem, Split, hold_out, load
from netspec.data.splits import Settings
from tests.data import samples

ON = np.arange(3 * samples.ROWS).reshape(-1, 3) % 4 // 2
WIDE = ON[:, 0] * 0.5


def arrays(path: Path, labels: str, outputs: int, **changed: Any) -> Dataset | list[Problem]:
    rows = ON if labels == "several" else WIDE
    own = {"y_train": rows, "y_test": rows[: samples.TEST_ROWS]} if labels != "class" else {}
    np.savez(path / "set.npz", **samples.arrays() | own | changed)
    return load(Settings("npz", path / "set.npz", False, labels), (8, 8, 1), outputs)


@pytest.mark.parametrize(
    ("labels", "outputs", "kind"), [("several", 3, np.int32), ("numbers", 1, np.float32)], ids=["several", "numbers"]
)
def test_rows_of_labels_are_read(labels: str, outputs: int, kind: Any, tmp_path: Path) -> None:
    names = [f"name {i}" for i in range(outputs)]
    found = arrays(tmp_path, labels, outputs, classes=np.array(names))
    assert isinstance(found, Dataset), found
    assert (found.train.labels.dtype, found.train.labels.shape) == (kind, (samples.ROWS, outputs))
    np.testing.assert_array_equal(found.train.labels[:, 0], ON[:, 0] if labels == "several" else WIDE)
    assert found.classes == tuple(names)


@pytest.mark.parametrize(
    ("labels", "outputs", "changed", "code", "where"),
    [
        ("several", 2, {}, "NS550", "array `y_train`"),
        ("several", 3, {"y_train": samples.labels(samples.ROWS)}, "NS550", "array `y_train`"),
        ("several", 3, {"y_train": ON[1:]}, "NS506", "array `y_train`"),
        ("several", 3, {"y_test": ON[: samples.TEST_ROWS] * 2}, "NS551", "array `y_test`, row 0, column 2"),
        (
            "numbers",
            1,
            {"y_train": np.where(np.arange(samples.ROWS) == 7, np.nan, WIDE)},
            "NS552",
            "array `y_train`, row 7, column 0",
        ),
        ("numbers", 1, {"y_train": WIDE + 1e300}, "NS552", "array `y_train`, row 0, column 0"),
        ("numbers", 1, {"y_train": WIDE * 0}, "NS554", None),
        ("class", 10, {"classes": np.array(["a", "b"])}, "NS553", "array `classes`"),
        ("class", 10, {"classes": np.array(["a"] * 10)}, "NS553", "array `classes`"),
        ("class", 10, {"classes": np.arange(10)}, "NS553", "array `classes`"),
        ("class", 10, {"classes": np.array([*"abcdefghi", "\u202e"])}, "NS553", "array `classes`"),
        ("class", 10, {"classes": np.array([*"abcdefghi", None])}, "NS553", "array `classes`"),
        ("class", 10, {"classes": np.array([*"abcdefghi", "j"]).reshape(2, 5)}, "NS553", "array `classes`"),
        ("class", 10, {"classes": np.full(10, 0x7FFFFFFF, np.uint32).view("<U1")}, "NS553", "array `classes`"),
    ],
)
def test_what_no_network_should_learn_from(
    labels: str, outputs: int, changed: dict[str, Any], code: str, where: str | None, tmp_path: Path
) -> None:
    found = arrays(tmp_path, labels, outputs, **changed)
    assert isinstance(found, list), found
    assert [(one.code, one.where, one.severity) for one in found] == [(code, where, "error")]


def test_a_label_that_never_changes_is_a_warning_beside_others(tmp_path: Path) -> None:
    found = arrays(tmp_path, "several", 3, y_train=ON * [1, 0, 1], classes=np.array(["a", "b", "c"]))
    assert isinstance(found, Dataset), found
    assert [(one.code, one.severity) for one in found.warnings] == [("NS554", "warning")]
    assert "`b`" in found.warnings[0].message


def test_a_part_of_rows_is_held_out_by_seed_alone() -> None:
    split = Split(samples.pixels(40, 8, 8, 1), ON)
    rest, held = hold_out(split, 0.25, 3)
    assert (len(rest), len(held)) == (30, 10)
    _, again = hold_out(Split(split.images, 1 - ON), 0.25, 3)
    np.testing.assert_array_equal(again.images, held.images)
    assert not np.array_equal(hold_out(split, 0.25, 4)[1].images, held.images)


def test_two_classes_of_one_output_are_told_how_many_there_are(tmp_path: Path) -> None:
    for part in ("train", "test"):
        for name in "abc":
            (tmp_path / part / name).mkdir(parents=True)
            Image.new("L", (8, 8), ord(name)).save(tmp_path / part / name / "0.png")
    found = load(Settings("images", tmp_path, two=True), (8, 8, 1), 2)
    assert isinstance(found, list)
    assert [one.code for one in found] == ["NS513"]
    assert "there are 3 classes, the network has 1 output, for two" in found[0].message


def table(folder: Path, *changed: str, lines: tuple[str, ...] | None = None) -> None:
    """Four images, whose grey is their label; lines that begin as one of `changed` are replaced by it."""
    listed = ["file, round,dark"]
    for part in ("train", "test"):
        (folder / part / "below").mkdir(parents=True)
        for grey in (0, 90):
            name = f"{part}/below/{grey}.png"
            Image.new("L", (8, 8), grey).save(folder / name)
            listed.append(f"{name},{grey // 90},{1 - grey // 90}")
    for line in changed:
        head = line.split(",")[0]
        listed = [line if one.split(",")[0] == head else one for one in listed]
    (folder / "labels.csv").write_text("\n".join(lines or listed), "utf-8-sig")


def read(folder: Path, labels: str = "several", outputs: int = 2) -> Dataset | list[Problem]:
    return load(Settings("images", folder, False, labels), (8, 8, 1), outputs)


@pytest.mark.parametrize("labels", ["several", "numbers"])
def test_a_table_labels_a_folder(labels: str, tmp_path: Path) -> None:
    table(tmp_path)
    found = read(tmp_path, labels)
    assert isinstance(found, Dataset), found
    assert found.classes == ("round", "dark")
    assert found.test.images[:, 0, 0, 0].tolist() == [0, 90]
    assert found.test.labels.tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("train/below/0.png,0", "NS555", "line 2: has 2 cells"),
        ("train/below/0.png,yes,1", "NS555", "line 2: `yes` is no number"),
        ("train/below/0.png,1_0,1", "NS555", "line 2: `1_0` is no number"),
        ("train/below/0.png,2,1", "NS551", "line 2: label 2"),
        ("file", "NS555", "line 1: does not begin"),
        ("file,a,a", "NS553", "line 1: names two"),
        ("file,a", "NS555", "line 2: has 3 cells"),
    ],
)
def test_a_table_that_is_wrong(line: str, code: str, says: str, tmp_path: Path) -> None:
    table(tmp_path, line)
    found = read(tmp_path)
    assert isinstance(found, list), found
    assert found[0].code == code
    assert says in found[0].message


def test_images_and_lines_that_do_not_meet(tmp_path: Path) -> None:
    table(tmp_path)
    (tmp_path / "train" / "below" / "0.png").rename(tmp_path / "train" / "below" / "O.png")
    found = read(tmp_path)
    assert isinstance(found, list), found
    assert [one.code for one in found] == ["NS556", "NS556"]
    assert found[0].help == "write `train/below/O.png`, which is there"
    (tmp_path / "labels.csv").unlink()
    found = read(tmp_path)
    assert isinstance(found, list)
    assert [one.code for one in found] == ["NS501"]


def test_a_table_leads_out_of_no_folder(tmp_path: Path) -> None:
    table(tmp_path / "set")
    Image.new("L", (8, 8)).save(tmp_path / "x.png")
    (tmp_path / "set" / "labels.csv").write_text("file,a,b\ntrain/../../x.png,0,1\n")
    found = read(tmp_path / "set")
    assert isinstance(found, list)
    assert found[0].code == "NS555"


def test_another_number_of_labels_is_told_before_their_names(tmp_path: Path) -> None:
    table(tmp_path, "file,a,a")
    found = read(tmp_path, outputs=3)
    assert isinstance(found, list)
    assert [one.code for one in found] == ["NS550", "NS553"]
    arrays = {
        f"{kind}_{part}": np.zeros((3, *shape), np.uint8)
        for part in ("train", "test")
        for kind, shape in (("x", (8, 8)), ("y", (2,)))
    }
    np.savez(tmp_path / "set.npz", **arrays, classes=np.array(["a", "b"]))
    found = load(Settings("npz", tmp_path / "set.npz", False, "several"), (8, 8, 1), 3)
    assert isinstance(found, list)
    assert [one.code for one in found] == ["NS550", "NS550", "NS553"]


def test_paths_of_a_table_may_be_written_otherwise(tmp_path: Path) -> None:
    table(tmp_path)
    text = (tmp_path / "labels.csv").read_text("utf-8-sig")
    (tmp_path / "labels.csv").write_text(text.replace("train/below/0.png", ".\\train//below/./0.png"))
    assert isinstance(read(tmp_path), Dataset)
