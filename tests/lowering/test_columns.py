"""Sums over a batch as products, and batch norm made of them, against sums in float64 and plain autodiff."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from netspec.lowering.columns import add_bias, column_sums, standardize
from netspec.lowering.options import compiler_options
from tests.lowering.networks import network

SHAPES = [(1, 1), (7, 5), (3, 4, 5, 2), (128, 6, 6, 3), (2, 9, 1, 1)]


def drawn(*shape: int, seed: int = 0) -> jax.Array:
    return jnp.asarray(np.random.default_rng(seed).standard_normal(shape, np.float32))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_sums_are_those_of_float64(shape: tuple[int, ...], dtype: str) -> None:
    x = (drawn(*shape) + 1).astype(dtype)
    found = column_sums(x)
    wanted = np.asarray(x, np.float64).reshape(-1, shape[-1]).sum(axis=0)
    assert found.dtype == jnp.float32
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_bias_has_the_gradient_of_a_plain_sum(shape: tuple[int, ...]) -> None:
    x, bias, dy = drawn(*shape), drawn(shape[-1], seed=1), drawn(*shape, seed=2)
    y, pull = jax.vjp(add_bias, x, bias)
    wanted, plain = jax.vjp(lambda x, bias: x + jnp.broadcast_to(bias, x.shape), x, bias)
    np.testing.assert_array_equal(y, wanted)
    for found, expected in zip(pull(dy), plain(dy), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape", [(7, 5), (3, 4, 5, 2), (128, 6, 6, 3)])
def test_batch_norm_has_the_gradients_of_autodiff_in_float64(shape: tuple[int, ...]) -> None:
    """Far from zero, where a variance by E[x^2] - E[x]^2 would have lost its digits."""
    torch = pytest.importorskip("torch")
    x, scale, shift = 3 * drawn(*shape) + 100, drawn(shape[-1], seed=1), drawn(shape[-1], seed=2)
    dy = drawn(*shape, seed=3)
    (y, mean, variance), pull = jax.vjp(lambda *given: standardize(*given, 1e-5), x, scale, shift)
    found = pull((dy, jnp.zeros_like(mean), jnp.zeros_like(variance)))

    wide = [torch.tensor(np.asarray(a, np.float64), requires_grad=True) for a in (x, scale, shift)]
    flat = wide[0].reshape(-1, shape[-1])
    wanted = torch.nn.functional.batch_norm(flat, None, None, wide[1], wide[2], True, 0.1, 1e-5)
    wanted.reshape(shape).backward(torch.tensor(np.asarray(dy, np.float64)))
    np.testing.assert_allclose(y, wanted.detach().numpy().reshape(shape), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(mean, flat.detach().mean(0), rtol=1e-6)
    np.testing.assert_allclose(variance, flat.detach().var(0, correction=0), rtol=1e-5)
    for own, other in zip(found, wide, strict=True):
        scale_of = float(other.grad.abs().max())
        np.testing.assert_allclose(own / scale_of, other.grad.numpy() / scale_of, rtol=0, atol=2e-5)


def test_only_networks_with_choices_give_up_forward_mode() -> None:
    """Elsewhere than on CPU nothing is chosen, and batch norm and bias stay plain JAX."""
    text = (
        "netspec: 1\nname: t\ninput: [6, 6, 2]\ndata: {source: npz, path: none.npz}\n"
        "blocks:\n  - conv: [{filters: 4, kernel: 3, norm: batch}, {filters: 4, kernel: 3}]\nfc: [3]\n"
    )

    def tangent(chosen: bool) -> jax.Array:
        net = network(text, chosen=chosen)
        start, images = net.init(0), drawn(4, 6, 6, 2)

        def output(images: jax.Array) -> jax.Array:
            return net.forward(start, images, training=True)[0]

        return jax.jvp(output, (images,), (images,))[1]

    assert tangent(False).shape == (4, 3)
    with pytest.raises(TypeError, match="forward-mode"):
        tangent(True)


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="the option is XLA:CPU's")
def test_barriers_outlive_fusion() -> None:
    """Else each tap of a depthwise convolution would compute the layer before it again."""

    def function(x: jax.Array) -> jax.Array:
        y = jax.lax.optimization_barrier(jnp.tanh(x))
        return y[1:] + y[:-1]

    compiled = jax.jit(function, compiler_options=compiler_options("cpu")).lower(drawn(9, 9)).compile()
    assert "opt-barrier" in compiled.as_text()
