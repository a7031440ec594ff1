"""Images that are mixed with another one of their batch, and with them what is measured against their labels."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

from netspec.language.data import Augment
from netspec.training.rectangles import inside


def partners(batch: jax.Array) -> jax.Array:
    """What each is mixed with: the one before it. The order of an epoch is drawn anew, and so are the partners."""
    return jnp.roll(batch, 1, axis=0)


def mix(settings: Augment, images: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array | None]:
    """Images (batch, height, width, channels), and (batch,) the share of each that is its own; None where none is mixed."""
    if not settings.mixes:
        return images, None
    keys = jax.random.split(key, 3)
    added = None if settings.mixup is None else mixup(images, settings.mixup, keys[0])
    filled = None if settings.cutmix is None else cutmix(images, settings.cutmix, keys[1])
    if added is None or filled is None:
        return added or filled  # type: ignore[return-value]
    first = jax.random.bernoulli(keys[2], 0.5, images.shape[:1])
    return jnp.where(first[:, None, None, None], added[0], filled[0]), jnp.where(first, added[1], filled[1])


def beta(key: jax.Array, alpha: float, shape: tuple[int, ...]) -> jax.Array:
    """Numbers of Beta(alpha, alpha), from two even ones each: those of Student's t as Bailey (1994) draws them, with
    2 alpha degrees of freedom, t -> (1 + t / sqrt(2 alpha + t^2)) / 2.

    `jax.random.beta` draws until it accepts, in two loops that take seconds to compile.
    """
    keys = jax.random.split(key)
    logarithm = jnp.log(jax.random.uniform(keys[0], shape)) / alpha
    odds = jnp.exp(logarithm) / -jnp.expm1(logarithm)
    cosine = jnp.cos(2 * jnp.pi * jax.random.uniform(keys[1], shape))
    return 0.5 * (1 + cosine / jnp.sqrt(odds + jnp.square(cosine)))


def mixup(images: jax.Array, alpha: float, key: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Sums of two images, by shares of Beta(alpha, alpha) (Zhang and others, 2018)."""
    shares = beta(key, alpha, images.shape[:1])
    own = shares[:, None, None, None]
    return own * images + (1 - own) * partners(images), shares


def cutmix(images: jax.Array, alpha: float, key: jax.Array) -> tuple[jax.Array, jax.Array]:
    """A rectangle of each image from its partner, whose area is of Beta(alpha, alpha) (Yun and others, 2019).

    Its centre is drawn evenly, and what of it lies outside is cut off: the share of an image is what is left of it.
    """
    batch, height, width, _ = images.shape
    keys = jax.random.split(key, 3)
    side = jnp.sqrt(1 - beta(keys[0], alpha, (batch, 1)))
    (top, rows), (left, columns) = (
        _cut(jax.random.randint(own, (batch, 1), 0, size), (size * side).astype(jnp.int32), size)
        for own, size in ((keys[1], height), (keys[2], width))
    )
    mixed = jnp.where(inside(images, top, left, rows, columns), partners(images), images)
    return mixed, 1 - (rows * columns / (height * width))[:, 0]


def _cut(centre: jax.Array, length: jax.Array, size: int) -> tuple[jax.Array, jax.Array]:
    """Begin and length of what lies inside of `length` cells about a centre."""
    begin, end = (jnp.clip(edge, 0, size) for edge in (centre - length // 2, centre + length // 2))
    return begin, end - begin


def measured(of: Callable[[jax.Array], jax.Array], labels: jax.Array, shares: jax.Array | None) -> jax.Array:
    """(batch, ...) what is measured against labels: for mixed images that against both labels, each by its share."""
    own = of(labels)
    if shares is None:
        return own
    each = shares.reshape(-1, *(1,) * (own.ndim - 1))
    return each * own + (1 - each) * of(partners(labels))
