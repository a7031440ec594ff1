"""One compiled training step: what it keeps, what it frees, and that it is a function of its state alone."""

from __future__ import annotations

from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from netspec.analysis.plan import steps_per_epoch, training_share
from netspec.language.train import Train
from netspec.storage import tensors
from netspec.storage.tree import flatten, to_host, unflatten
from netspec.training.step import TrainableNetwork
from tests.lowering.networks import network

SPEC = """\
netspec: 1
name: small
input: [8, 8, 1]
blocks:
  - conv: {filters: 4, kernel: 3, norm: batch, dropout: 0.1}
    pool: {window: 2}
fc: [{units: 16, dropout: 0.3}, 10]
data: {augment: {crop: 1}, validation: 0}
train: {epochs: 2, batch_size: 16, optimizer: {type: adamw, learning_rate: 0.01}, schedule: {type: cosine, warmup: 2}}
"""
STILL = """\
netspec: 1
name: still
input: [8, 8, 1]
fc: [{units: 400, dropout: 0.5, bias: false}, {units: 10, bias: false}]
train: {optimizer: {type: sgd, learning_rate: 1e-30}}
"""


def batch() -> tuple[jax.Array, jax.Array]:
    """Noise with one bright quarter, which is the label."""
    labels = np.arange(16) % 4
    images = np.random.default_rng(0).normal(size=(16, 8, 8, 1)).astype(np.float32)
    for image, label in zip(images, labels, strict=True):
        row, column = divmod(int(label), 2)
        image[4 * row : 4 * row + 4, 4 * column : 4 * column + 4] += 2
    return jnp.asarray(images), jnp.asarray(labels)


@cache
def small() -> TrainableNetwork:
    """One network for the tests that ask nothing special, for each compiles its step."""
    return network(SPEC)


def run(net: TrainableNetwork, steps: int, state: Any = None) -> tuple[Any, list[dict[str, float]]]:
    state = net.init_training() if state is None else state
    rows = []
    for _ in range(steps):
        state, metrics = net.train_step(state, *batch())
        rows.append({name: float(value) for name, value in metrics.items()})
    return state, rows


def assert_same_bits(first: Any, second: Any) -> None:
    first, second = to_host(first), to_host(second)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name].tobytes() != second[name].tobytes()] == []


@pytest.mark.parametrize("chosen", [False, True], ids=["plain", "chosen"])
def test_it_learns_a_toy_set_in_one_compilation(chosen: bool) -> None:
    net = network(SPEC, chosen=chosen) if chosen else small()
    _, rows = run(net, 40)
    assert np.mean([row["loss"] for row in rows[-5:]]) < 0.5 * rows[0]["loss"]
    assert net.train_step._cache_size() == 1


def test_the_given_state_is_used_up() -> None:
    net = small()
    state = net.init_training()
    net.train_step(state, *batch())
    assert [name for name, leaf in flatten(state).items() if not leaf.is_deleted()] == []


def test_the_same_bits_twice_and_by_another_seed_others() -> None:
    first, rows = run(small(), 4)
    second, again = run(network(SPEC), 4)
    assert_same_bits(first, second)
    assert rows == again
    _, other = run(small(), 4, small().init_training(seed=1))
    assert other != rows


def test_a_stored_state_goes_on_with_the_same_bits() -> None:
    whole, _ = run(small(), 6)
    half, _ = run(small(), 3)
    stored, _ = tensors.load(tensors.save_bytes(to_host(half), {}))
    net = small()
    resumed, _ = run(net, 3, jax.device_put(unflatten(net.init_training(), stored)))
    assert_same_bits(resumed, whole)


def test_dropout_is_drawn_anew_each_step() -> None:
    net = network(STILL)
    start = to_host(net.init_training()["variables"])
    state, rows = run(net, 3)
    assert_same_bits(state["variables"], start)
    assert len({row["loss"] for row in rows}) == 3


def test_metrics_are_of_the_parameters_before_the_step() -> None:
    text = SPEC.replace(", dropout: 0.1", "").replace(", dropout: 0.3", "").replace("augment: {crop: 1}, ", "")
    net = network(text.replace("batch_size", "gradient_clip: 1e-3, batch_size"))
    state = net.init_training()
    images, labels = batch()

    def loss(params: Any) -> jax.Array:
        given = {"params": params, "state": state["variables"]["state"]}
        logits, _ = net.forward(given, images, training=True)
        return -jnp.mean(jax.nn.log_softmax(logits)[jnp.arange(16), labels])

    value, gradient = jax.value_and_grad(loss)(state["variables"]["params"])
    norm = np.sqrt(sum(np.square(np.asarray(leaf, np.float64)).sum() for leaf in jax.tree.leaves(gradient)))
    _, metrics = net.train_step(state, images, labels)
    assert float(metrics["loss"]) == pytest.approx(float(value), rel=1e-5)
    assert float(metrics["gradient_norm"]) == pytest.approx(norm, rel=1e-5)
    assert float(metrics["learning_rate"]) == 0.0
    assert {name: leaf.dtype for name, leaf in metrics.items()} == dict.fromkeys(metrics, jnp.float32)


def test_statistics_move_by_a_tenth() -> None:
    net = network(SPEC.replace("augment: {crop: 1}, ", "").replace("dropout: 0.1", "dropout: 0"))
    state = net.init_training()
    images, labels = batch()
    kernel = np.asarray(state["variables"]["params"]["block1.conv1"]["kernel"], np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(np.asarray(images, np.float64)[..., 0], (3, 3), (1, 2))
    sums = np.einsum("bhwmn,mnf->bhwf", windows, kernel[:, :, 0])
    moved = net.train_step(state, images, labels)[0]["variables"]["state"]["block1.conv1"]
    np.testing.assert_allclose(moved["mean"], 0.1 * sums.mean((0, 1, 2)), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(moved["variance"], 0.9 + 0.1 * sums.var((0, 1, 2)), rtol=1e-5)


def test_bfloat16_computes_in_bfloat16_and_keeps_float32() -> None:
    text = SPEC.replace("epochs: 2", "precision: bfloat16, epochs: 2")
    net = network(text)
    state, rows = run(net, 40)
    assert np.mean([row["loss"] for row in rows[-5:]]) < 0.5 * rows[0]["loss"]
    floats = [leaf for leaf in jax.tree.leaves(state) if jnp.issubdtype(leaf.dtype, jnp.floating)]
    assert {leaf.dtype for leaf in floats} == {jnp.dtype(jnp.float32)}
    assert "bf16" in str(jax.make_jaxpr(net.apply)(state["variables"], batch()[0]))
    wide = np.asarray(small().apply(state["variables"], batch()[0]))
    narrow = np.asarray(net.apply(state["variables"], batch()[0]))
    assert narrow.dtype == np.float32
    assert not np.array_equal(narrow, wide)
    # bfloat16 has 8 bits: each number is off by up to 2^-9 of itself, and three layers add up.
    assert np.abs(narrow - wide).max() < 0.03 * np.abs(wide).max()


def test_pixels_are_normalized_inside_and_floats_are_taken_as_they_are() -> None:
    net = small()
    pixels = np.random.default_rng(0).integers(0, 256, (16, 8, 8, 1)).astype(np.uint8)
    labels = batch()[1]

    def loss(images: Any) -> float:
        state = net.init_training()
        state["variables"]["state"]["input"] = {"mean": jnp.full(1, 100.0), "deviation": jnp.full(1, 50.0)}
        return float(net.train_step(state, images, labels)[1]["loss"])

    assert loss(pixels) == pytest.approx(loss((pixels.astype(np.float32) - 100) / 50), rel=1e-6)


def test_images_of_another_size_are_refused() -> None:
    net = small()
    with pytest.raises(ValueError, match=r"expected images of shape \(batch, 8, 8, 1\). Received: \(16, 9, 9, 1\)"):
        net.train_step(net.init_training(), jnp.zeros((16, 9, 9, 1)), batch()[1])


def test_each_image_needs_its_label() -> None:
    net, (images, labels) = small(), batch()
    for wrong in (labels[:8], labels[:1], jax.nn.one_hot(labels, 10), labels[0]):
        with pytest.raises(ValueError, match=r"images of shape \(16, 8, 8, 1\) need as many labels"):
            net.train_step(net.init_training(), images, wrong)


def test_steps_of_a_run() -> None:
    net = small()
    assert net.total_steps == 20
    plan = net.plan
    assert TrainableNetwork(plan).steps_per_epoch == 1437 // 16
    assert training_share(1437, plan.spec.data.value) == 1437
    assert (steps_per_epoch(100, Train(batch_size=30)), steps_per_epoch(10, Train(batch_size=30))) == (3, 1)
    assert steps_per_epoch(100, Train(batch_size=10, accumulate=3)) == 3


ACCUMULATED = """\
netspec: 1
name: accumulated
input: [2, 3, 1]
fc: [{units: 8, norm: batch, activation: tanh}, 4]
data: {source: npz, path: some.npz}
train: {accumulate: 3, batch_size: 5, optimizer: {type: sgd, learning_rate: 0.3, momentum: 0.9}, gradient_clip: 0.2}
"""


def test_gradients_add_up_as_in_pytorch() -> None:
    """Three batches a step: each normalized by itself, the mean of their gradients clipped and followed."""
    torch = pytest.importorskip("torch", reason="the reference is PyTorch, which is installed on Python 3.11 only")
    net = network(ACCUMULATED)
    state = net.init_training()
    params = jax.tree.map(
        lambda leaf: torch.tensor(np.asarray(leaf, np.float64), requires_grad=True), state["variables"]["params"]
    )
    leaves = jax.tree.leaves(params)
    theirs = torch.optim.SGD(leaves, lr=0.3, momentum=0.9)
    running = torch.zeros(8, dtype=torch.float64)
    rng = np.random.default_rng(0)
    for _ in range(2):
        images, labels = rng.normal(size=(15, 2, 3, 1)), rng.integers(0, 4, 15)
        state, metrics = net.train_step(state, jnp.asarray(images, jnp.float32), jnp.asarray(labels))
        theirs.zero_grad()
        losses = []
        for number in range(3):
            x, y = torch.tensor(images[number::3].reshape(5, 6)), torch.tensor(labels[number::3])
            sums = x @ params["fc1"]["kernel"]
            mean, variance = sums.mean(0), sums.var(0, unbiased=False)
            running = 0.9 * running + 0.1 * mean.detach()
            hidden = torch.tanh(
                (sums - mean) / torch.sqrt(variance + 1e-5) * params["fc1"]["scale"] + params["fc1"]["shift"]
            )
            loss = torch.nn.functional.cross_entropy(hidden @ params["fc2"]["kernel"] + params["fc2"]["bias"], y)
            (loss / 3).backward()
            losses.append(float(loss.detach()))
        norm = torch.nn.utils.clip_grad_norm_(leaves, 0.2)
        theirs.step()
        assert float(metrics["loss"]) == pytest.approx(np.mean(losses), rel=1e-5)
        assert float(metrics["gradient_norm"]) == pytest.approx(float(norm), rel=1e-5)
    for found, wanted in zip(jax.tree.leaves(state["variables"]["params"]), leaves, strict=True):
        np.testing.assert_allclose(found, wanted.detach(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(state["variables"]["state"]["fc1"]["mean"], running, rtol=1e-5, atol=1e-6)
    assert int(state["step"]) == 2
    with pytest.raises(ValueError, match="14 images cannot be divided into 3 batches"):
        net.step(state, jnp.zeros((14, 2, 3, 1)), jnp.zeros(14, jnp.int32))


def test_the_batches_of_a_step_are_given_what_as_many_steps_give_them() -> None:
    """Dropout and augmentation are drawn for each batch as for the step that it would be alone."""
    text = ACCUMULATED.replace("norm: batch", "dropout: 0.5").replace(
        "some.npz", "some.npz, augment: {cutout: 1, mixup: 1.0}"
    )
    together, alone = network(text), network(text.replace("accumulate: 3", "accumulate: 1"))
    state = together.init_training() | {"step": jnp.int32(4)}
    images = jnp.ones((15, 2, 3, 1))
    for number, part in enumerate(together.batches(images)):
        one = together.augmented(state, part, number)
        other = alone.augmented(state | {"step": jnp.int32(4 * 3 + number)}, part)
        for found, wanted in zip(one[1:], other[1:], strict=True):
            np.testing.assert_array_equal(found, wanted)
        assert jnp.all(jax.random.key_data(one[0]) == jax.random.key_data(other[0]))


def test_the_loss_of_mixed_images_is_that_of_both_labels_by_their_shares() -> None:
    net = network(
        "netspec: 1\nname: mixed\ninput: [2, 2, 1]\nfc: [4]\ndata: {source: npz, path: some.npz, augment: {mixup: 0.7}}\ntrain: {batch_size: 6}\n"
    )
    state = net.init_training()
    images, labels = jax.random.normal(jax.random.key(1), (6, 2, 2, 1)), jnp.arange(6) % 4
    _, x, shares = net.augmented(state, images)
    logits = np.asarray(net.apply(state["variables"], x), np.float64)
    logarithms = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    rows, own = np.arange(6), np.asarray(shares, np.float64)
    wanted = -own * logarithms[rows, labels] - (1 - own) * logarithms[rows, np.roll(labels, 1)]
    labels = np.asarray(labels)
    right = own * (logits.argmax(-1) == labels) + (1 - own) * (logits.argmax(-1) == np.roll(labels, 1))
    _, metrics = net.step(state, images, labels)
    assert float(metrics["loss"]) == pytest.approx(wanted.mean(), rel=1e-5)
    assert float(metrics["accuracy"]) == pytest.approx(right.mean(), rel=1e-5)
