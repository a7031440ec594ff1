"""A network gives the same bits in a process that has set JAX otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
import pytest

import netspec
from netspec.lowering.settings import HELD, held
from netspec.text.source import Source

SPEC = """\
netspec: 1
name: set
input: [4, 4, 1]
blocks: [{conv: {filters: 2, kernel: 3, padding: 1, norm: batch}, pool: {window: 2}}]
fc: [{units: 4, dropout: 0.5}, 3]
data: {source: npz, path: x.npz, augment: {flip: horizontal}}
train: {batch_size: 4, gradient_clip: 1.0}
"""
OTHERWISE: dict[str, object] = {
    "jax_enable_x64": True,
    "jax_numpy_dtype_promotion": "strict",
    "jax_threefry_partitionable": False,
    "jax_default_matmul_precision": "bfloat16",
    "jax_default_prng_impl": "rbg",
    "jax_random_seed_offset": 3,
    "jax_transfer_guard_host_to_device": "disallow",
}


@pytest.fixture
def otherwise() -> Iterator[None]:
    before = {name: getattr(jax.config, name) for name in OTHERWISE}
    for name, value in OTHERWISE.items():
        jax.config.update(name, value)
    yield
    for name, value in before.items():
        jax.config.update(name, value)


def computed(images: jax.Array, labels: jax.Array) -> list[np.ndarray]:
    """All that a network gives of two steps, of prediction, and of a gradient that its user takes."""
    network = netspec.compile(Source("x", SPEC))
    state: Any = network.init_training(seed=5)
    for _ in range(2):
        state, metrics = network.train_step(state, images, labels)
    shares = network.predict(state["variables"], images)
    with jax.transfer_guard("allow"):  # the user's own constants
        gradient = jax.grad(lambda variables: network.apply(variables, images).sum())(state["variables"])
    return [np.asarray(leaf) for leaf in jax.tree.leaves((state, metrics, shares, gradient))]


@pytest.fixture(scope="module")
def plain() -> tuple[jax.Array, jax.Array, list[np.ndarray]]:
    rng = np.random.default_rng(0)
    images, labels = jax.device_put(
        (rng.normal(size=(4, 4, 4, 1)).astype(np.float32), np.array([0, 1, 2, 0], np.int32))
    )
    return images, labels, computed(images, labels)


@pytest.mark.slow
def test_the_bits_are_the_same_whatever_jax_is_set_to(plain: Any, otherwise: None) -> None:
    images, labels, expected = plain
    found = computed(images, labels)
    assert [leaf.dtype for leaf in found] == [leaf.dtype for leaf in expected]
    assert [leaf.tobytes() for leaf in found] == [leaf.tobytes() for leaf in expected]


def test_a_key_is_that_of_its_seed() -> None:
    network = netspec.compile(Source("x", SPEC))
    for seed in (0, 1, 2**31, 2**32 - 1):
        key = jax.random.key_data(jax.random.key(seed, impl="threefry2x32"))
        assert network.init_training(seed)["key"].tolist() == key.tolist()


def test_settings_are_held_inside_alone(otherwise: None) -> None:
    def seen() -> dict[str, object]:
        return {name: getattr(jax.config, name) for name in HELD}

    around = seen()
    assert held(seen)() == {name: value for name, (_, value) in HELD.items()}
    assert seen() == around
