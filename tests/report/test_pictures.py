"""Pictures inside a page, decoded again."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from netspec.report import pictures


def decoded(tag: str) -> np.ndarray:
    data = tag.partition("base64,")[2].rstrip('">')
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def test_maps_stand_apart() -> None:
    stack = np.array([[[0.0, 5.0], [1.0, 5.0]]])
    side_by_side = pictures.maps(stack)
    np.testing.assert_array_equal(side_by_side, [[0.0, 1.0, np.nan, 0.0, 0.0]])
    pixels = decoded(pictures.image(side_by_side, 2, "<maps>"))
    assert pixels.shape == (2, 10, 2)
    np.testing.assert_array_equal(pixels[0, ::2, 1], [255, 255, 0, 255, 255])
    np.testing.assert_array_equal(pixels[0, ::2, 0], [0, 255, 0, 0, 0])


def test_images_are_stretched() -> None:
    assert decoded(pictures.image(np.array([[[0], [8], [16]]]), 1, "")).tolist() == [[0, 128, 255]]
    colours = np.zeros((1, 2, 3), np.uint8)
    colours[0, 1] = (0, 51, 102)
    assert decoded(pictures.image(colours, 1, "")).tolist() == [[[0, 0, 0], [0, 128, 255]]]
