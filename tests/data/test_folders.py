"""Names of class folders and of the parts: what is refused, what is warned of, and the nearest name that is offered."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from netspec.data import load
from netspec.diagnostics.diagnostic import Diagnostic
from netspec.diagnostics.render import RENDERERS, renderer
from netspec.text.source import Source
from tests.data import samples
from tests.data.test_sources import Settings, read, refused

LATIN_1 = os.fsdecode(b"caf\xe9")


def loaded(folder: Path):
    return load(Settings("images", folder), (8, 8, 1), None)


def named(folder: Path, *classes: str, parts: tuple[str, str] = ("train", "test")) -> None:
    """A set with these class folders in both parts."""
    for part in parts:
        for name in classes:
            (folder / part / name).mkdir(parents=True)
            samples.Image.fromarray(samples.pixels(8, 8)).save(folder / part / name / "0.png")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (LATIN_1, r"train/caf\xe9`: the name of this class folder is not UTF-8"),
        ("a\nb", r"train/a\nb`: the name of this class folder has the control character `U+000A`"),
        ("a\x1b[31m", r"train/a\x1b[31m`: the name of this class folder has the control character `U+001B`"),
        (
            "a\u202eb",
            r"train/a\u202eb`: the name of this class folder has the character `U+202E` (right-to-left override)",
        ),
    ],
)
def test_a_class_name_that_no_report_can_hold_is_refused(name: str, says: str, tmp_path: Path) -> None:
    named(tmp_path, name, "dog")
    (found,) = refused(loaded(tmp_path))
    assert (found.code, found.help) == ("NS530", "rename the folder")
    assert says in found.message
    assert found.message.isprintable()
    assert "the same with 1 other: `" in found.message  # that of the other part


def test_a_file_name_that_is_not_utf_8_is_read(tmp_path: Path) -> None:
    named(tmp_path, "cat", "dog")
    for name in (LATIN_1, "a\nb\x1b"):
        (tmp_path / "train/cat" / name).write_bytes((tmp_path / "train/cat/0.png").read_bytes())
    assert len(read(loaded(tmp_path)).train) == 4


@pytest.mark.parametrize("name", [LATIN_1, "a\nb\x1b[31m\u2028\x01"])
@pytest.mark.parametrize("source", ["idx", "npz", "cifar-10", "images"])
def test_a_place_of_any_name_can_be_told_in_every_format(source: str, name: str, tmp_path: Path) -> None:
    """Each source, damaged, below a folder of this name: the message is UTF-8 on one line."""
    where = tmp_path / name / ("set.npz" if source == "npz" else "set")
    where.parent.mkdir()
    spoilt = next(b for b in samples.BREAKAGES if b.source == source and b.code == "NS503")
    spoilt.write(where)
    (found,) = refused(load(Settings(source, where), samples.SHAPES[source], None))
    assert found.message.isprintable()
    assert repr(name)[1:-1].replace("\\udce9", "\\xe9") in found.message
    text = Source("a.yaml", "data: x\n")
    diagnostic = Diagnostic(found.code, found.message, text, text.span(0, 4), help=found.help)
    for format in RENDERERS:
        written = renderer(format)([diagnostic], ["a.yaml"], color=False, width=80).encode()
        if format == "json":
            json.loads(written)


def test_an_array_of_any_name_can_be_told(tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", **{"x\x1b[31m": samples.pixels(4, 8, 8)})
    found = refused(load(Settings("npz", tmp_path / "set.npz"), (8, 8, 1), 10))
    assert all(problem.message.isprintable() for problem in found)
    assert r"`x\x1b[31m`" in found[0].message


@pytest.mark.parametrize(
    ("folder", "near"),
    [("Dog", "dog"), ("DOG ", "dog"), ("cafe\u0301", "caf\xe9"), ("dogs", "dog")],
)
def test_a_test_class_that_is_nearly_a_training_class_is_told_its_name(folder: str, near: str, tmp_path: Path) -> None:
    named(tmp_path, "cat", "dog", "caf\xe9")
    (tmp_path / "test" / near).rename(tmp_path / "test" / folder)
    (found,) = refused(loaded(tmp_path))
    assert (found.code, found.help) == ("NS511", f"rename `{folder}` to `{near}`")


def test_a_test_class_that_is_like_none_has_no_help(tmp_path: Path) -> None:
    named(tmp_path, "cat", "dog")
    (tmp_path / "test" / "dog").rename(tmp_path / "test" / "zebra")
    (found,) = refused(loaded(tmp_path))
    assert (found.code, found.help) == ("NS511", None)


@pytest.mark.parametrize(
    ("pair", "says"),
    [
        (("Cat", "cat"), "`Cat` and `cat`"),
        (("caf\xe9", "cafe\u0301"), r"`cafe\u0301` and `caf\xe9`"),
        (("cat", "cat "), "`cat` and `cat `"),
        (("\xdcbung", "\xfcbung"), "`\xdcbung` and `\xfcbung`"),
    ],
)
def test_two_classes_of_nearly_one_name_are_warned_of(pair: tuple[str, str], says: str, tmp_path: Path) -> None:
    named(tmp_path, *pair)
    (found,) = read(loaded(tmp_path)).warnings
    assert (found.code, found.severity) == ("NS531", "warning")
    assert found.message.endswith(says)


def test_letters_of_both_cases_are_one_warning(tmp_path: Path) -> None:
    named(tmp_path, *"abcdefgABCDEFG")
    (found,) = read(loaded(tmp_path)).warnings
    assert "`A` and `a`, " in found.message
    assert found.message.endswith(" and 2 more pairs")


@pytest.mark.parametrize(
    ("parts", "help"),
    [
        (("train", "val"), "rename `val` to `test`"),
        (("train", "Valid"), "rename `Valid` to `test`"),
        (("train", "validation"), "rename `validation` to `test`"),
        (("train", "Test"), "rename `Test` to `test`"),
        (("Training", "test"), "rename `Training` to `train`"),
        (("train", "rest"), "make `train/<class>/` and `test/<class>/`"),
    ],
)
def test_a_part_of_another_name_is_told(parts: tuple[str, str], help: str, tmp_path: Path) -> None:
    named(tmp_path, "cat", "dog", parts=parts)
    (found,) = refused(loaded(tmp_path))
    assert (found.code, found.help) == ("NS501", help)


def test_a_path_that_is_one_folder_off_is_told(tmp_path: Path) -> None:
    named(tmp_path / "flowers", "cat", "dog")
    (found,) = refused(loaded(tmp_path))
    assert found.help == "give the path of its folder `flowers`, which has `train`"
    (found,) = refused(loaded(tmp_path / "flowers" / "train"))
    assert found.help == "give the path of the folder above, which has `train`"


@pytest.mark.parametrize("name", ["val", "Valid", "validation"])
def test_a_third_part_is_said_not_to_be_read(name: str, tmp_path: Path) -> None:
    named(tmp_path, "cat", "dog")
    (tmp_path / name / "cat").mkdir(parents=True)
    (found,) = read(loaded(tmp_path)).warnings
    assert (found.code, found.severity) == ("NS532", "warning")
    assert f"/{name}`: is not read" in found.message
