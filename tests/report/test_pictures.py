"""Pictures inside a page, decoded again."""

from __future__ import annotations

import base64
import io
import re

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


def test_maps_of_three_channels_are_colours() -> None:
    stack = np.zeros((1, 1, 3, 2))
    stack[0, 0, :, 0], stack[0, 0, :, 1] = (0, 0.5, 1), (7, 7, -7)
    pixels = decoded(pictures.image(pictures.maps(stack), 1, ""))
    assert pixels.tolist() == [[[0, 128, 255, 255], [0, 0, 0, 0], [255, 255, 0, 255]]]


def test_axes_have_round_numbers() -> None:
    steady = pictures.curves("learning rate", [1, 2], {"rate": [0.001, 0.001]}, None)
    assert re.findall(r"<text[^>]*>([^<]*)<", steady) == ["0.001", "1", "2"]
    heights = {point.partition(",")[2] for point in re.findall(r"[\d.]+,[\d.]+", steady)}
    assert len(heights) == 1
    rising = pictures.curves("accuracy", [1, 2], {"training": [0.0828, 0.236]}, 2, shares=True)
    assert re.findall(r"<text[^>]*>([^<]*)<", rising) == ["5%", "10%", "15%", "20%", "25%", "1", "2"]
    tiny = pictures.curves("loss", [1, 2], {"training": [-1e-7, 2.4e-7]}, None)
    assert re.findall(r"<text[^>]*>([^<]*)<", tiny) == ["-1e-07", "0", "1e-07", "2e-07", "3e-07", "1", "2"]
