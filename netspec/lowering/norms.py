"""The norms of the format in JAX, each computed in float32: x (batch, ..., features) -> the same shape."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp

from netspec.analysis.convolution.compiled import COMPILED
from netspec.language.norms import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm, Norm
from netspec.lowering import standardizing as compiled
from netspec.lowering.columns import across, standardize
from netspec.lowering.kinds import Arrays, Run
from netspec.lowering.settings import held
from netspec.lowering.standardizing import with_relu


def fuses_relu(run: Run) -> bool:
    """Whether the norm's algorithm can compute the layer's activation with it."""
    return run.training and not run.frozen and run.norm == COMPILED and with_relu(run.settings)


def normalize(norm: Norm, run: Run, x: jax.Array, relu: bool = False) -> tuple[jax.Array, Arrays]:
    """The norm of x, with `relu` (see `fuses_relu`) behind it, and the new running statistics."""
    if isinstance(norm, BatchNorm):
        return batch_norm(norm, run, x, relu)
    return _of_each_image(norm, run, x.astype(jnp.float32)).astype(x.dtype), run.statistics


def _of_each_image(norm: Norm, run: Run, x: jax.Array) -> jax.Array:
    params = run.params
    match norm:
        case LayerNorm():
            return _scaled(_standard(x, (-1,), norm.eps), params)
        case InstanceNorm():
            return _scaled(_standard(x, tuple(range(1, x.ndim - 1)), norm.eps), params)
        case GroupNorm():
            return _scaled(group_norm(norm, x), params)
        case LocalResponseNorm():
            return local_response_norm(norm, x, run.products)
    raise AssertionError(f"no lowering of the norm {norm.type}")


def batch_norm(norm: BatchNorm, run: Run, x: jax.Array, relu: bool = False) -> tuple[jax.Array, Arrays]:
    """scale * (x - mean) / sqrt(variance + eps) + shift, over all axes but the last.

    In training by the batch's mean and biased variance, of which the running statistics take up what the momentum leaves;
    otherwise, and where the layer is frozen, by the running statistics. Source: Ioffe and Szegedy, 2015.
    """
    statistics = run.statistics
    mean, variance = statistics["mean"], statistics["variance"]
    wide, params = x.astype(jnp.float32), {"scale": jnp.ones_like(mean), "shift": jnp.zeros_like(mean)} | run.params
    if not run.training or run.frozen:
        return _normed(wide, mean, variance, params, norm.eps).astype(x.dtype), statistics
    if run.norm == COMPILED:
        given = wide, params["scale"], params["shift"], norm.eps, relu
        normed, batch_mean, batch_variance = compiled.standardize(*given)
    elif run.products:
        normed, batch_mean, batch_variance = standardize(wide, params["scale"], params["shift"], norm.eps)
    else:
        axes = tuple(range(x.ndim - 1))
        batch_mean = jnp.mean(wide, axes)
        batch_variance = jnp.mean(jnp.square(wide - across(batch_mean, wide)), axes)
        normed = _normed(wide, batch_mean, batch_variance, params, norm.eps)
    stays = norm.momentum
    statistics = {
        "mean": stays * mean + (1 - stays) * jax.lax.stop_gradient(batch_mean),
        "variance": stays * variance + (1 - stays) * jax.lax.stop_gradient(batch_variance),
    }
    return normed.astype(x.dtype), statistics


def _normed(x: jax.Array, mean: jax.Array, variance: jax.Array, params: Arrays, eps: float) -> jax.Array:
    factor = params["scale"] * jax.lax.rsqrt(variance + eps)
    return (x - across(mean, x)) * across(factor, x) + across(params["shift"], x)


def _standard(x: jax.Array, axes: tuple[int, ...], eps: float) -> jax.Array:
    """(x - mean) / sqrt(biased variance + eps) over axes."""
    centred = x - jnp.mean(x, axes, keepdims=True)
    return centred * jax.lax.rsqrt(jnp.mean(jnp.square(centred), axes, keepdims=True) + eps)


def _scaled(x: jax.Array, params: Arrays) -> jax.Array:
    x = x * across(params["scale"], x) if "scale" in params else x
    return x + across(params["shift"], x) if "shift" in params else x


def group_norm(norm: GroupNorm, x: jax.Array) -> jax.Array:
    """Each image's groups of neighbouring features over all its positions. Source: Wu and He, 2018."""
    grouped = x.reshape((x.shape[0], -1, norm.groups, x.shape[-1] // norm.groups))
    return _standard(grouped, (1, 3), norm.eps).reshape(x.shape)


def local_response_norm(norm: LocalResponseNorm, x: jax.Array, products: bool) -> jax.Array:
    """x / (k + alpha/size * sum of x^2)^beta over features from i - floor((size - 1)/2) to i + ceil((size - 1)/2).

    With `products` in reverse mode only. Source: ONNX's operator LRN.
    """
    sides = ((norm.size - 1) // 2, norm.size // 2)
    total = (_neighbours if products else _sums)(sides, jnp.square(x))
    return x * (norm.k + norm.alpha / norm.size * total) ** -norm.beta


def _sums(sides: tuple[int, int], x: jax.Array) -> jax.Array:
    """For each feature the sum of those from `sides[0]` before it to `sides[1]` behind."""
    padded, features = jnp.pad(x, ((0, 0),) * (x.ndim - 1) + (sides,)), x.shape[-1]
    return sum((padded[..., n : n + features] for n in range(sum(sides) + 1)), start=jnp.zeros_like(x))


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _neighbours(sides: tuple[int, int], x: jax.Array) -> jax.Array:
    """The same, with a gradient that is one pass: XLA:CPU would write out a padded array for each neighbour."""
    return _sums(sides, x)


def _neighbours_forward(sides: tuple[int, int], x: jax.Array) -> tuple[jax.Array, None]:
    return _sums(sides, x), None


def _neighbours_backward(sides: tuple[int, int], _: None, dy: jax.Array) -> tuple[jax.Array]:
    return (_sums(sides[::-1], dy),)


_neighbours.defvjp(held(_neighbours_forward), held(_neighbours_backward))
