"""Changes of the colours of a batch of images, as they are in the raw pixels."""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp

from netspec.language.data import Augment

Statistics = Mapping[str, jax.Array]
"""`mean` and `deviation`, (channels,): what the images were normalized by."""
BRIGHTNESS, CONTRAST, SATURATION = range(3)
LUMA = (0.2989, 0.587, 0.114)
"""How much red, green and blue add to grey (ITU-R BT.601, with torchvision's digits)."""


def recolour(settings: Augment, images: jax.Array, key: jax.Array, statistics: Statistics) -> jax.Array:
    """Normalized images (batch, height, width, channels) -> the same, changed as raw pixels are: torchvision's formulas.

    Nothing is cut off at black or white: floats may be on any scale.
    """
    strengths = (settings.brightness, settings.contrast, settings.saturation)
    if strengths == (None, None, None):
        return images
    mean, deviation = (statistics[name].reshape(1, 1, 1, -1) for name in ("mean", "deviation"))
    pixels = images * deviation + mean
    for number, strength in enumerate(strengths):
        if strength is not None:
            own = jax.random.fold_in(key, number)
            factor = jax.random.uniform(own, (images.shape[0], 1, 1, 1), minval=1 - strength, maxval=1 + strength)
            fixed = _fixed(number, pixels)
            pixels = factor * pixels + (1 - factor) * fixed
    return (pixels - mean) / deviation


def _fixed(number: int, pixels: jax.Array) -> jax.Array:
    """What a change leaves as it is: black, the image's mean grey, each pixel's grey."""
    if number == BRIGHTNESS:
        return jnp.zeros((1, 1, 1, 1))
    return grey(pixels).mean((1, 2), keepdims=True) if number == CONTRAST else grey(pixels)


def grey(pixels: jax.Array) -> jax.Array:
    """(batch, height, width, channels) -> (batch, height, width, 1): the luma of three channels, the mean of others."""
    channels = pixels.shape[-1]
    weights = jnp.array(LUMA if channels == len(LUMA) else [1 / channels] * channels, jnp.float32)
    return jnp.sum(pixels * weights.reshape(1, 1, 1, -1), axis=-1, keepdims=True)
