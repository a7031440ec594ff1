"""One rule for each depth and kind of pixel, whatever the file: held on files written byte by byte, which no encoder rounds."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.data import images
from netspec.data.images import decode
from netspec.data.pixels import Trained
from netspec.data.problem import Refused

GREY, COLOUR, GREY_ALPHA, COLOUR_ALPHA = 0, 2, 4, 6
EVERY = np.arange(1 << 16, dtype=np.uint16).reshape(256, 256)


def png(depth: int, kind: int, rows: list[bytes], width: int, transparent: bytes = b"") -> bytes:
    """A PNG of unfiltered rows, by its standard (ISO/IEC 15948)."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, len(rows), depth, kind, 0, 0, 0))
    clear = chunk(b"tRNS", transparent) if transparent else b""
    pixels = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows)))
    return b"\x89PNG\r\n\x1a\n" + head + clear + pixels + chunk(b"IEND", b"")


def deep_png(values: np.ndarray, kind: int, transparent: bytes = b"") -> bytes:
    """16 bits a channel, from (height, width) or (height, width, channels)."""
    return png(16, kind, [row.astype(">u2").tobytes() for row in values], values.shape[1], transparent)


def tiff(bits: int, photometric: int, channels: int, data: bytes, width: int, height: int, extra: int | None = None):
    """A little-endian TIFF of one strip (TIFF 6.0)."""
    entries = [(256, [width]), (257, [height]), (258, [bits] * channels), (259, [1]), (262, [photometric])]
    entries += [(273, [0]), (277, [channels]), (278, [height]), (279, [len(data)])]
    entries += [] if extra is None else [(338, [extra])]
    start = 8 + 2 + 12 * len(entries) + 4
    large = b"" if channels < 3 else struct.pack(f"<{channels}H", *[bits] * channels)
    out = b"II*\0" + struct.pack("<IH", 8, len(entries))
    for tag, values in entries:
        if tag == 273:
            values = [start + len(large)]
        if tag == 258 and large:
            out += struct.pack("<HHII", tag, 3, channels, start)
        elif tag == 258:
            out += struct.pack("<HHI", tag, 3, channels) + struct.pack(f"<{channels}H", *values).ljust(4, b"\0")
        else:
            out += struct.pack("<HHII", tag, 4, 1, values[0])
    return out + struct.pack("<I", 0) + large + data


def read(content: bytes, channels: int, folder: Path, name: str = "x.png", size: tuple[int, int] | None = None):
    (folder / name).write_bytes(content)
    if size is None:
        with Image.open(folder / name) as opened:
            size = opened.height, opened.width
    return decode(folder / name, (*size, channels), resize=False)


@pytest.mark.parametrize("format", ["png", "tiff", "jp2"])
def test_every_grey_of_16_bits_is_its_upper_byte(format: str, tmp_path: Path) -> None:
    Image.fromarray(EVERY).save(tmp_path / f"x.{format}")
    found = decode(tmp_path / f"x.{format}", (256, 256, 1), resize=False)
    np.testing.assert_array_equal(found[..., 0], EVERY >> 8)


def test_colour_of_16_bits_goes_the_way_of_grey(tmp_path: Path) -> None:
    colours = np.stack([EVERY, EVERY[::-1], EVERY.T], -1)
    wanted = (colours >> 8).astype(np.uint8)
    np.testing.assert_array_equal(read(deep_png(colours, COLOUR), 3, tmp_path), wanted)
    content = tiff(16, 2, 3, colours.astype("<u2").tobytes(), 256, 256)
    np.testing.assert_array_equal(read(content, 3, tmp_path, "x.tiff"), wanted)
    grey = np.stack([EVERY] * 3, -1)
    as_grey = read(deep_png(EVERY, GREY), 3, tmp_path)
    np.testing.assert_array_equal(as_grey, read(deep_png(grey, COLOUR), 3, tmp_path))


def test_alpha_of_16_bits_is_its_upper_byte(tmp_path: Path) -> None:
    with_alpha = np.stack([EVERY, EVERY.T], -1)
    found = read(deep_png(with_alpha, GREY_ALPHA), 2, tmp_path)
    np.testing.assert_array_equal(found, with_alpha >> 8)
    colours = np.stack([EVERY, EVERY, EVERY, EVERY.T], -1)
    np.testing.assert_array_equal(read(deep_png(colours, COLOUR_ALPHA), 4, tmp_path), colours >> 8)


def test_8_bits_widened_to_16_come_back_as_they_were(tmp_path: Path) -> None:
    wide = EVERY.astype(np.uint8).astype(np.uint16) * 257
    np.testing.assert_array_equal(read(deep_png(wide, GREY), 1, tmp_path)[..., 0], wide & 0xFF)


@pytest.mark.parametrize("plain", [1 << 23, 0], ids=["whole", "in tiles"])
def test_the_transparent_grey_of_16_bits_is_kept_and_is_one_of_65536(plain: int, tmp_path: Path, monkeypatch) -> None:
    content = deep_png(EVERY, GREY, struct.pack(">H", 0x8123))
    monkeypatch.setattr(images, "PLAIN_PIXELS", plain)
    (tmp_path / "x.png").write_bytes(content)
    wanted = np.where(EVERY == 0x8123, 0, 255)
    found = decode(tmp_path / "x.png", (256, 256, 2), resize=True)
    np.testing.assert_array_equal(found[..., 1], wanted)
    over_black = decode(tmp_path / "x.png", (256, 256, 1), resize=True)[..., 0]
    np.testing.assert_array_equal(over_black, np.where(EVERY == 0x8123, 0, EVERY >> 8))


@pytest.mark.parametrize(("depth", "packed"), [(1, 0b01000000), (2, 0b00011011), (4, 0x1F), (8, 0x01)])
def test_few_bits_of_grey_reach_from_0_to_255_and_keep_their_transparency(depth, packed, tmp_path: Path) -> None:
    """The grey 1 of the file is transparent; the first two pixels are read."""
    row = bytes([packed]) if depth < 8 else bytes([0, 1])
    values = [packed >> (8 - depth), packed >> (8 - 2 * depth) & (1 << depth) - 1] if depth < 8 else [0, 1]
    found = read(png(depth, GREY, [row], 2, struct.pack(">H", 1)), 2, tmp_path)
    assert found[0].tolist() == [[v * 255 // (2**depth - 1), 0 if v == 1 else 255] for v in values]


def test_a_transparent_colour_is_kept(tmp_path: Path) -> None:
    rows = [bytes([1, 2, 3, 1, 2, 4])]
    found = read(png(8, COLOUR, rows, 2, struct.pack(">3H", 1, 2, 3)), 4, tmp_path)
    assert found[0].tolist() == [[1, 2, 3, 0], [1, 2, 4, 255]]


@pytest.mark.parametrize("white", [65535, 1023, 300])
def test_a_netpbm_file_says_what_is_white_for_grey_as_for_colour(white: int, tmp_path: Path) -> None:
    values = np.linspace(0, white, 256).round().astype(">u2").reshape(16, 16)
    head = f" 16 16 {white}\n".encode()
    grey = read(b"P5" + head + values.tobytes(), 1, tmp_path, "x.pgm")
    colour = read(b"P6" + head + np.stack([values] * 3, -1).astype(">u2").tobytes(), 3, tmp_path, "x.ppm")
    plain = read(b"P2" + head + " ".join(map(str, values.ravel())).encode(), 1, tmp_path, "y.pgm")
    np.testing.assert_array_equal(grey[..., 0], np.rint(values / white * 255))
    np.testing.assert_array_equal(np.repeat(grey, 3, -1), colour)
    np.testing.assert_array_equal(grey, plain)


@pytest.mark.parametrize("inverted", [False, True])
def test_bilevel_and_black_for_white_in_tiff(inverted: bool, tmp_path: Path) -> None:
    content = tiff(8, 0 if inverted else 1, 1, bytes([0, 100, 255]), 3, 1)
    wanted = [255, 155, 0] if inverted else [0, 100, 255]
    assert read(content, 1, tmp_path, "x.tiff")[..., 0].tolist() == [wanted]


def test_cmyk_is_ink_on_white_in_every_file(tmp_path: Path) -> None:
    """R = 255 - min(255, C + K): Pillow's conversion without a profile."""
    inks = {(0, 0, 0, 0): (255, 255, 255), (0, 255, 255, 0): (255, 0, 0), (0, 0, 0, 255): (0, 0, 0)}
    for ink, wanted in inks.items():
        for name, options in (("x.tiff", {}), ("x.jpg", {"quality": 100})):
            Image.new("CMYK", (8, 8), ink).save(tmp_path / name, **options)
            assert decode(tmp_path / name, (8, 8, 3), resize=False)[0, 0].tolist() == list(wanted)


@pytest.mark.parametrize("suffix", ["png", "tiff", "jpg", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_orientation_is_set_upright_once(suffix: str, orientation: int, tmp_path: Path) -> None:
    """By the table of Exif 2.32, 4.6.5: where the 0th row and the 0th column of what is stored are seen."""
    stored = np.zeros((32, 48), np.uint8)
    stored[:16, :16] = 255  # the corner between the 0th row and the 0th column
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if suffix == "webp" else {"quality": 100} if suffix == "jpg" else {}
    Image.fromarray(stored).save(tmp_path / f"x.{suffix}", exif=exif, **options)
    turned = orientation > 4
    shape = (48, 32, 1) if turned else (32, 48, 1)
    found = decode(tmp_path / f"x.{suffix}", shape, resize=False)[..., 0] > 128
    bottom, right = orientation in (3, 4, 7, 8), orientation in (2, 3, 6, 7)
    assert found.sum() == 256
    assert found[-16:, :].any() == bottom
    assert found[:, -16:].any() == right


REFUSED = {
    "12 bits": (tiff(12, 1, 1, bytes(3), 2, 1), "x.tiff", "12 bits a channel"),
    "16 bits with 0 for white": (tiff(16, 0, 1, bytes(4), 2, 1), "x.tiff", "16 bits with 0 for white"),
    "32 bits": (tiff(32, 1, 1, bytes(8), 2, 1), "x.tiff", "kind `I`"),
    "a transparent colour of 16 bits": (
        deep_png(np.zeros((1, 2, 3), np.uint16), COLOUR, struct.pack(">3H", 0x8123, 0, 0)),
        "x.png",
        "one colour of 16 bits a channel transparent",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_pillow_would_read_wrong_is_refused(kind: str, tmp_path: Path) -> None:
    content, name, says = REFUSED[kind]
    with pytest.raises(Refused, match=says) as refused:
        read(content, 3, tmp_path, name, (1, 2))
    assert refused.value.problems[0].code == "NS515"


def test_predict_reads_a_deep_image_as_training_does(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(deep_png(EVERY, GREY, struct.pack(">H", 0x8123)))
    trained = Trained((256, 256, 1), "images", True, None)
    np.testing.assert_array_equal(
        trained.image(tmp_path / "x.png", resize=False), decode(tmp_path / "x.png", (256, 256, 1), resize=False)
    )


FOREIGN = {
    "AVIF": b"\0\0\0\x20ftypavif\0\0\0\0",
    "HEIC": b"\0\0\0\x1cftypheic\0\0\0\0",
    "JPEG XL": b"\0\0\0\x0cJXL \r\n\x87\n",
    "ICO": b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0\0\0",
    "PSD": b"8BPS\0\1\0\0\0\0\0\0\0\3\0\0",
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3",
}


@pytest.mark.parametrize("format", FOREIGN)
def test_an_image_of_another_format_is_called_by_its_name(format: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=f"is of the format {format}; read are PNG, JPEG") as refused:
        read(FOREIGN[format].ljust(200, b"\0"), 1, tmp_path, "x.png", (8, 8))
    (found,) = refused.value.problems
    assert (found.code, found.help) == ("NS502", "save it as PNG")


def test_what_begins_as_an_image_and_ends_is_damaged_and_no_text(tmp_path: Path) -> None:
    grey_alpha = tiff(16, 1, 2, bytes(8), 2, 1, extra=2)  # Pillow reads those of 8 bits
    for content, name in ((b"BM" + bytes(9), "BMP"), (b"II*\0\x08", "TIFF"), (grey_alpha, "TIFF"), (b"\n", None)):
        with pytest.raises(Refused) as refused:
            read(content, 1, tmp_path, "x.png", (8, 8))
        (found,) = refused.value.problems
        assert found.code == ("NS503" if name else "NS502")
        assert name is None or f"begins as {name} does" in found.message
