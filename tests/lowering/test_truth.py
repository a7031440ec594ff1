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
            largest = float(value.grad.abs().max())
            own_scale = max(largest, 0.01 * scale) if largest > 1e-12 * scale else scale
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


@pytest.mark.parametrize(
    "activation",
    [*ACTIVATIONS, "{type: leaky_relu, slope: 0.3}", "{type: elu, alpha: 0.5}", "{type: gelu, approximate: false}"],
)
def test_activations(activation: str) -> None:
    text = (
        f"netspec: 1\nname: t\ninput: [6, 6, 2]\ndefaults: {{activation: {activation}}}\n"
        "blocks:\n  - {conv: {filters: 4, kernel: 3}, pool: {window: 2}}\nfc: [6, 3]\n"
    )
    compare(text, chosen=True, training=True)


NORMS = [
    "{type: batch, eps: 1e-3, momentum: 0.8}",
    "{type: batch, scale: false}",
    "{type: batch, shift: false}",
    "layer",
    "{type: layer, eps: 0.1, shift: false}",
    "instance",
    "{type: group, groups: 2}",
    "{type: group, groups: 3, scale: false}",
    "{type: local_response, size: 3}",
    "{type: local_response, size: 4, alpha: 0.5, beta: 0.5, k: 2}",
]


@pytest.mark.parametrize("norm", NORMS)
def test_norms(norm: str) -> None:
    """Of a convolution, of what is pooled, and before a convolution."""
    text = (
        f"netspec: 1\nname: t\ninput: [9, 8, 3]\ndefaults: {{activation: tanh, conv: {{kernel: 2, norm: {norm}}}}}\n"
        f"blocks:\n  - {{conv: {{filters: 6}}, pool: {{window: 2, norm: {norm}}}}}\n"
        "  - conv: {filters: 4, order: [norm, conv, activation]}\n"
    )
    compare(text, chosen=True, training=True)


JOINED = {
    "identity": "{conv: {filters: 4, kernel: 3, padding: 1}, shortcut: add, activation: relu}",
    "convolution": "{conv: [{filters: 6, kernel: 3, padding: 1, stride: 2, norm: batch}, {filters: 6, kernel: 1, norm: batch, activation: none}], shortcut: add, activation: relu}",
    "other kernel": "{conv: {filters: 6, kernel: 3, padding: 1, stride: 2}, shortcut: {type: add, projection: {kernel: 3, padding: 1, norm: layer}}}",
    "average": "{conv: {filters: 6, kernel: 3, padding: 1, stride: 2}, shortcut: {type: add, projection: pool}, norm: group}",
    "slice": "{conv: {filters: 6, kernel: 3, padding: 1, stride: 2}, shortcut: {type: add, projection: slice}}",
    "skip": "{repeat: 2, conv: {filters: 6, kernel: 3, padding: 1}, shortcut: {type: add, projection: skip}, activation: silu}",
    "pre-activation": "{conv: [{filters: 6, kernel: 3, padding: 1, stride: 2, norm: batch, order: [norm, activation, conv]}, {filters: 6, kernel: 1, norm: batch, order: [norm, activation, conv]}], shortcut: add}",
    "dense": "{repeat: 2, conv: {filters: 3, kernel: 3, padding: 1}, shortcut: concat}",
    "strided concatenation": "{conv: {filters: 3, kernel: 3, padding: 1, stride: 2}, shortcut: concat, norm: batch, activation: prelu}",
    "branches": "{branches: [{conv: {filters: 2, kernel: 1}}, [], [{pool: {window: 3, stride: 1, padding: 1}}, {conv: {filters: 3, kernel: 1}}]], join: concat, activation: tanh}",
    "bridged sum of branches": "{branches: [{conv: {filters: 4, kernel: 1}}, {conv: {filters: 4, kernel: 3, padding: 1}}, []], join: add, shortcut: concat, pool: {window: 2}}",
    "group": "{repeat: 2, blocks: [{conv: {filters: 6, kernel: 3, padding: 1, first: {stride: 2}}}, {conv: {filters: 6, kernel: 1}, shortcut: add}], shortcut: add}",
    "inverted": "{conv: [{filters: 2x, kernel: 1}, {kernel: 3, padding: 1, groups: depthwise, gate: {units: 0.5x}}, {filters: 4, kernel: 1, activation: none}], shortcut: add}",
    "gate": "{conv: {filters: 4, kernel: 3, activation: relu6, order: [conv, activation, norm], norm: batch, gate: {reduction: 2, activation: prelu, gate: hard_sigmoid}}}",
    "counted padding": "{pool: {type: average, window: 3, stride: 2, padding: 1, count_padding: true, activation: relu, norm: layer}}",
    "uneven counted padding": "{conv: {filters: 4, kernel: 1}, pool: {type: average, window: 3, stride: 2, padding: same, count_padding: true}}",
    "before a maximum": "{conv: {filters: 4, kernel: 3}, pool: {window: 2, order: [norm, activation, pool], norm: batch, activation: relu}}",
}


@pytest.mark.parametrize("name", JOINED)
def test_joins_gates_and_steps(name: str) -> None:
    text = (
        f"netspec: 1\nname: t\ninput: [9, 8, 4]\ndefaults: {{activation: tanh}}\nblocks:\n  - {JOINED[name]}\n".replace(
            "norm: group", "norm: {type: group, groups: 2}"
        )
    )
    compare(text, chosen=True, training=True)


def test_steps_of_the_images_and_before_a_product() -> None:
    text = (
        "netspec: 1\nname: t\ninput: {height: 4, width: 3, channels: 4, norm: {type: group, groups: 2}}\n"
        "blocks: [{conv: {filters: 4, kernel: 2, bias: false}}]\n"
        "fc: [{units: 6, norm: layer, activation: prelu, order: [norm, activation, fc]}, 3]\n"
    )
    compare(text, chosen=False, training=True)


def test_a_step_of_training_is_pytorchs() -> None:
    """Of a network in which values have several readers."""
    text = (
        "netspec: 1\nname: t\ninput: [8, 8, 4]\ndata: {source: npz, path: t.npz}\nblocks:\n"
        "  - {conv: {filters: 4, kernel: 3, padding: 1, norm: batch, gate: {units: 2}}, shortcut: add, activation: relu}\n"
        "  - {branches: [[], {conv: {filters: 4, kernel: 1, activation: prelu}}], join: concat, pool: {window: 2, norm: batch, activation: tanh}}\n"
        "fc: [{units: 6, norm: batch}, 3]\ntrain: {optimizer: {type: sgd, learning_rate: 1, momentum: 0.9}}\n"
    )
    net = network(text, chosen=True)
    rng = np.random.default_rng(0)
    images, labels = rng.normal(size=(16, 8, 8, 4)).astype(np.float32), np.arange(16) % 3
    state: Any = net.init_training(0)
    start = jax.device_get(state["variables"])
    state, _ = net.train_step(state, images, labels.astype(np.int32))

    from benchmarks.peers import torch_net

    doubles = {
        part: {
            layer: {name: torch.tensor(value.astype(np.float64)) for name, value in own.items()}
            for layer, own in start[part].items()
            if layer != "input"
        }
        for part in ("params", "state")
    }
    module = torch_net.module(net.plan).double()
    module.load_state_dict(torch_net.weights(net.plan, doubles["params"], doubles["state"]), strict=False)
    optimizer = torch.optim.SGD(module.parameters(), 1, momentum=0.9)
    x = torch.tensor(images.astype(np.float64)).permute(0, 3, 1, 2)
    torch.nn.functional.cross_entropy(module(x), torch.tensor(labels)).backward()
    optimizer.step()
    after = {
        layer: {name: torch.tensor(np.asarray(value, np.float64)) for name, value in own.items()}
        for layer, own in jax.device_get(state["variables"]["params"]).items()
    }
    wanted = dict(module.named_parameters())
    for name, value in torch_net.weights(net.plan, after, {}).items():
        agree(value, wanted[name].detach(), name)


@settings(max_examples=20, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(specs())
def test_random_networks(text: str) -> None:
    compare(text, chosen=True, training=False)


@pytest.mark.slow
@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(specs())
def test_many_random_networks(text: str) -> None:
    compare(text, chosen=False, training=False)
    compare(text, chosen=True, training=False)
