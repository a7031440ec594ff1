"""netspec's numbers against PyTorch's, for every layer option and for random networks."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from netspec.language.activations import ACTIVATIONS
from netspec.language.train import CrossEntropy
from netspec.training.objective import losses
from tests.lowering.grammar import specs
from tests.lowering.networks import network, torch_forward, variables

torch = pytest.importorskip("torch", reason="the reference is PyTorch, which is installed on Python 3.11 only")

TOLERANCE = 1e-5
"""Relative: of the largest number of an array. The reference is computed in float64."""


def agree(found: Any, wanted: Any, what: str) -> None:
    wanted = np.asarray(wanted)
    scale = max(float(np.abs(wanted).max(initial=0)), 1e-6)
    worst = float(np.abs(np.asarray(found, np.float64) - wanted).max(initial=0)) / scale
    assert worst < TOLERANCE, f"{what}: {worst:.2e}"


def compare(text: str, *, chosen: bool, training: bool) -> None:
    """Output, loss, gradients of every parameter and of the images, and moved statistics."""
    net = network(text, chosen=chosen)
    start = variables(net)
    rng = np.random.default_rng(1)
    images = rng.normal(size=(4, *net.plan.input)).astype(np.float32)

    def loss(params: Any, x: jax.Array) -> tuple[jax.Array, Any]:
        output, moved = net.forward({"params": params, "state": start["state"]}, x, training=training)
        value = jnp.sum(output * weights)
        if output.ndim == 2:
            value += jnp.mean(losses(CrossEntropy(label_smoothing=0.1), output, labels))
        return value, (output, moved)

    shape = jax.eval_shape(net.apply, start, images).shape
    weights = rng.normal(size=shape).astype(np.float32)
    labels = np.arange(4) % shape[-1]
    function = jax.jit(jax.value_and_grad(loss, (0, 1), has_aux=True))
    (total, (output, moved)), (gradients, image_gradient) = function(start["params"], images)

    params = {
        layer: {name: torch.tensor(np.asarray(value, np.float64), requires_grad=True) for name, value in own.items()}
        for layer, own in start["params"].items()
    }
    x = torch.tensor(images.astype(np.float64), requires_grad=True)
    state: Any = {
        layer: {name: torch.tensor(np.asarray(value, np.float64)) for name, value in own.items()}
        for layer, own in start["state"].items()
    }
    wanted = torch_forward(net, params, state, x, training)
    agree(output, wanted.detach(), "output")
    for layer in state.keys() - {"input"}:
        for name, value in state[layer].items():
            agree(moved["state"][layer][name], value, f"{name} of {layer}")
    wanted_total = (wanted * torch.tensor(weights.astype(np.float64))).sum()
    magnitude = float(np.abs(wanted.detach().numpy() * weights).sum())
    if wanted.ndim == 2:
        wanted_total = wanted_total + torch.nn.functional.cross_entropy(
            wanted, torch.tensor(labels), label_smoothing=0.1
        )
    wanted_total.backward()
    # The sum cancels: its rounding is relative to the size of its terms.
    assert abs(float(total) - wanted_total.item()) < TOLERANCE * max(magnitude, abs(wanted_total.item()))
    scale = max(float(p.grad.abs().max()) for own in params.values() for p in own.values())
    for layer, own in params.items():
        for name, value in own.items():
            difference = np.abs(np.asarray(gradients[layer][name], np.float64) - value.grad.numpy()).max()
            # A gradient that is zero in exact arithmetic is rounding noise of the whole: it is held against the largest.
            own_scale = max(float(value.grad.abs().max()), 0.01 * scale)
            assert difference / own_scale < TOLERANCE, f"gradient of {layer}/{name}: {difference / own_scale:.2e}"
    agree(image_gradient, x.grad, "gradient of the images")


CONVOLUTIONS = [
    "{filters: 4, kernel: 3}",
    "{filters: 4, kernel: [2, 3], stride: [2, 1]}",
    "{filters: 4, kernel: 3, padding: 1}",
    "{filters: 4, kernel: 3, padding: [0, 2]}",
    "{filters: 4, kernel: 4, padding: same}",
    "{filters: 4, kernel: 3, padding: same, stride: 2}",
    "{filters: 4, kernel: 3, dilation: 2}",
    "{filters: 4, kernel: 2, dilation: [3, 1], padding: same}",
    "{filters: 4, kernel: 3, groups: 2}",
    "{filters: 8, kernel: 3, groups: depthwise, padding: same}",
    "{filters: 4, kernel: 1}",
    "{filters: 4, kernel: 3, bias: false}",
    "{filters: 4, kernel: [9, 8]}",
    "{filters: 4, kernel: 3, norm: batch}",
]
POOLS = [
    "{type: max, window: 2}",
    "{type: max, window: 3, stride: 2, padding: 1}",
    "{type: max, window: 3, stride: 2, padding: same}",
    "{type: max, window: [2, 3], stride: 1}",
    "{type: max, window: all}",
    "{type: average, window: 2}",
    "{type: average, window: 3, stride: 2, padding: 1}",
    "{type: average, window: 3, stride: 2, padding: same}",
    "{type: average, window: all}",
]


@pytest.mark.parametrize("chosen", [False, True], ids=["plain", "chosen"])
@pytest.mark.parametrize("conv", CONVOLUTIONS)
def test_convolutions(conv: str, chosen: bool) -> None:
    text = f"netspec: 1\nname: t\ninput: [9, 8, 4]\ndefaults: {{activation: tanh}}\nblocks:\n  - conv: {conv}\n"
    for training in (False, True):
        compare(text, chosen=chosen, training=training)


@pytest.mark.parametrize("chosen", [False, True], ids=["plain", "chosen"])
@pytest.mark.parametrize("pool", POOLS)
def test_pooling(pool: str, chosen: bool) -> None:
    text = f"netspec: 1\nname: t\ninput: [9, 8, 3]\nblocks:\n  - {{conv: {{filters: 4, kernel: 2}}, pool: {pool}}}\nfc: [5]\n"
    compare(text, chosen=chosen, training=True)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations(activation: str) -> None:
    text = (
        f"netspec: 1\nname: t\ninput: [6, 6, 2]\ndefaults: {{activation: {activation}}}\n"
        "blocks:\n  - {conv: {filters: 4, kernel: 3}, pool: {window: 2}}\nfc: [{units: 6, norm: batch}, 3]\n"
    )
    for training in (False, True):
        compare(text, chosen=True, training=training)


@settings(max_examples=20, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(specs())
def test_random_networks(text: str) -> None:
    compare(text, chosen=True, training=False)


@pytest.mark.slow
@settings(max_examples=120, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(specs())
def test_many_random_networks(text: str) -> None:
    compare(text, chosen=False, training=False)
    compare(text, chosen=True, training=False)
