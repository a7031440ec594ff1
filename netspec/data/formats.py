"""Names the format of a file that is not read as an image, so that what is said of it calls it by its name."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from netspec.data.problem import Advice, Problem, problem

START_BYTES = 16

SIGNATURES = (
    (4, (b"ftyphei", b"ftyphev", b"ftypmif1", b"ftypmsf1"), "HEIC"),
    (4, (b"ftypavi",), "AVIF"),
    (0, (b"\xff\x0a", b"\0\0\0\x0cJXL "), "JPEG XL"),
    (0, (b"%PDF-",), "PDF"),
    (0, (b"<svg",), "SVG"),
    (0, (b"\x93NUMPY",), "npy"),
)
"""(byte, what may stand there, name) of what people save pictures in, where Pillow does not know it or not in each build."""

VAGUE = ("CUR",)
"""Formats of Pillow that are known by next to nothing: a cursor begins as a TGA file does."""


def unidentified(path: Path, read: Sequence[str], content: bytes | None = None) -> Problem:
    """What is wrong with a regular file that Pillow took for none of the formats that are read.

    NS503 where it begins as one of them and cannot be followed; else NS502, with its format where that is known.
    """
    with path.open("rb") if content is None else BytesIO(content) as file:
        start = file.read(START_BYTES)
    name = format_of(start)
    if name in read:
        fact = f"begins as {name} does, and cannot be followed: it is damaged, or of a kind that Pillow does not read"
        return problem("NS503", path, fact, where="header", help="replace it, save it as PNG, or remove it")
    if name is not None:
        fact = f"is of the format {name}; read are {', '.join(read[:-1])} and {read[-1]}"
        return problem("NS502", path, fact, where="byte 0", help="save it as PNG", advice=Advice.SAVE_AS_PNG)
    begins = start.decode("ascii", "backslashreplace")
    return problem("NS502", path, f"is no image: it starts with {begins!r}", where="byte 0", help="remove it")


def format_of(start: bytes) -> str | None:
    """The format of a file that begins with these `START_BYTES`; Pillow's name of it where Pillow knows it.

    >>> format_of(b"\\0\\0\\0\\x1cftypheic"), format_of(b"a note")
    ('HEIC', None)
    """
    from PIL import Image

    for at, beginnings, name in SIGNATURES:
        if start.startswith(beginnings, at):
            return name
    Image.init()
    return next((name for name in Image.ID if name not in VAGUE and _accepts(Image.OPEN[name][1], start)), None)


def _accepts(accept: object, start: bytes) -> bool:
    """Whether a format of Pillow claims what begins so; those without a mark of their own claim nothing."""
    try:
        return callable(accept) and bool(accept(start))
    except (IndexError, struct.error):  # a file shorter than what is looked at
        return False
