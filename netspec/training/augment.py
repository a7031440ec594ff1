"""Random changes of a batch of normalized images, inside the compiled step."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from netspec.language.data import Augment

CROP, FLIP, ROTATE, CUTOUT = range(4)


def augment(settings: Augment, images: jax.Array, key: jax.Array) -> jax.Array:
    """(batch, height, width, channels) -> the same shape. What comes in from outside an image is 0, the mean."""
    if settings.rotate is not None:
        images = rotate(images, settings.rotate, jax.random.fold_in(key, ROTATE))
    if settings.crop is not None:
        images = crop(images, settings.crop, jax.random.fold_in(key, CROP))
    if settings.flip is not None:
        images = flip(images, jax.random.fold_in(key, FLIP))
    if settings.cutout is not None:
        images = cutout(images, settings.cutout, jax.random.fold_in(key, CUTOUT))
    return images


def flip(images: jax.Array, key: jax.Array) -> jax.Array:
    """Mirrors each image left to right with probability 1/2."""
    mirrored = jax.random.bernoulli(key, 0.5, (images.shape[0], 1, 1, 1))
    return jnp.where(mirrored, images[:, :, ::-1], images)


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
    rows, columns = jnp.arange(height)[None, :] - top, jnp.arange(width)[None, :] - left
    inside = ((rows >= 0) & (rows < size))[:, :, None] & ((columns >= 0) & (columns < size))[:, None, :]
    return jnp.where(inside[..., None], 0.0, images)


def rotate(images: jax.Array, degrees: float, key: jax.Array) -> jax.Array:
    """Turns each image about its centre by an angle drawn evenly from -degrees .. degrees."""
    angles = jax.random.uniform(key, (images.shape[0],), minval=-degrees, maxval=degrees)
    return jax.vmap(turn)(images, angles)


def turn(image: jax.Array, degrees: jax.Array) -> jax.Array:
    """(height, width, channels) -> the same shape, turned counter-clockwise about its centre, bilinearly."""
    height, width, _ = image.shape
    rows = (jnp.arange(height) - (height - 1) / 2)[:, None]
    columns = (jnp.arange(width) - (width - 1) / 2)[None, :]
    cosine, sine = jnp.cos(jnp.deg2rad(degrees)), jnp.sin(jnp.deg2rad(degrees))
    y = cosine * rows + sine * columns + (height - 1) / 2
    x = cosine * columns - sine * rows + (width - 1) / 2

    def sample(channel: jax.Array) -> Any:
        return jax.scipy.ndimage.map_coordinates(channel, [y, x], order=1, mode="constant")

    turned: jax.Array = jax.vmap(sample, 2, 2)(image)
    return turned
