"""Changes of where each pixel lies: all that are asked for are one map of places, and the images are read once by it."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from netspec.language.data import Augment
from netspec.training.rectangles import draw

Places = tuple[jax.Array, jax.Array]
"""Rows and columns from the centre of an image, in cells, that broadcast to (height, width)."""
Draws = dict[str, jax.Array]
"""What is drawn for each image, (batch,) or (batch, n), by the key that asks for it."""
SHIFT, SHEAR, ZOOM, PART = range(1, 5)
RATIO = 4 / 3
"""The sides of a part that is cut out are from 3:4 to 4:3, as in Szegedy and others (2015)."""


def resample(settings: Augment, images: jax.Array, key: jax.Array) -> jax.Array:
    """(batch, height, width, channels) -> the same shape, bilinearly; outside an image is 0.

    An image is enlarged, slanted, turned, moved, each about its centre, and then a part is cut out of it and resized.
    """
    draws = drawn(settings, images, key)
    return jax.vmap(read)(images, draws) if draws else images


def drawn(settings: Augment, images: jax.Array, key: jax.Array) -> Draws:
    """Degrees, shifts in cells, factors, and the parts as (top, left, height, width), for each image."""
    batch, height, width, _ = images.shape
    keys = [jax.random.fold_in(key, number) for number in range(5)]
    found: Draws = {}
    if settings.rotate is not None:  # by the key itself, as when it was the only one
        found["rotate"] = jax.random.uniform(key, (batch,), minval=-settings.rotate, maxval=settings.rotate)
    if settings.shift is not None:
        most = jnp.array([settings.shift[0] * height, settings.shift[1] * width], jnp.float32)
        found["shift"] = jax.random.uniform(keys[SHIFT], (batch, 2), minval=-1.0) * most[None, :]
    if settings.shear is not None:
        found["shear"] = jax.random.uniform(keys[SHEAR], (batch,), minval=-settings.shear, maxval=settings.shear)
    if settings.zoom is not None:
        least, largest = settings.zoom
        found["zoom"] = jax.random.uniform(keys[ZOOM], (batch,), minval=least, maxval=largest)
    if settings.random_resized_crop is not None:
        found["part"] = parts(images, settings.random_resized_crop, keys[PART])
    return found


def parts(images: jax.Array, area: tuple[float, float], key: jax.Array) -> jax.Array:
    """(batch, 4): top, left, height, width of the part of each image; where none fits, the largest in the middle."""
    _, rows, columns, _ = images.shape
    height, width, top, left, fits = draw(images, area, RATIO, key)
    largest = min(rows, round(columns * RATIO)), min(columns, round(rows * RATIO))
    middle = [(rows - largest[0]) // 2, (columns - largest[1]) // 2, *largest]
    own = jnp.concatenate([top, left, height, width], axis=1)
    return jnp.where(fits, own, jnp.array([middle], jnp.int32)).astype(jnp.float32)


def read(image: jax.Array, draws: Draws) -> jax.Array:
    """(height, width, channels) -> the same shape: at each place what is drawn to come there."""
    height, width, _ = image.shape
    rows = (jnp.arange(height) - (height - 1) / 2)[:, None]
    columns = (jnp.arange(width) - (width - 1) / 2)[None, :]
    if "part" in draws:
        rows, columns = _in_part(draws["part"], rows, columns)
    rows, columns = _back(draws, rows, columns)
    y, x = jnp.broadcast_arrays(rows + (height - 1) / 2, columns + (width - 1) / 2)

    def sample(channel: jax.Array) -> Any:
        return jax.scipy.ndimage.map_coordinates(channel, [y, x], order=1, mode="constant")

    found: jax.Array = jax.vmap(sample, 2, 2)(image)
    return found


def _in_part(part: jax.Array, rows: jax.Array, columns: jax.Array) -> Places:
    """Where in the image a place of the resized part lies: cell centres on cell centres, and none outside the part."""

    def along(begin: jax.Array, length: jax.Array, places: jax.Array) -> jax.Array:
        side = places.size
        middle = begin + (length - side) / 2  # that of the part, from that of the image
        return jnp.clip(places * (length / side), -(length - 1) / 2, (length - 1) / 2) + middle

    return along(part[0], part[2], rows), along(part[1], part[3], columns)


def _back(draws: Draws, rows: jax.Array, columns: jax.Array) -> Places:
    """Where a place came from: the shift, the turn (counter-clockwise), the shear and the zoom undone, in this order."""
    if "shift" in draws:
        rows, columns = rows - draws["shift"][0], columns - draws["shift"][1]
    if "rotate" in draws:
        cosine, sine = jnp.cos(jnp.deg2rad(draws["rotate"])), jnp.sin(jnp.deg2rad(draws["rotate"]))
        rows, columns = cosine * rows + sine * columns, cosine * columns - sine * rows
    if "shear" in draws:
        columns = columns - jnp.tan(jnp.deg2rad(draws["shear"])) * rows
    if "zoom" in draws:
        rows, columns = rows / draws["zoom"], columns / draws["zoom"]
    return rows, columns
