"""Random changes of a batch of normalized images, inside the compiled step."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from netspec.language.data import Augment
from netspec.training.colours import Statistics, recolour
from netspec.training.mixing import mix
from netspec.training.rectangles import erase, inside
from netspec.training.resampling import resample

CROP, FLIP, RESAMPLE, CUTOUT, UPSIDE_DOWN, COLOUR, ERASE, MIX = range(8)
"""What is folded into the key for each kind of change: a change that is added draws nothing of another."""


def augment(
    settings: Augment, images: jax.Array, key: jax.Array, statistics: Statistics
) -> tuple[jax.Array, jax.Array | None]:
    """(batch, height, width, channels) -> the same shape, and (batch,) the share of each image that is its own.

    That share is None where no images are mixed; the rest is of the image's partner (`mixing.partners`). `statistics`
    are those that the images were normalized by. What comes in from outside an image is 0, the mean. In this order: colours,
    the place of every pixel, rectangles, other images.
    """
    keys = [jax.random.fold_in(key, number) for number in range(8)]
    images = recolour(settings, images, keys[COLOUR], statistics)
    images = resample(settings, images, keys[RESAMPLE])
    if settings.crop is not None:
        images = crop(images, settings.crop, keys[CROP])
    if settings.flip in ("horizontal", "both"):
        images = flip(images, keys[FLIP])
    if settings.flip in ("vertical", "both"):
        images = flip(images, keys[UPSIDE_DOWN], axis=1)
    if settings.cutout is not None:
        images = cutout(images, settings.cutout, keys[CUTOUT])
    if settings.erase is not None:
        images = erase(images, settings.erase, keys[ERASE])
    return mix(settings, images, keys[MIX])


def flip(images: jax.Array, key: jax.Array, axis: int = 2) -> jax.Array:
    """Mirrors each image with probability 1/2: left to right, or along another axis."""
    mirrored = jax.random.bernoulli(key, 0.5, (images.shape[0], 1, 1, 1))
    return jnp.where(mirrored, jnp.flip(images, axis), images)


def crop(images: jax.Array, padding: int, key: jax.Array) -> jax.Array:
    """Moves each image by up to `padding` cells along each axis."""
    _, height, width, channels = images.shape
    sides = ((0, 0), (padding, padding), (padding, padding), (0, 0))
    offsets = jax.random.randint(key, (images.shape[0], 2), 0, 2 * padding + 1)

    def cut(image: jax.Array, offset: jax.Array) -> jax.Array:
        return jax.lax.dynamic_slice(image, (offset[0], offset[1], 0), (height, width, channels))

    return jax.vmap(cut)(jnp.pad(images, sides), offsets)


def cutout(images: jax.Array, size: int, key: jax.Array) -> jax.Array:
    """Blanks a square of `size` cells that lies wholly inside each image (after DeVries and Taylor, 2017)."""
    batch, height, width, _ = images.shape
    keys = jax.random.split(key)
    top = jax.random.randint(keys[0], (batch, 1), 0, height - size + 1)
    left = jax.random.randint(keys[1], (batch, 1), 0, width - size + 1)
    return jnp.where(inside(images, top, left, size, size), 0.0, images)
