"""Small data sets in every format, and the ways to break them: the corpus of the data room.

`GOOD[source](place)` writes a sound set; each `Breakage` writes one and spoils it.
"""

from __future__ import annotations

import gzip
import io
import os
import pickle
import shutil
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

ROWS, TEST_ROWS, CLASSES = 40, 20, 10
CAT = "train/cat"
XI, XL = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"
TI, TL = "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"


def pixels(rows: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(rows).integers(0, 256, (rows, *shape), dtype=np.uint8)


def labels(rows: int, classes: int = CLASSES) -> np.ndarray:
    return (np.arange(rows) % classes).astype(np.uint8)


def idx_bytes(array: np.ndarray) -> bytes:
    return struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def good_idx(folder: Path, zipped: bool = True) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in (
        (XI, pixels(ROWS, 8, 8)),
        (XL, labels(ROWS)),
        (TI, pixels(TEST_ROWS, 8, 8)),
        (TL, labels(TEST_ROWS)),
    ):
        path = folder / (name if zipped else name.removesuffix(".gz"))
        path.write_bytes(gzip.compress(idx_bytes(array), mtime=0) if zipped else idx_bytes(array))


def arrays() -> dict[str, np.ndarray]:
    return {
        "x_train": pixels(ROWS, 8, 8),
        "y_train": labels(ROWS),
        "x_test": pixels(TEST_ROWS, 8, 8),
        "y_test": labels(TEST_ROWS),
    }


def good_npz(path: Path) -> None:
    np.savez_compressed(path, **arrays())


def cifar_rows(seed: int) -> tuple[np.ndarray, list[int]]:
    return np.random.default_rng(seed).integers(0, 256, (10, 3072), dtype=np.uint8), list(range(10))


CIFAR_NAMES = ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch")


def good_cifar_binary(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for seed, name in enumerate(CIFAR_NAMES):
        data, numbers = cifar_rows(seed)
        rows = np.concatenate([np.array(numbers, np.uint8)[:, None], data], axis=1)
        (folder / f"{name}.bin").write_bytes(rows.tobytes())


def python2_pickle(data: np.ndarray, numbers: list[int]) -> bytes:
    """A dictionary as Python 2's cPickle wrote it, protocol 2, opcode by opcode, and as published."""

    def text(value: bytes) -> bytes:
        return b"U" + bytes([len(value)]) + value

    rows = struct.pack("<H", len(data))
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\nq\x05cnumpy\nndarray\nq\x06K\x00\x85q\x07U\x01b\x87q\x08Rq\x09"
        b"(K\x01M" + rows + b"M\x00\x0c\x86q\x0acnumpy\ndtype\nq\x0bU\x02u1K\x00K\x01\x87q\x0cRq\x0d"
        b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x0eb\x89"
        b"T" + struct.pack("<i", data.size) + data.tobytes() + b"q\x0ftq\x10b"
    )
    labels = b"]q\x04(" + b"".join(b"K" + bytes([number]) for number in numbers) + b"e"
    return (
        b"\x80\x02}q\x01(" + text(b"batch_label") + b"q\x02" + text(b"training batch 1 of 5") + b"q\x03"
        + text(b"labels") + labels + text(b"data") + array + text(b"filenames") + b"]q\x11" + text(b"a.png")
        + b"au."
    )  # fmt: skip


def good_cifar_python(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for seed, name in enumerate(CIFAR_NAMES):
        (folder / name).write_bytes(python2_pickle(*cifar_rows(seed)))


def good_images(folder: Path) -> None:
    for part in ("train", "test"):
        for name in ("cat", "dog"):
            (folder / part / name).mkdir(parents=True)
            for number in range(2):
                Image.fromarray(pixels(8, 8)).save(folder / part / name / f"{number}.png")


GOOD: dict[str, Callable[[Path], None]] = {
    "idx": good_idx,
    "npz": good_npz,
    "cifar-10": good_cifar_binary,
    "images": good_images,
}
SHAPES = {"idx": (8, 8, 1), "npz": (8, 8, 1), "cifar-10": (32, 32, 3), "images": (8, 8, 1)}
OUTPUTS = {"idx": 10, "npz": 10, "cifar-10": 10, "images": 2}


@dataclass(frozen=True)
class Breakage:
    """A sound set of `source`, spoiled. The finding has `code` and its message every one of `says`."""

    name: str
    code: str
    source: str
    spoil: Callable[[Path], object]
    says: tuple[str, ...]
    good: Callable[[Path], None] | None = None

    def write(self, place: Path) -> None:
        (self.good or GOOD[self.source])(place)
        self.spoil(place)


def _bytes(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda place: (place / name).write_bytes(change((place / name).read_bytes()))


def _idx(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    """Changes the inflated bytes."""
    return _bytes(name, lambda data: gzip.compress(change(gzip.decompress(data)), mtime=0))


def _flip(at: int) -> Callable[[bytes], bytes]:
    def flip(data: bytes) -> bytes:
        spoiled = bytearray(data)
        spoiled[at] ^= 0x41
        return bytes(spoiled)

    return flip


def _put(at: int, value: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data[:at] + value + data[at + len(value) :]


def _idx_labels(train: np.ndarray, test: np.ndarray) -> Callable[[Path], object]:
    def spoil(place: Path) -> None:
        for name, array in ((XL, train), (TL, test)):
            (place / name).write_bytes(gzip.compress(idx_bytes(array.astype(np.uint8)), mtime=0))

    return spoil


def _resave(**changed: np.ndarray | None) -> Callable[[Path], object]:
    def spoil(place: Path) -> None:
        held = {name: array for name, array in (arrays() | changed).items() if array is not None}
        np.savez_compressed(place, **held)

    return spoil


def _member(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    """Changes the bytes of one array within the archive, whose checksums then hold."""

    def spoil(place: Path) -> None:
        with zipfile.ZipFile(place) as archive:
            held = {entry: archive.read(entry) for entry in archive.namelist()}
        with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, data in held.items():
                archive.writestr(entry, change(data) if entry == f"{name}.npy" else data)

    return spoil


def _header(text: str) -> Callable[[bytes], bytes]:
    head = text.ljust(117) + "\n"
    return lambda data: b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head.encode() + data[128:]


def _image(name: str, image: Image.Image, **options: object) -> Callable[[Path], object]:
    return lambda place: image.save(place / "train" / "cat" / name, **options)


def _file(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda place: (place / name).write_bytes(content)


def _encoded(image: Image.Image, format: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format)
    return buffer.getvalue()


def _empty_class(place: Path) -> None:
    (place / "train" / "emu").mkdir()


def _one_class(place: Path) -> None:
    for part in ("train", "test"):
        for file in (place / part / "dog").iterdir():
            file.unlink()
        (place / part / "dog").rmdir()


def _again(name: str) -> Callable[[Path], object]:
    """The entry is there a second time."""

    def spoil(place: Path) -> None:
        with warnings.catch_warnings(), zipfile.ZipFile(place, "a") as archive:
            warnings.simplefilter("ignore")
            archive.writestr(name, archive.read(name))

    return spoil


def _renamed(name: str, other: str) -> Callable[[Path], object]:
    def spoil(place: Path) -> None:
        with zipfile.ZipFile(place) as archive:
            held = {entry: archive.read(entry) for entry in archive.namelist()}
        with zipfile.ZipFile(place, "w") as archive:
            for entry, data in held.items():
                archive.writestr(other if entry == name else entry, data)

    return spoil


def _packed(method: int) -> Callable[[Path], object]:
    def spoil(place: Path) -> None:
        with zipfile.ZipFile(place) as archive:
            held = {entry: archive.read(entry) for entry in archive.namelist()}
        with zipfile.ZipFile(place, "w") as archive:
            for entry, data in held.items():
                archive.writestr(entry, data, method if entry == "x_train.npy" else zipfile.ZIP_STORED)

    return spoil


def _encrypted(place: Path) -> None:
    """The flag of encryption in the directory's entry of x_train."""
    content = bytearray(place.read_bytes())
    at = content.rindex(b"PK\1\2", 0, content.rindex(b"x_train.npy"))
    content[at + 8] |= 1
    place.write_bytes(bytes(content))


def _crowded(place: Path) -> None:
    """70,000 empty entries besides: a directory that is larger than what it lists."""
    with zipfile.ZipFile(place, "a") as archive:
        for number in range(70_000):
            archive.writestr(str(number), b"")


def _sparse(name: str, size: int) -> Callable[[Path], object]:
    """A file of that many zeros that takes no room on the disk."""
    return lambda place: os.truncate(place / name, size)


def _pickle_labels(numbers: list[int]) -> Callable[[bytes], bytes]:
    return lambda _: pickle.dumps({"labels": numbers, "data": cifar_rows(0)[0]}, protocol=2)


def _pickle_of(value: object) -> Callable[[bytes], bytes]:
    return lambda _: pickle.dumps(value, protocol=2)


class Runs:
    """Would run a command when unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch was-run",)


def png_of(width: int, height: int, text_bytes: int = 0) -> bytes:
    """A PNG that declares a size and holds next to nothing; with a compressed comment of that many spaces."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    packed = chunk(b"IDAT", zlib.compress(b"\0" * 100_000))
    comment = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b" " * text_bytes)) if text_bytes else b""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + comment + packed + chunk(b"IEND", b"")


NOISE = Image.fromarray(pixels(64, 64))
NAN = pixels(ROWS, 8, 8).astype(np.float32)
NAN[7, 3, 2] = np.nan
NAN[9, 0, 0] = np.inf
BAD = labels(ROWS)
BAD[7] = 10
BAD[11] = 255
HTML = b"<!DOCTYPE html><html><body>404 Not Found</body></html>"

BREAKAGES = (
    Breakage("idx-empty-file", "NS503", "idx", _file(XI, b""), (XI, "byte 0", "empty")),
    Breakage("idx-html", "NS502", "idx", _file(XI, HTML), (XI, "byte 0", "0x3c21444f")),
    Breakage("idx-truncated-gzip", "NS503", "idx", _bytes(XI, lambda b: b[:-900]), (XI, "byte ")),
    Breakage("idx-gzip-cut-in-trailer", "NS503", "idx", _bytes(XI, lambda b: b[:-3]), (XI, "byte 2576")),
    Breakage("idx-gzip-cut-in-header", "NS503", "idx", _bytes(XI, lambda b: b[:5]), (XI, "byte 0")),
    Breakage("idx-bit-flip", "NS503", "idx", _bytes(XI, _flip(1200)), (XI, "byte ")),
    Breakage("idx-checksum-flip", "NS503", "idx", _bytes(XI, _flip(-6)), (XI, "byte 2576", "CRC")),
    Breakage("idx-length-flip", "NS503", "idx", _bytes(XI, _flip(-2)), (XI, "byte 2576")),
    Breakage("idx-junk-after-gzip", "NS503", "idx", _bytes(XI, lambda b: b + b"junk"), (XI, "byte 2576")),
    Breakage("idx-second-member", "NS503", "idx", _bytes(XI, lambda b: b + b), (XI, "byte 2576", "goes on")),
    Breakage("idx-long", "NS503", "idx", _idx(XI, lambda b: b + b"\0"), (XI, "byte 2576", "goes on")),
    Breakage("idx-short", "NS503", "idx", _idx(XL, lambda b: b[:-1]), (XL, "byte 47", "1 bytes short")),
    Breakage("idx-header-only", "NS503", "idx", _idx(XI, lambda b: b[:16]), (XI, "byte 16")),
    Breakage("idx-half-header", "NS503", "idx", _idx(XI, lambda b: b[:10]), (XI, "byte 10", "header")),
    Breakage("idx-three-bytes", "NS503", "idx", _idx(TI, lambda b: b[:3]), (TI, "byte 3")),
    Breakage("idx-gzip-of-nothing", "NS503", "idx", _idx(TI, lambda b: b""), (TI, "byte 0", "0 bytes")),
    Breakage("idx-magic", "NS502", "idx", _idx(XI, _flip(0)), (XI, "byte 0", "0x41000803")),
    Breakage("idx-float-type", "NS502", "idx", _idx(XI, _put(2, b"\x0d")), (XI, "0x00000d03")),
    Breakage("idx-labels-as-images", "NS502", "idx", lambda p: (p / XI).write_bytes((p / XL).read_bytes()), (XI,)),
    Breakage("idx-no-rows", "NS510", "idx", _idx(XI, lambda _: idx_bytes(pixels(0, 8, 8))), (XI,)),
    Breakage("idx-counts", "NS506", "idx", _idx(XL, lambda _: idx_bytes(labels(39))), (XL, "header", "39", "40")),
    Breakage("idx-label-is-classes", "NS507", "idx", _idx(XL, _put(8 + 7, b"\x0a")), (XL, "row 7", "label 10")),
    Breakage("idx-label-255", "NS507", "idx", _idx(TL, _put(8 + 3, b"\xff")), (TL, "row 3", "label 255")),
    Breakage("idx-labels-count", "NS507", "idx", _idx_labels(BAD, labels(20)), (XL, "row 7", "first of 2")),
    Breakage("idx-other-size", "NS508", "idx", _idx(TI, lambda _: idx_bytes(pixels(20, 9, 8))), (TI, "9×8×1")),
    Breakage("idx-bomb-header", "NS504", "idx", _idx(XI, _put(4, b"\x7f\xff\xff\xff")), (XI, "byte 4")),
    Breakage("idx-one-class", "NS511", "idx", _idx_labels(labels(40, 1), labels(20, 1)), ("`0`",)),
    Breakage("idx-never-taught", "NS511", "idx", _idx_labels(labels(40, 9), labels(20)), ("`9`",)),
    Breakage("idx-missing", "NS501", "idx", lambda p: (p / TL).unlink(), ("t10k-labels-idx1-ubyte",)),
    Breakage("idx-is-a-folder", "NS502", "idx", lambda p: ((p / XI).unlink(), (p / XI).mkdir()), (XI,)),
    Breakage("idx-is-a-pipe", "NS502", "idx", lambda p: ((p / XI).unlink(), os.mkfifo(p / XI)), (XI,)),
    Breakage("idx-loop", "NS501", "idx", lambda p: ((p / XI).unlink(), (p / XI).symlink_to(p / XI)), ()),
    Breakage(
        "idx-plain-short",
        "NS503",
        "idx",
        _bytes(XI[:-3], lambda b: b[:-5]),
        (XI[:-3], "byte 2571"),
        lambda place: good_idx(place, zipped=False),
    ),
    Breakage(
        "idx-plain-long",
        "NS503",
        "idx",
        _bytes(XI[:-3], lambda b: b + b"12345"),
        (XI[:-3], "byte 2576", "5 more"),
        lambda place: good_idx(place, zipped=False),
    ),
    Breakage("npz-empty", "NS503", "npz", lambda p: p.write_bytes(b""), ("byte 0",)),
    Breakage("npz-html", "NS502", "npz", lambda p: p.write_bytes(HTML), ("byte 0", "npz")),
    Breakage("npz-pickle", "NS502", "npz", lambda p: p.write_bytes(pickle.dumps(Runs())), ("byte 0",)),
    Breakage("npz-truncated", "NS503", "npz", lambda p: p.write_bytes(p.read_bytes()[:-500]), ("directory",)),
    Breakage(
        "npz-bit-flip",
        "NS503",
        "npz",
        lambda p: p.write_bytes(_flip(900)(p.read_bytes())),
        ("x_train", "byte"),
    ),
    Breakage("npz-missing-array", "NS505", "npz", _resave(y_test=None), ("`y_test`", "missing")),
    Breakage(
        "npz-objects",
        "NS505",
        "npz",
        _resave(x_train=np.array([[1], [2, 3]], dtype=object)),
        ("`x_train`", "objects"),
    ),
    Breakage("npz-float-labels", "NS505", "npz", _resave(y_train=labels(40) * 1.0), ("`y_train`", "float64")),
    Breakage(
        "npz-one-hot",
        "NS505",
        "npz",
        _resave(y_train=np.eye(10, dtype=int)[labels(40)]),
        ("`y_train`", "40×10"),
    ),
    Breakage("npz-text-labels", "NS505", "npz", _resave(y_train=np.array(["cat"] * 40)), ("`y_train`", "<U3")),
    Breakage("npz-records", "NS505", "npz", _resave(x_train=np.zeros(40, [("a", "u1")])), ("`x_train`",)),
    Breakage("npz-complex", "NS505", "npz", _resave(x_train=np.zeros((40, 8, 8), complex)), ("`x_train`", "c16")),
    Breakage("npz-flat", "NS505", "npz", _resave(x_train=pixels(40, 64)), ("`x_train`", "40×64")),
    Breakage("npz-scalar", "NS505", "npz", _resave(y_train=np.array(3)), ("`y_train`",)),
    Breakage("npz-nan", "NS509", "npz", _resave(x_train=NAN), ("`x_train`", "row 7", "2 of 40")),
    Breakage(
        "npz-beyond-float32",
        "NS509",
        "npz",
        _resave(x_test=np.full((20, 8, 8), 1e300)),
        ("`x_test`", "row 0"),
    ),
    Breakage(
        "npz-negative-label",
        "NS507",
        "npz",
        _resave(y_train=labels(40).astype(int) - 1),
        ("row 0", "label -1"),
    ),
    Breakage(
        "npz-huge-label",
        "NS507",
        "npz",
        _resave(y_test=np.full(20, 2**40)),
        ("`y_test`", "row 0", str(2**40)),
    ),
    Breakage("npz-counts", "NS506", "npz", _resave(y_train=labels(41)), ("`y_train`", "41", "40")),
    Breakage("npz-no-rows", "NS510", "npz", _resave(x_test=pixels(0, 8, 8), y_test=labels(0)), ("`x_test`",)),
    Breakage("npz-channels-first", "NS508", "npz", _resave(x_train=pixels(40, 1, 8, 8)), ("`x_train`", "1×8×8")),
    Breakage(
        "npz-claims-745-gib",
        "NS503",
        "npz",
        _member("x_train", _header("{'descr': '<f8', 'fortran_order': False, 'shape': (100000000, 1000), }")),
        ("`x_train`", "800,000,000,000"),
    ),
    Breakage(
        "npz-header-runs",
        "NS505",
        "npz",
        _member("x_train", _header("{'descr': '<f8', 'fortran_order': exit(), 'shape': (1,), }")),
        ("`x_train`",),
    ),
    Breakage(
        "npz-deep-header",
        "NS505",
        "npz",
        _member("x_train", _header("(" * 100)),
        ("`x_train`",),
    ),
    Breakage(
        "npz-long-header",
        "NS502",
        "npz",
        _member("x_train", _put(8, b"\xff\xff")),
        ("`x_train`", "65,535"),
    ),
    Breakage("npz-not-npy", "NS502", "npz", _member("y_test", lambda _: b"hello"), ("`y_test`", "byte 0")),
    Breakage("npz-no-bytes", "NS502", "npz", _member("y_test", lambda _: b""), ("`y_test`", "byte 0")),
    Breakage("npz-long-array", "NS503", "npz", _member("y_test", lambda b: b + b"\0"), ("`y_test`",)),
    Breakage("cifar-truncated", "NS503", "cifar-10", _bytes("data_batch_3.bin", lambda b: b[:-9]), ("row 9", "_3")),
    Breakage(
        "cifar-label",
        "NS507",
        "cifar-10",
        _bytes("test_batch.bin", _put(3073 * 4, b"\x0a")),
        ("row 4", "test_"),
    ),
    Breakage("cifar-missing", "NS501", "cifar-10", lambda p: (p / "data_batch_2.bin").unlink(), ("data_batch_2",)),
    Breakage("cifar-none", "NS501", "cifar-10", lambda p: [f.unlink() for f in p.iterdir()], ("data_batch_1",)),
    Breakage(
        "cifar-py-runs",
        "NS514",
        "cifar-10",
        _bytes("data_batch_1", _pickle_of({"data": Runs(), "labels": []})),
        ("data_batch_1", "byte ", "system"),
        good_cifar_python,
    ),
    Breakage(
        "cifar-py-float",
        "NS514",
        "cifar-10",
        _bytes("data_batch_1", _pickle_of({"labels": [1.5]})),
        ("data_batch_1", "BINFLOAT"),
        good_cifar_python,
    ),
    Breakage(
        "cifar-py-truncated",
        "NS503",
        "cifar-10",
        _bytes("data_batch_4", lambda b: b[:-700]),
        ("data_batch_4", "byte "),
        good_cifar_python,
    ),
    Breakage(
        "cifar-py-html",
        "NS503",
        "cifar-10",
        _bytes("test_batch", lambda _: HTML),
        ("test_batch", "byte 0"),
        good_cifar_python,
    ),
    Breakage(
        "cifar-py-label",
        "NS507",
        "cifar-10",
        _bytes("data_batch_5", lambda _: python2_pickle(cifar_rows(0)[0], [0] * 9 + [10])),
        ("data_batch_5", "row 9", "label 10"),
        good_cifar_python,
    ),
    Breakage(
        "cifar-py-counts",
        "NS506",
        "cifar-10",
        _bytes("data_batch_5", lambda _: python2_pickle(cifar_rows(0)[0], [0] * 9)),
        ("data_batch_5", "9 labels for 10"),
        good_cifar_python,
    ),
    Breakage(
        "cifar-py-no-keys",
        "NS505",
        "cifar-10",
        _bytes("data_batch_5", _pickle_of({"fine_labels": [1]})),
        ("data_batch_5", "`labels`"),
        good_cifar_python,
    ),
    Breakage(
        "images-text",
        "NS502",
        "images",
        _file(f"{CAT}/notes.jpg", b"a note, no picture"),
        ("notes.jpg", "byte 0"),
    ),
    Breakage(
        "images-avif",
        "NS502",
        "images",
        _file(f"{CAT}/x.png", b"\0\0\0\x20ftypavif".ljust(200, b"\0")),
        ("x.png", "byte 0", "the format AVIF"),
    ),
    Breakage(
        "images-tiff-without-tags",
        "NS503",
        "images",
        _file(f"{CAT}/x.tiff", b"II*\0\x08\0\0\0\0\0"),
        ("x.tiff", "header", "begins as TIFF does"),
    ),
    Breakage(
        "images-class-in-latin-1",
        "NS530",
        "images",
        lambda p: [(p / part / "dog").rename(p / part / os.fsdecode(b"caf\xe9")) for part in ("train", "test")],
        (r"train/caf\xe9`", "not UTF-8"),
    ),
    Breakage(
        "images-class-of-two-lines",
        "NS530",
        "images",
        lambda p: [(p / part / "dog").rename(p / part / "do\ng") for part in ("train", "test")],
        (r"train/do\ng`", "`U+000A`"),
    ),
    Breakage("images-zero", "NS503", "images", _file(f"{CAT}/none.png", b""), ("none.png", "empty")),
    Breakage(
        "images-truncated-jpeg",
        "NS503",
        "images",
        lambda p: (p / CAT / "x.jpg").write_bytes(_encoded(NOISE.resize((8, 8)), "JPEG")[:-40]),
        ("x.jpg", "pixels"),
    ),
    Breakage(
        "images-truncated-png",
        "NS503",
        "images",
        _bytes(f"{CAT}/0.png", lambda b: b[:60]),
        ("0.png", "pixels"),
    ),
    Breakage("images-png-flip", "NS503", "images", _bytes(f"{CAT}/0.png", _flip(50)), ("0.png",)),
    Breakage("images-size", "NS508", "images", _image("big.png", NOISE), ("big.png", "64×64")),
    Breakage("images-huge", "NS504", "images", _file(f"{CAT}/huge.png", png_of(14_000, 14_000)), ("huge.png",)),
    Breakage(
        "images-large",
        "NS504",
        "images",
        _file(f"{CAT}/huge.png", png_of(9_000, 9_000)),
        ("huge.png", "81,000"),
    ),
    Breakage("images-float", "NS515", "images", _image("f.tiff", Image.new("F", (8, 8))), ("f.tiff", "`F`")),
    Breakage(
        "images-animated",
        "NS515",
        "images",
        _image("a.gif", Image.new("L", (8, 8)), save_all=True, append_images=[Image.new("L", (8, 8), 9)]),
        ("a.gif", "2 frames"),
    ),
    Breakage("images-empty-class", "NS510", "images", _empty_class, ("train/emu",)),
    Breakage("images-one-class", "NS511", "images", _one_class, ("`cat`",)),
    Breakage("images-loose", "NS516", "images", _file("train/readme.txt", b"hello"), ("readme.txt",)),
    Breakage("images-nested", "NS516", "images", lambda p: (p / CAT / "more").mkdir(), ("cat/more",)),
    Breakage(
        "images-untaught",
        "NS511",
        "images",
        lambda p: (p / "test/dog").rename(p / "test/owl"),
        ("test", "`owl`"),
    ),
    Breakage("images-no-test", "NS501", "images", lambda p: (p / "test").rename(p / "rest"), ("test",)),
    Breakage(
        "idx-little-endian",
        "NS504",
        "idx",
        _idx(XI, lambda b: b[:4] + struct.pack("<3I", ROWS, 8, 8) + b[16:]),
        (XI, "byte 4"),
    ),
    Breakage("idx-gzip-twice", "NS502", "idx", _bytes(XI, lambda b: gzip.compress(b, mtime=0)), (XI, "byte 0", "1f8b")),
    Breakage("idx-tar", "NS502", "idx", _file(XI, b"train-images".ljust(512, b"\0")), (XI, "byte 0")),
    Breakage("idx-images-as-labels", "NS502", "idx", lambda p: (p / TL).write_bytes((p / TI).read_bytes()), (TL,)),
    Breakage("idx-dangling-link", "NS501", "idx", lambda p: ((p / TI).unlink(), (p / TI).symlink_to("none")), ()),
    Breakage("idx-labels-no-rows", "NS506", "idx", _idx(TL, lambda _: idx_bytes(labels(0))), (TL, "0 labels for 20")),
    Breakage("idx-no-width", "NS508", "idx", _idx(XI, lambda _: idx_bytes(pixels(ROWS, 8, 0))), (XI, "8×0×1")),
    Breakage(
        "idx-honest-bomb",
        "NS506",
        "idx",
        _idx(XI, lambda _: idx_bytes(np.zeros((900_000, 8, 8), np.uint8))),
        (XL, "40", "900,000"),
    ),
    Breakage("npz-bool-labels", "NS505", "npz", _resave(y_train=labels(40) > 4), ("`y_train`", "bool")),
    Breakage("npz-nan-labels", "NS505", "npz", _resave(y_test=np.full(20, np.nan)), ("`y_test`", "float64")),
    Breakage(
        "npz-label-is-classes", "NS507", "npz", _resave(y_train=labels(40, 11)), ("`y_train`", "row 10", "label 10")
    ),
    Breakage("npz-beyond-int64", "NS507", "npz", _resave(y_test=np.full(20, 2**64 - 1, np.uint64)), (str(2**64 - 1),)),
    Breakage(
        "npz-infinite",
        "NS509",
        "npz",
        _resave(x_test=np.where(pixels(20, 8, 8) < 3, -np.inf, 0.0)),
        ("`x_test`", "row "),
    ),
    Breakage("npz-scalar-images", "NS505", "npz", _resave(x_train=np.array(3)), ("`x_train`",)),
    Breakage("npz-five-axes", "NS505", "npz", _resave(x_train=pixels(40, 8, 8, 1, 1)), ("`x_train`", "40×8×8×1×1")),
    Breakage("npz-dates", "NS505", "npz", _resave(x_train=np.zeros((40, 8, 8), "M8[s]")), ("`x_train`", "M8[s]")),
    Breakage("npz-long-double", "NS505", "npz", _resave(x_train=np.zeros((40, 8, 8), "g")), ("`x_train`",)),
    Breakage("npz-bytes", "NS505", "npz", _resave(y_train=np.array([b"cat"] * 40)), ("`y_train`", "S3")),
    Breakage("npz-unicode-name", "NS505", "npz", _resave(x_train=None, x_träin=pixels(40, 8, 8)), ("`x_träin`",)),
    Breakage("npz-twice", "NS503", "npz", _again("y_test.npy"), ("`y_test`", "2 times")),
    Breakage("npz-absolute-name", "NS505", "npz", _renamed("x_train.npy", "/x_train.npy"), ("`x_train`", "missing")),
    Breakage("npz-outside-name", "NS505", "npz", _renamed("x_train.npy", "../x_train.npy"), ("`x_train`", "missing")),
    Breakage("npz-many-entries", "NS504", "npz", _crowded, ("directory", "3,559,116")),
    Breakage("npz-lzma", "NS502", "npz", _packed(zipfile.ZIP_LZMA), ("`x_train`", "packed")),
    Breakage("npz-encrypted", "NS502", "npz", _encrypted, ("`x_train`", "encrypted")),
    Breakage(
        "npz-negative-shape",
        "NS505",
        "npz",
        _member("x_train", _header("{'descr': '|u1', 'fortran_order': False, 'shape': (-40, 8, 8), }")),
        ("`x_train`",),
    ),
    Breakage(
        "npz-endless-shape",
        "NS503",
        "npz",
        _member("x_train", _header("{'descr': '|u1', 'fortran_order': False, 'shape': (" + "9" * 60 + ",), }")),
        ("`x_train`",),
    ),
    Breakage("cifar-html", "NS503", "cifar-10", _file("data_batch_1.bin", HTML), ("data_batch_1", "row 0")),
    Breakage("cifar-empty", "NS503", "cifar-10", _file("data_batch_1.bin", b""), ("data_batch_1", "byte 0")),
    Breakage("cifar-extra-byte", "NS503", "cifar-10", _bytes("test_batch.bin", lambda b: b + b"\0"), ("row 10",)),
    Breakage(
        "cifar-shifted", "NS507", "cifar-10", _bytes("test_batch.bin", lambda b: b[1:] + b"\0"), ("test_batch", "row ")
    ),
    Breakage("cifar-oversized", "NS504", "cifar-10", _sparse("data_batch_1.bin", 1 << 40), ("data_batch_1",)),
    Breakage("cifar-py-empty", "NS503", "cifar-10", _file("data_batch_2", b""), ("data_batch_2",), good_cifar_python),
    Breakage(
        "cifar-py-marks",
        "NS504",
        "cifar-10",
        _file("data_batch_2", b"\x80\x02" + b"(" * 5_000_000 + b"."),
        ("data_batch_2", "byte "),
        good_cifar_python,
    ),
    Breakage(
        "cifar-py-doubling",
        "NS505",
        "cifar-10",
        _file("data_batch_2", b"\x80\x02)" + b"q\x00h\x00\x86" * 60 + b"."),
        ("data_batch_2",),
        good_cifar_python,
    ),
    Breakage(
        "cifar-py-negative",
        "NS507",
        "cifar-10",
        _bytes("data_batch_5", _pickle_labels([-1] + [0] * 9)),
        ("data_batch_5", "row 0", "label -1"),
        good_cifar_python,
    ),
    Breakage(
        "cifar-py-truth",
        "NS505",
        "cifar-10",
        _bytes("data_batch_5", _pickle_labels([True] * 10)),
        ("data_batch_5", "labels, row 0"),
        good_cifar_python,
    ),
    Breakage("images-html", "NS502", "images", _file(f"{CAT}/page.png", HTML), ("page.png", "<!DOCTYPE")),
    Breakage(
        "images-svg", "NS502", "images", _file(f"{CAT}/x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"), ("x.svg",)
    ),
    Breakage("images-list", "NS502", "images", _file(f"{CAT}/images.txt", b"0.png cat\n"), ("images.txt",)),
    Breakage("images-loop", "NS501", "images", lambda p: (p / CAT / "l.png").symlink_to("l.png"), ("l.png",)),
    Breakage("images-folder-loop", "NS516", "images", lambda p: (p / CAT / "up").symlink_to(".."), ("cat/up",)),
    Breakage("images-folder-as-image", "NS516", "images", lambda p: (p / CAT / "x.png").mkdir(), ("x.png", "folder")),
    Breakage("images-pipe", "NS502", "images", lambda p: os.mkfifo(p / CAT / "p.png"), ("p.png", "regular")),
    Breakage("images-negative", "NS515", "images", _image("n.tiff", Image.new("I", (8, 8), -5)), ("n.tiff", "`I`")),
    Breakage("images-lab", "NS515", "images", _image("lab.tiff", Image.new("LAB", (8, 8))), ("lab.tiff", "`LAB`")),
    Breakage(
        "images-metadata-bomb", "NS503", "images", _file(f"{CAT}/t.png", png_of(8, 8, text_bytes=1 << 28)), ("t.png",)
    ),
    Breakage("images-test-class", "NS511", "images", lambda p: (p / "test/dog").rename(p / "test/Dog"), ("`Dog`",)),
    Breakage(
        "images-empty-train",
        "NS510",
        "images",
        lambda p: shutil.rmtree(p / "train") or (p / "train").mkdir(),
        ("train",),
    ),
)
