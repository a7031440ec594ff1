"""Augmentations by what they must do exactly, and by what they must leave alone."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from netspec.language.data import Augment
from netspec.training.augment import augment, crop, cutout, flip

IMAGES = jnp.asarray(np.random.default_rng(0).normal(size=(64, 7, 6, 2)).astype(np.float32))
KEY = jax.random.key(0)


def test_half_of_the_images_are_mirrored_and_mirrored_again_they_are_back() -> None:
    flipped = np.asarray(flip(IMAGES, KEY))
    np.testing.assert_array_equal(flip(flip(IMAGES, KEY), KEY), IMAGES)
    same = [np.array_equal(a, b) for a, b in zip(flipped, IMAGES, strict=True)]
    mirrored = [np.array_equal(a, b[:, ::-1]) for a, b in zip(flipped, IMAGES, strict=True)]
    assert all(a != b for a, b in zip(same, mirrored, strict=True))
    assert 16 < sum(mirrored) < 48


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
    wanted = np.rot90(image, quarters)
    np.testing.assert_allclose(turn(jnp.asarray(image), jnp.asarray(90.0 * quarters)), wanted, atol=1e-5)


def test_a_turn_leaves_the_middle_and_small_turns_change_little() -> None:
    square = IMAGES[:, :, :5][:, 1:6]
    turned = np.asarray(rotate(square, 180, KEY))
    np.testing.assert_allclose(turned[:, 2, 2], square[:, 2, 2], atol=1e-5)
    assert not np.allclose(turned, square, atol=0.1)
    np.testing.assert_allclose(rotate(square, 1e-6, KEY)[:, 1:-1, 1:-1], square[:, 1:-1, 1:-1], atol=1e-4)


def test_a_key_says_it_all_and_no_setting_changes_nothing() -> None:
    settings = Augment(flip="horizontal", crop=1, rotate=10.0, cutout=2)
    np.testing.assert_array_equal(augment(settings, IMAGES, KEY), augment(settings, IMAGES, KEY))
    assert not np.array_equal(augment(settings, IMAGES, KEY), augment(settings, IMAGES, jax.random.key(1)))
    np.testing.assert_array_equal(augment(Augment(), IMAGES, KEY), IMAGES)
