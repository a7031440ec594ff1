"""Augmentations by what they must do exactly, and by what they must leave alone."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from netspec.language.data import Augment
from netspec.training.augment import augment, crop, cutout, flip
from netspec.training.colours import recolour
from netspec.training.mixing import cutmix, mix, mixup
from netspec.training.rectangles import erase
from netspec.training.resampling import drawn, read, resample

IMAGES = jnp.asarray(np.random.default_rng(0).normal(size=(64, 7, 6, 2)).astype(np.float32))
KEY = jax.random.key(0)
STATISTICS = {"mean": jnp.array([1.0, 2.0]), "deviation": jnp.array([3.0, 4.0])}
MANY = jnp.zeros((1000, 20, 10, 1))
"""Only their number and size matter to what is drawn."""


def test_half_of_the_images_are_mirrored_and_mirrored_again_they_are_back() -> None:
    flipped = np.asarray(flip(IMAGES, KEY))
    np.testing.assert_array_equal(flip(flip(IMAGES, KEY), KEY), IMAGES)
    same = [np.array_equal(a, b) for a, b in zip(flipped, IMAGES, strict=True)]
    mirrored = [np.array_equal(a, b[:, ::-1]) for a, b in zip(flipped, IMAGES, strict=True)]
    assert all(a != b for a, b in zip(same, mirrored, strict=True))
    assert 16 < sum(mirrored) < 48


@pytest.mark.parametrize(("axes", "ways"), [("horizontal", 2), ("vertical", 2), ("both", 4)])
def test_flips_along_each_axis_are_independent(axes: Any, ways: int) -> None:
    steps = {"horizontal": ((1, -1), (1,)), "vertical": ((1,), (1, -1)), "both": ((1, -1), (1, -1))}[axes]
    many = jnp.concatenate([IMAGES] * 4)
    flipped, shares = augment(Augment(flip=axes), many, KEY, STATISTICS)
    assert shares is None
    found = [
        [np.array_equal(a, b[::down, ::right]) for right in steps[0] for down in steps[1]]
        for a, b in zip(np.asarray(flipped), np.asarray(many), strict=True)
    ]
    assert [sum(each) for each in found] == [1] * 256
    assert np.abs(np.mean(found, axis=0) - 1 / ways).max() < 0.12  # four deviations of 256 draws


def test_a_crop_moves_an_image_to_every_place() -> None:
    many = jnp.concatenate([IMAGES] * 4)
    padded = np.pad(np.asarray(many), ((0, 0), (2, 2), (2, 2), (0, 0)))
    places = set()
    for before, after in zip(padded, np.asarray(crop(many, 2, KEY)), strict=True):
        found = [(y, x) for y in range(5) for x in range(5) if np.array_equal(before[y : y + 7, x : x + 6], after)]
        assert len(found) == 1
        places.add(found[0])
    assert len(places) == 25


def test_a_cutout_blanks_one_square() -> None:
    for before, after in zip(np.asarray(IMAGES), np.asarray(cutout(IMAGES, 3, KEY)), strict=True):
        rows, columns = np.nonzero((after == 0).all(-1))
        assert len(rows) == 9
        assert np.ptp(rows) == np.ptp(columns) == 2
        kept = (after != 0).any(-1)
        np.testing.assert_array_equal(after[kept], before[kept])


@pytest.mark.parametrize("quarters", [-2, -1, 0, 1, 2])
def test_a_turn_by_right_angles_is_exact(quarters: int) -> None:
    image = np.asarray(IMAGES[0])[:6]
    turned = read(jnp.asarray(image), {"rotate": jnp.asarray(90.0 * quarters)})
    np.testing.assert_allclose(turned, np.rot90(image, quarters), atol=1e-5)


def test_a_turn_leaves_the_middle_and_small_turns_change_little() -> None:
    square = IMAGES[:, :, :5][:, 1:6]
    turned = np.asarray(resample(Augment(rotate=180), square, KEY))
    np.testing.assert_allclose(turned[:, 2, 2], square[:, 2, 2], atol=1e-5)
    assert not np.allclose(turned, square, atol=0.1)
    little = resample(Augment(rotate=1e-6), square, KEY)
    np.testing.assert_allclose(little[:, 1:-1, 1:-1], square[:, 1:-1, 1:-1], atol=1e-4)


def test_all_that_moves_pixels_is_one_map_as_pytorch_reads_it() -> None:
    """By the product of the four matrices and PyTorch's own resampling."""
    torch = pytest.importorskip("torch", reason="the reference is PyTorch, which is installed on Python 3.11 only")
    settings = Augment(rotate=40, shear=20, zoom=(0.7, 1.4), shift=(0.2, 0.1))
    draws = {name: np.asarray(each, np.float64) for name, each in drawn(settings, IMAGES, KEY).items()}
    thetas = []
    for n in range(len(IMAGES)):
        turn, lean = np.radians(draws["rotate"][n]), np.tan(np.radians(draws["shear"][n]))
        (down, right), factor = draws["shift"][n], draws["zoom"][n]
        forward = (  # on columns (x), rows (y), 1; rows point downwards, and a turn is counter-clockwise
            np.array([[1, 0, right], [0, 1, down], [0, 0, 1]])
            @ np.array([[np.cos(turn), np.sin(turn), 0], [-np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
            @ np.array([[1, lean, 0], [0, 1, 0], [0, 0, 1]])
            @ np.diag([factor, factor, 1])
        )
        halves = np.diag([6 / 2, 7 / 2, 1])  # PyTorch's places are shares of half an image
        thetas.append((np.linalg.inv(halves) @ np.linalg.inv(forward) @ halves)[:2])
    planes = torch.tensor(np.asarray(IMAGES, np.float64)).permute(0, 3, 1, 2)
    grid = torch.nn.functional.affine_grid(torch.tensor(np.array(thetas)), planes.shape, align_corners=False)
    wanted = torch.nn.functional.grid_sample(planes, grid, align_corners=False).permute(0, 2, 3, 1)
    np.testing.assert_allclose(resample(settings, IMAGES, KEY), wanted, atol=2e-5)


def test_a_part_is_resized_as_pytorch_does() -> None:
    torch = pytest.importorskip("torch", reason="the reference is PyTorch, which is installed on Python 3.11 only")
    settings = Augment(random_resized_crop=(0.1, 1))
    cut = np.asarray(jax.jit(partial(resample, settings))(IMAGES, KEY))
    places = np.asarray(drawn(settings, IMAGES, KEY)["part"], int)
    for image, (top, left, height, width), found in zip(np.asarray(IMAGES), places, cut, strict=True):
        part = torch.tensor(image[top : top + height, left : left + width]).permute(2, 0, 1)[None]
        wanted = torch.nn.functional.interpolate(part, (7, 6), mode="bilinear", align_corners=False)[0]
        np.testing.assert_allclose(found, wanted.permute(1, 2, 0), atol=1e-5)


def test_what_is_drawn_fills_its_range() -> None:
    settings = Augment(rotate=30, shear=20, zoom=(0.5, 2), shift=(0.25, 0), random_resized_crop=(0.2, 0.6))
    draws = {name: np.asarray(each) for name, each in jax.jit(partial(drawn, settings))(MANY, KEY).items()}
    ranges = {"rotate": (-30, 30), "shear": (-20, 20), "zoom": (0.5, 2)}
    for found, (low, high) in [
        *((draws[name], ends) for name, ends in ranges.items()),
        (draws["shift"][:, 0], (-5, 5)),
    ]:
        assert low <= found.min() < low + 0.02 * (high - low)
        assert high - 0.02 * (high - low) < found.max() <= high
        assert abs(found.mean() - (low + high) / 2) < 0.05 * (high - low)  # five deviations of 1000 draws
    assert np.all(draws["shift"][:, 1] == 0)
    top, left, height, width = draws["part"].T
    assert min(top.min(), left.min()) == 0
    assert (top + height).max() == 20
    assert (left + width).max() == 10
    assert np.all(np.abs(height * width / 200 - 0.4) < 0.2 + 0.08)  # sides are rounded to cells
    assert np.all(np.abs(np.log((width / height)[height > 6])) < np.log(4 / 3) + 0.15)
    assert len(set(height)) > 4


def test_a_part_that_never_fits_is_the_largest_in_the_middle() -> None:
    places = drawn(Augment(random_resized_crop=(1, 1)), jnp.zeros((2, 40, 6, 1)), KEY)["part"]
    np.testing.assert_array_equal(places, [[16, 0, 8, 6]] * 2)


def test_colours_change_as_in_the_raw_pixels() -> None:
    """Each by what it keeps: black; the mean grey of the image; the grey of each pixel."""
    raw = np.random.default_rng(1).uniform(20, 200, (200, 4, 5, 3)).astype(np.float32)
    statistics = {"mean": jnp.array([90.0, 100, 110]), "deviation": jnp.array([50.0, 60, 70])}
    mean, deviation = (np.asarray(statistics[name]) for name in ("mean", "deviation"))
    luma = raw @ np.array([0.2989, 0.587, 0.114], np.float32)
    kept = {
        "brightness": 0 * luma,
        "contrast": np.broadcast_to(luma.mean((1, 2), keepdims=True), luma.shape),
        "saturation": luma,
    }
    for name, fixed in kept.items():
        changed = recolour(Augment(**{name: 0.3}), jnp.asarray((raw - mean) / deviation), KEY, statistics)
        moved = np.asarray(changed) * deviation + mean - fixed[..., None]
        factors = (moved * (raw - fixed[..., None])).sum((1, 2, 3)) / ((raw - fixed[..., None]) ** 2).sum((1, 2, 3))
        np.testing.assert_allclose(moved, factors[:, None, None, None] * (raw - fixed[..., None]), atol=2e-3)
        assert 0.7 <= factors.min() + 1e-4 < 0.72
        assert 1.28 < factors.max() < 1.3 + 1e-4


def test_rectangles_are_erased_at_the_published_sizes() -> None:
    blank = np.asarray(erase(jnp.ones((1000, 30, 20, 2)), 0.5, KEY) == 0)
    np.testing.assert_array_equal(blank[..., 0], blank[..., 1])
    sides = np.stack([blank[..., 0].any(axis).sum(1) for axis in (2, 1)])
    area = blank[..., 0].sum((1, 2))
    np.testing.assert_array_equal(area, sides[0] * sides[1])
    chosen = area > 0
    assert abs(chosen.mean() - 0.5) < 0.08
    assert 0.01 < area[chosen].min() / 600 < 0.03
    assert 0.3 < area.max() / 600 < 0.36
    ratios = sides[0, chosen] / sides[1, chosen]
    assert 0.2 < ratios.min() < 0.45  # from 0.3 to 3.3, of sides that are rounded to cells
    assert 2.2 < ratios.max() < 5


@pytest.mark.parametrize("alpha", [0.05, 0.4, 20.0])
def test_mixed_images_are_sums_with_the_one_before(alpha: float) -> None:
    images = jnp.asarray(np.random.default_rng(2).normal(size=(1000, 2, 2, 1)).astype(np.float32))
    mixed, shares = jax.jit(partial(mixup, alpha=alpha))(images, key=KEY)
    own = np.asarray(shares)[:, None, None, None]
    np.testing.assert_allclose(mixed, own * images + (1 - own) * np.roll(images, 1, axis=0), atol=1e-6)
    drawn = np.random.default_rng(3).beta(alpha, alpha, 100_000).astype(np.float32)
    levels = [1e-6, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 1 - 1e-6]
    below = [(values[:, None] < levels).mean(0) for values in (np.asarray(shares), drawn)]
    assert np.abs(below[0] - below[1]).max() < 0.065  # four deviations of 1000 draws


def test_a_share_is_what_is_left_of_an_image() -> None:
    images = jnp.arange(1.0, 1001)[:, None, None, None] * jnp.ones((1, 32, 20, 1))
    mixed, shares = jax.jit(partial(cutmix, alpha=1.0))(images, key=KEY)
    own = np.asarray(mixed == images)
    np.testing.assert_array_equal(np.where(own, images, np.roll(images, 1, axis=0)), mixed)
    np.testing.assert_allclose(own.mean((1, 2, 3)), shares, atol=1e-6)
    filled = ~own[..., 0]
    np.testing.assert_array_equal(filled.sum((1, 2)), filled.any(2).sum(1) * filled.any(1).sum(1))
    assert shares.min() < 0.3  # what lies outside the image is cut off
    assert shares.max() == 1


def test_beside_each_other_an_image_has_one_mixture() -> None:
    images = jnp.arange(1.0, 201)[:, None, None, None] * jnp.ones((1, 8, 8, 1))
    mixed, shares = jax.jit(partial(mix, Augment(mixup=1.0, cutmix=1.0)))(images, KEY)
    assert shares is not None
    levels = np.array([len(np.unique(image)) for image in np.asarray(mixed)])
    even = np.asarray(images[:, 0, 0, 0] * shares + np.roll(images[:, 0, 0, 0], 1) * (1 - shares))
    np.testing.assert_allclose(np.asarray(mixed).mean((1, 2, 3)), even, rtol=1e-5)
    assert 0.3 < np.mean(levels == 2) < 0.6


def test_a_key_says_it_all_and_no_setting_changes_nothing() -> None:
    settings = Augment(
        flip="both", crop=1, rotate=10.0, cutout=2, zoom=(0.9, 1.1), brightness=0.1, erase=0.5, mixup=0.5
    )
    changed = jax.jit(lambda key: augment(settings, IMAGES, key, STATISTICS)[0])
    first, again, other = (changed(key) for key in (KEY, KEY, jax.random.key(1)))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    plain, shares = augment(Augment(), IMAGES, KEY, STATISTICS)
    np.testing.assert_array_equal(plain, IMAGES)
    assert shares is None
