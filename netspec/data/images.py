"""Image files as pixels.

An image becomes the pixels a person sees, upright, in 8 bits a
channel, by one rule for each kind of pixel: they stand in `docs/format.md`, "Image files". `resize` stretches with
Pillow's antialiased bilinear filter; an image of more than `PLAIN_PIXELS` is first made smaller by means over equal cells.
"""

from __future__ import annotations

import errno
import itertools
import math
import os
import warnings
from collections import Counter
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from netspec.data import formats
from netspec.data.checks import Shape, times
from netspec.data.files import reason, size_of
from netspec.data.problem import Problem, Refused, problem
from netspec.diagnostics.catalogue import CODES
from netspec.diagnostics.code import OfFile
from netspec.diagnostics.render.wording import counted

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "TGA", "JPEG2000")
"""What is tried. Pillow reads more, but runs other programs for some of it (EPS: Ghostscript)."""

MOST_PIXELS = 1 << 25
"""An image with more is refused before it is decoded; cameras of 24 megapixels and 8K frames have less."""

PLAIN_PIXELS = 1 << 23
PIXELS_A_BYTE = 64
"""Above `PLAIN_PIXELS`, an image whose file is this much smaller than its pixels is a bomb: a photograph takes a byte for 3
to 20 pixels, one colour for 1,000. Up to there, decoding takes up to 16 bytes a pixel for a moment."""

DECODING_BYTES = 4 * MOST_PIXELS
"""What an image takes at most while it is decoded: 16 bytes a pixel up to `PLAIN_PIXELS`, 4 above."""

TILE = 1 << 10
"""The side in pixels of what is converted at a time of a larger image, so that it takes no more than its own 4 bytes a pixel."""

SPARE = 3
"""It is not made smaller than so many times `input`: then the filter gives what it would give of the whole."""

FEW, MANY = 3, 19
"""How many other files of a fault are named: where one key of the spec makes all fit, and where each has to be looked at."""

OF_THE_FILE = (None, errno.EINVAL, errno.EOVERFLOW)
"""Numbers of an OSError that tell of a file's content: Pillow's own has none, and a place that is in no file cannot be sought."""

TIFF_BITS, TIFF_PHOTOMETRIC = 258, 262
"""Tags of TIFF 6.0: bits a channel; 0 where 0 is white."""

REPLACE = "replace or remove it"
LEFT_BEHIND = ("thumbs.db", "desktop.ini")
MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def require_mode(folder: Path, channels: int) -> None:
    """Raises Refused, NS508, where no image file has so many channels."""
    if channels not in MODES:
        fact = f"images have 1 to 4 channels, `input` has {channels}"
        raise Refused(problem("NS508", folder, fact, help="use `source: npz` for other numbers of channels"))


def left_behind(name: str) -> bool:
    """Whether a name is one that systems leave in folders."""
    return name.startswith(".") or name.lower() in LEFT_BEHIND


def quiet() -> None:
    """Lets Pillow warn of nothing from here on, as long as Python's filters stay: what it warns of, large images and odd
    metadata, is judged here.

    To be called by the thread that will have images read, and not by those that read: filters are the process's, and blocks
    that set and restore them in several threads leave each other's behind.
    """
    warnings.filterwarnings("ignore", module=r"PIL\b")


def decode(path: Path, shape: Shape, resize: bool, content: bytes | None = None) -> NDArray[np.uint8]:
    """The image at `path`, or in `content` under that name, as (height, width, channels) of uint8; after `quiet`.

    Raises:
        Refused: NS502 no image, NS503 damaged, NS504 too many pixels, NS508 another size, NS515 another kind.
    """
    with _file(path, content) as file:
        image = _judged(file, path, shape, resize, content)
        _scale_transparency(image)
        with _Reading(path):
            image.load()
        pixels = _convert(image, path, shape, resize)
    return np.asarray(pixels, dtype=np.uint8).reshape(shape)


def judge(path: Path, shape: Shape, resize: bool) -> None:
    """Raises Refused, as `decode` does, where the header alone shows that it would."""
    with _file(path, None) as file:
        _judged(file, path, shape, resize, None)


def _file(path: Path, content: bytes | None) -> BinaryIO:
    if content is not None:
        return BytesIO(content)
    size_of(path, REPLACE)
    with _Reading(path):
        return path.open("rb")


def _judged(file: BinaryIO, path: Path, shape: Shape, resize: bool, content: bytes | None) -> Image:
    """An image that is open, and nothing wrong with its header."""
    from PIL import Image

    with _Reading(path, content):  # not by its name: Pillow maps it, and an oriented TIFF comes out with its rows torn
        image = Image.open(file, formats=_tried())
    _judge(image, path, os.fstat(file.fileno()).st_size if content is None else len(content), shape, resize)
    return image


@cache
def _tried() -> tuple[str, ...]:
    """The formats that this build of Pillow reads: it may lack a codec."""
    from PIL import Image

    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


class _Reading:
    """Refuses what Pillow cannot follow in a file, or the system does not read. Nothing of netspec runs in the block: its errors
    are bugs. Where memory is short, that is no fault of the file.
    """

    __slots__ = ("_content", "_path")

    def __init__(self, path: Path, content: bytes | None = None) -> None:
        self._path, self._content = path, content

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        # Decoders raise what their parsing met: SyntaxError, struct.error, IndexError, zlib.error and more.
        if isinstance(error, Exception) and not isinstance(error, MemoryError):
            raise Refused(self._problem(error)) from None

    def _problem(self, error: Exception) -> Problem:
        from PIL import Image, UnidentifiedImageError

        if isinstance(error, Image.DecompressionBombError):
            return problem("NS504", self._path, reason(error), where="header")
        if isinstance(error, UnidentifiedImageError):
            return formats.unidentified(self._path, FORMATS, self._content)
        if isinstance(error, OSError) and error.errno not in OF_THE_FILE:
            return problem("NS501", self._path, reason(error))
        fact = f"is damaged or cut short ({reason(error)})"
        return problem("NS503", self._path, fact, where="pixels", help=REPLACE)


def _judge(image: Image, path: Path, size: int, shape: Shape, resize: bool) -> None:
    """What the header alone shows to be wrong."""
    pixels = math.prod(image.size)
    if pixels > MOST_PIXELS:
        fact = f"has {times(image.size)} = {pixels:,} pixels, more than {MOST_PIXELS:,}"
        raise Refused(problem("NS504", path, fact, where="header", help="make it smaller"))
    if pixels > PLAIN_PIXELS and pixels > PIXELS_A_BYTE * size:
        fact = f"declares {times(image.size)} = {pixels:,} pixels in {size:,} bytes"
        raise Refused(problem("NS504", path, fact, where="header", help="replace it, or make it smaller"))
    if (unread := _unread(image)) is not None:
        raise Refused(problem("NS515", path, unread, help="save it with 8 bits a channel, or use `source: npz`"))
    with _Reading(path):
        frames = getattr(image, "n_frames", 1) if getattr(image, "is_animated", False) else 1
    if frames != 1 and image.format != "MPO":  # a telephone's JPEG with a preview
        fact = f"has {frames} frames, not one"
        raise Refused(problem("NS515", path, fact, help="save the frame that is meant"))
    if not resize and image.size != shape[:2]:  # lying on its side it may yet fit
        _sized((image.height, image.width), path, shape)


def _unread(image: Image) -> str | None:
    """Why there is no rule for the pixels of an image that is open but not loaded; None where there is one.

    Of 12 bits, of 0 for white and of a transparent colour of 16 bits Pillow makes pixels too, and wrong ones.
    """
    if image.mode.startswith("F") or image.mode == "LAB" or (image.mode == "I" and image.format not in ("PNG", "PPM")):
        return f"has pixels of kind `{image.mode}`, which have no fixed range from black to white"
    if image.format == "TIFF" and image.mode.startswith("I;16"):
        tags = image.tag_v2  # type: ignore[attr-defined]
        if tags[TIFF_BITS] != (16,):
            return f"has {tags[TIFF_BITS][0]} bits a channel, not 1, 2, 4, 8 or 16"
        if tags[TIFF_PHOTOMETRIC] == 0:
            return "has 16 bits with 0 for white"
    clear = image.info.get("transparency")
    if image.format == "PNG" and image.mode == "RGB" and isinstance(clear, tuple) and max(clear) > 0xFF:
        return "makes one colour of 16 bits a channel transparent, and has no channel for that"
    return None


def _scale_transparency(image: Image) -> None:
    """The grey that a PNG makes transparent, on the scale of its pixels: Pillow widens those of 1, 2 and 4 bits to 8 alone."""
    clear = image.info.get("transparency")
    if image.format == "PNG" and image.mode in ("1", "L") and isinstance(clear, int):
        bits = {"L;2": 2, "L;4": 4, "L": 8}.get(image.tile[0][3], 1)  # type: ignore[attr-defined]
        image.info["transparency"] = min(255, clear * (255 // (2**bits - 1)))


def _sized(size: tuple[int, int], path: Path, shape: Shape) -> None:
    """Refuses a (height, width) that is not the one of `input`."""
    if size != shape[:2]:
        fact = f"is {times(size)}, `input` is {times(shape[:2])}"
        raise Refused(problem("NS508", path, fact, where="header", help="set `resize: true` in `data`"))


def _convert(image: Image, path: Path, shape: Shape, resize: bool) -> Image:
    """The decoded image, upright, in the mode and the size of `input`."""
    from PIL import Image as Pillow
    from PIL import ImageOps

    upright = _reduced(image, path, shape) if resize and math.prod(image.size) > PLAIN_PIXELS else image
    with _Reading(path):  # what a camera wrote beside the pixels
        ImageOps.exif_transpose(upright, in_place=True)
    if not resize:
        _sized((upright.height, upright.width), path, shape)
    upright = _coloured(upright, path, shape[2], netpbm=image.format == "PPM")
    if (upright.height, upright.width) != shape[:2]:
        upright = upright.resize((shape[1], shape[0]), Pillow.Resampling.BILINEAR)
    return upright


def _reduced(image: Image, path: Path, shape: Shape) -> Image:
    """The image in the mode of `input`, as it lies, made smaller by whole factors, tile by tile."""
    from PIL import Image as Pillow
    from PIL.ExifTags import Base

    width, height = image.size
    x, y = (max(1, side // (SPARE * max(shape[:2]))) for side in image.size)
    whole = Pillow.new(MODES[shape[2]], (-(-width // x), -(-height // y)))
    wide, high = (factor * max(1, TILE // factor) for factor in (x, y))
    for left, top in itertools.product(range(0, width, wide), range(0, height, high)):
        tile = image.crop((left, top, min(left + wide, width), min(top + high, height)))
        bytes_of_tile = _coloured(tile, path, shape[2], netpbm=image.format == "PPM")
        whole.paste(bytes_of_tile.reduce((x, y)), (left // x, top // y))
    with _Reading(path):
        orientation = image.getexif().get(Base.Orientation)
    if orientation is not None:
        whole.getexif()[Base.Orientation] = orientation
    return whole


def _coloured(image: Image, path: Path, channels: int, *, netpbm: bool = False) -> Image:
    """The image in the mode of `input`; `netpbm` where its file says what white is."""
    from PIL import Image as Pillow

    if image.mode == "I" or image.mode.startswith("I;16"):
        image = _of_8_bits(image, path, netpbm=netpbm)
    if image.mode == "La":  # grey times its alpha, as a TIFF may have it: Pillow converts it to nothing else
        image = image.convert("LA")
    if "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info:
        image = _in_mode(image, "RGBA")
        if channels in (1, 3):
            image = Pillow.alpha_composite(Pillow.new("RGBA", image.size, (0, 0, 0, 255)), image)
    elif image.mode not in MODES.values():
        image = image.convert("L" if image.mode == "1" else "RGB")
    return _in_mode(image, MODES[channels])


def _of_8_bits(image: Image, path: Path, *, netpbm: bool) -> Image:
    """Grey of 16 bits in 8, by what Pillow does to colours on its own; the transparent grey is looked for in all 16."""
    from PIL import Image as Pillow

    values = np.asarray(image)
    if values.max(initial=0) > 0xFFFF or values.min(initial=0) < 0:
        raise Refused(problem("NS515", path, "has values outside 16 bits", help="save it with 8 bits a channel"))
    grey = Pillow.fromarray((np.rint(values / 257) if netpbm else values >> 8).astype(np.uint8))
    clear = image.info.get("transparency")
    if clear is not None:
        grey.putalpha(Pillow.fromarray(np.where(values == clear, 0, 255).astype(np.uint8)))
    return grey


def _in_mode(image: Image, mode: str) -> Image:
    """The image itself where it has the mode already: `convert` would copy it."""
    return image if image.mode == mode else image.convert(mode)


def summary(problems: tuple[Problem, ...], most: int = 20) -> list[Problem]:
    """Files with the same fault as one problem that names the first of them; at most `most` problems of a code.

    Images of another size are one, whatever their sizes: the same help makes them fit.
    """
    groups: dict[tuple[object, ...], list[Problem]] = {}
    for number, fault in enumerate(problems):
        alike = (fault.code, "" if CODES[fault.code].of_file is OfFile.SIZE else fault.fact, fault.where, fault.help)
        groups.setdefault(alike if fault.fact and fault.path else (number,), []).append(fault)
    merged = [_merged(group) for group in groups.values()]
    count = Counter(fault.code for fault in merged)
    shown: Counter[str] = Counter()
    kept = []
    for fault in merged:
        shown[fault.code] += 1
        if shown[fault.code] <= most:
            kept.append(fault)
        elif shown[fault.code] == count[fault.code]:
            more = count[fault.code] - most
            kept.append(Problem(fault.code, f"{more:,} more like these, {count[fault.code]:,} in all"))
    return kept


def _merged(group: list[Problem]) -> Problem:
    """One problem for those of several files."""
    first, others = group[0], group[1:]
    if not others:
        return first
    named = FEW if CODES[first.code].of_file is OfFile.SIZE else MANY
    names = ", ".join(f"`{'/'.join(other.path.parts[-3:])}`" for other in others[:named] if other.path)
    same = (
        "another size" if CODES[first.code].of_file is OfFile.SIZE and len({p.fact for p in group}) > 1 else "the same"
    )
    more = f" and {len(others) - named:,} more" if len(others) > named else ""
    return replace(first, message=f"{first.message}; {same} with {counted(len(others), 'other')}: {names}{more}")
