"""An array file that is none, or lies: its named error, without anything evaluated, allocated or waited for."""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from netspec.data.pixels import SAVE, Trained, is_array
from netspec.data.problem import Refused
from tests.data.test_pixels import trained_on

SHAPE = (4, 4, 1)
PLAIN = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 4, 4), }\n"


def saved(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def zipped() -> bytes:
    out = io.BytesIO()
    np.savez(out, a=np.zeros(3))
    return out.getvalue()


def headed(text: str, data: bytes = bytes(32), version: int = 1, length: int | None = None) -> bytes:
    size = struct.pack("<H" if version == 1 else "<I", len(text) if length is None else length)
    return b"\x93NUMPY" + bytes([version, 0]) + size + text.encode("latin-1") + data


def changed(old: str, new: str, data: bytes = bytes(32)) -> bytes:
    assert old in PLAIN
    return headed(PLAIN.replace(old, new), data)


GOOD = saved(np.zeros((2, 4, 4), np.uint8))
DAMAGED: dict[str, tuple[str, bytes]] = {
    "empty": ("NS503", b""),
    "one byte": ("NS502", GOOD[:1]),
    "magic alone": ("NS502", GOOD[:6]),
    "without a length": ("NS503", GOOD[:9]),
    "half a header": ("NS503", GOOD[:40]),
    "without data": ("NS503", GOOD[:128]),
    "cut by a byte": ("NS503", GOOD[:-1]),
    "a byte too many": ("NS503", GOOD + b"x"),
    "version 0": ("NS502", GOOD[:6] + b"\0\0" + GOOD[8:]),
    "version 9": ("NS502", GOOD[:6] + b"\x09\0" + GOOD[8:]),
    "a mapping that is not closed": ("NS505", headed(PLAIN[:-5])),
    "a string that is not closed": ("NS505", headed("{'descr': '|u1")),
    "a word": ("NS505", headed("hello")),
    "nothing": ("NS505", headed("")),
    "brackets": ("NS505", headed("{'descr': '|u1', (((((((((((")),
    "deep brackets": ("NS505", headed("(" * 9000)),
    "a call": ("NS505", headed("__import__('os').system('id')")),
    "a long header": ("NS502", headed(PLAIN + " " * 70_000, version=2)),
    "a header of 4 GiB": ("NS502", headed(PLAIN, version=2, length=2**32 - 1)),
    "a header beyond the file": ("NS503", headed(PLAIN, length=9000)),
    "another encoding": ("NS505", headed("\xff\xfe" + PLAIN)),
    "a NUL": ("NS505", headed(PLAIN.replace("descr", "de\0scr"))),
    "a key too many": ("NS505", headed(PLAIN.replace(", }", ", 'x': 1}"))),
    "a key too few": ("NS505", headed("{'descr': '|u1', 'fortran_order': False}")),
    "an order that is a number": ("NS505", changed("False", "1")),
    "terabytes": ("NS503", changed("(2,", "(99999999999,")),
    "more than 64 bits": ("NS503", changed("(2,", "(99999999999999999999,")),
    "a length of 300 digits": ("NS505", changed("(2,", f"(1{'0' * 300},")),
    "a length below zero": ("NS505", changed("(2,", "(-2,")),
    "a length with a point": ("NS505", changed("(2,", "(2.0,")),
    "two numbers in a length": ("NS505", changed("(2,", "(1 2,")),
    "500 axes": ("NS505", changed("(2,", f"({'1, ' * 500}2,")),
    "one number": ("NS508", changed("(2, 4, 4)", "()")),
    "another size": ("NS508", saved(np.zeros((2, 5, 4), np.uint8))),
    "no images": ("NS510", saved(np.zeros((0, 4, 4), np.uint8))),
    "objects": ("NS505", changed("|u1", "|O", b"\x80\x04.")),
    "records": ("NS505", headed(PLAIN.replace("'|u1'", "[('a', 'u1')]"))),
    "text": ("NS505", saved(np.full((2, 4, 4), "a"))),
    "complex numbers": ("NS505", saved(np.zeros((2, 4, 4), np.complex64))),
    "dates": ("NS505", saved(np.zeros((2, 4, 4), "M8[s]"))),
    "long doubles": ("NS505", saved(np.zeros((2, 4, 4), np.longdouble))),
    "an archive": ("NS502", zipped()),
    "a web page": ("NS502", b"<!DOCTYPE html>"),
    "a pickle": ("NS502", b"\x80\x04K\x01."),
    "zeros": ("NS502", bytes(4096)),
    "not finite": ("NS509", saved(np.full((4, 4), np.nan))),
}


@pytest.fixture
def trained() -> Trained:
    return trained_on("images", "standard", [120], [70], SHAPE)


@pytest.mark.parametrize("name", DAMAGED)
@pytest.mark.parametrize("piped", [False, True])
def test_each_is_its_named_error(name: str, piped: bool, trained: Trained, tmp_path: Path) -> None:
    code, content = DAMAGED[name]
    path = tmp_path / "x.npy"
    path.write_bytes(content)
    if piped and not content:
        return  # that standard input is empty is said before
    with pytest.raises(Refused) as refused:
        trained.arrays(path, content if piped else None)
    (found,) = refused.value.problems
    assert found.code == code
    assert str(path) in found.message
    assert len(found.message) < 300


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "missing"])
def test_what_is_no_file_is_refused_and_not_waited_for(kind: str, trained: Trained, tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    with pytest.raises(Refused) as refused:
        trained.arrays(path)
    assert refused.value.problems[0].code == ("NS501" if kind == "missing" else "NS502")
    assert not is_array(path.with_suffix(""))


ARRAYS = {
    "one": np.arange(16).reshape(4, 4),
    "one with channels": np.arange(16, dtype=np.uint8).reshape(4, 4, 1),
    "several": np.arange(48, dtype=">i2").reshape(3, 4, 4),
    "columns first": np.asfortranarray(np.arange(48, dtype=np.float16).reshape(3, 4, 4)),
    "several with channels": np.arange(48, dtype=np.float64).reshape(3, 4, 4, 1),
    "truth values": np.eye(4, dtype=bool),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_sound_arrays_are_read_as_numpy_reads_them(name: str, trained: Trained, tmp_path: Path) -> None:
    """Held against numpy's own reader: every order of bytes and axes, every type of number."""
    path = tmp_path / "x.npy"
    np.save(path, ARRAYS[name])
    wanted = np.load(path).reshape(-1, *SHAPE)
    for content in (None, path.read_bytes()):
        found = trained.arrays(path, content)
        assert found.dtype == (np.uint8 if wanted.dtype == np.uint8 else np.float32)
        np.testing.assert_array_equal(found, wanted)


def test_an_array_is_known_by_how_it_begins(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(GOOD)
    (tmp_path / "x.png").write_bytes(b"\x89PNG")
    assert is_array(tmp_path / "x")
    assert is_array(Path("<stdin>"), GOOD)
    assert is_array(tmp_path / "missing.NPY")
    assert not is_array(tmp_path / "x.png")
    assert "numpy.save" in SAVE
