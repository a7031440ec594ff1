"""Rectangles that are drawn anew for each image of a batch."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp

TRIES = 10
"""So often a rectangle is drawn until one fits, as torchvision does."""


def inside(
    images: jax.Array, top: jax.Array, left: jax.Array, height: jax.Array | int, width: jax.Array | int
) -> jax.Array:
    """Which cells lie in each image's rectangle: (batch, rows, columns, 1). The sides are (batch, 1) cells."""
    _, rows, columns, _ = images.shape
    below, right = jnp.arange(rows)[None, :] - top, jnp.arange(columns)[None, :] - left
    found = ((below >= 0) & (below < height))[:, :, None] & ((right >= 0) & (right < width))[:, None, :]
    return found[..., None]


def draw(
    images: jax.Array, area: tuple[float, float], largest_ratio: float, key: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array, jax.Array]:
    """Rectangles of a share of the area, drawn evenly, and a ratio of the sides from 1:r to r:1, evenly by its logarithm.

    Gives height, width, top, left, each (batch, 1) whole cells, and whether the rectangle fits: the first of `TRIES`
    that does, at a place drawn evenly.
    """
    batch, rows, columns, _ = images.shape
    keys = jax.random.split(key, 4)
    areas = rows * columns * jax.random.uniform(keys[0], (batch, TRIES), minval=area[0], maxval=area[1])
    bound = math.log(largest_ratio)
    ratios = jnp.exp(jax.random.uniform(keys[1], (batch, TRIES), minval=-bound, maxval=bound))
    heights, widths = (jnp.round(jnp.sqrt(side)).astype(jnp.int32) for side in (areas / ratios, areas * ratios))
    fitting = (heights > 0) & (heights <= rows) & (widths > 0) & (widths <= columns)
    first = jnp.argmax(fitting, axis=1)[:, None]
    height, width, fits = (jnp.take_along_axis(each, first, axis=1) for each in (heights, widths, fitting))
    top, left = (
        jnp.floor(jax.random.uniform(one, (batch, 1)) * (side - own + 1)).astype(jnp.int32)
        for one, side, own in ((keys[2], rows, height), (keys[3], columns, width))
    )
    return height, width, top, left, fits


def erase(images: jax.Array, probability: float, key: jax.Array) -> jax.Array:
    """Blanks a rectangle of each image with this probability (Zhong and others, 2017, with their ranges)."""
    keys = jax.random.split(key)
    chosen = jax.random.bernoulli(keys[0], probability, (images.shape[0], 1))
    height, width, top, left, fits = draw(images, (0.02, 0.33), 10 / 3, keys[1])
    blank = inside(images, top, left, height, width) & (chosen & fits)[:, :, None, None]
    return jnp.where(blank, 0.0, images)
