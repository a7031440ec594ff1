"""Small networks that have every option of the format between them, and what they compute by PyTorch in float64."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from netspec.language.kind import Shape
from netspec.training.step import TrainableNetwork
from tests.lowering.networks import network, torch_forward
from tests.lowering.test_truth import ACTIVATIONS, CONVOLUTIONS, JOINED, NORMS, POOLS

HEAD = "netspec: 1\nname: t\n"
ARGUED = ["{type: leaky_relu, slope: 0.3}", "{type: elu, alpha: 0.5}", "{type: gelu, approximate: false}"]
TOLERANCE = 1e-5
"""Relative: of the largest number that comes out."""
LEADING = (
    f"{HEAD}input: {{height: 4, width: 3, channels: 4, norm: {{type: group, groups: 2}}, dropout: 0.2}}\n"
    "blocks: [{conv: {filters: 4, kernel: 2, bias: false}}]\n"
    "fc: [{units: 6, norm: layer, activation: prelu, order: [norm, activation, fc]}, 3]\n"
)
DROPPED = (
    f"{HEAD}input: [6, 6, 2]\n"
    "blocks: [{repeat: 2, conv: {filters: 2, kernel: 3, padding: 1, dropout: {rate: 0.5, type: spatial}}, "
    "shortcut: {type: add, drop: [0.1, 0.5]}, dropout: 0.3, pool: {window: 2, stride: 1, dropout: 0.1}}]\n"
    "fc: [{units: 6, dropout: 0.5}, 3]\n"
)


def every_option() -> Iterator[str]:
    """Specs."""
    for conv in CONVOLUTIONS:
        yield f"{HEAD}input: [9, 8, 4]\ndefaults: {{activation: tanh}}\nblocks: [{{conv: {conv}}}]\n"
    for pool in POOLS:
        yield f"{HEAD}input: [9, 8, 3]\nblocks: [{{conv: {{filters: 4, kernel: 2}}, pool: {pool}}}]\nfc: [5]\n"
    for activation in (*ACTIVATIONS, *ARGUED):
        yield (
            f"{HEAD}input: [6, 6, 2]\ndefaults: {{activation: {activation}}}\n"
            "blocks: [{conv: {filters: 4, kernel: 3}, pool: {window: 2}}]\nfc: [6, 3]\n"
        )
    for norm in NORMS:
        yield (
            f"{HEAD}input: [9, 8, 3]\ndefaults: {{activation: tanh, conv: {{kernel: 2, norm: {norm}}}}}\n"
            f"blocks: [{{conv: {{filters: 6}}, pool: {{window: 2, norm: {norm}}}}}, "
            "{conv: {filters: 4, order: [norm, conv, activation]}}]\n"
        )
        if norm != "instance":  # of a vector it is refused
            first, then = f"{{units: 6, norm: {norm}}}", f"{{units: 3, norm: {norm}, order: [norm, fc, activation]}}"
            yield f"{HEAD}input: [4, 3, 2]\nblocks: [{{conv: {{filters: 6, kernel: 2}}}}]\nfc: [{then}, {first}, 3]\n"
    for block in JOINED.values():
        block = block.replace("norm: group", "norm: {type: group, groups: 2}")
        yield f"{HEAD}input: [9, 8, 4]\ndefaults: {{activation: tanh}}\nblocks: [{block}]\n"
    yield from (LEADING, DROPPED)


def drawn(text: str) -> tuple[TrainableNetwork, Any, np.ndarray]:
    """The network, variables in which every array is drawn (without JAX, which would compile for each shape), and images."""
    net = network(text)
    rng = np.random.default_rng(1)

    def draw(name: str, shape: Shape) -> np.ndarray:
        if name.endswith("kernel"):
            return rng.normal(0, (2 / math.prod(shape[:-1])) ** 0.5, shape).astype(np.float32)
        low, high = (0.5, 1.5) if name in ("scale", "variance", "deviation") else (-0.5, 0.5)
        return rng.uniform(low, high, shape).astype(np.float32)

    def part(shapes: str) -> dict[str, dict[str, np.ndarray]]:
        named = ((layer.name, getattr(layer, shapes)) for layer in net.plan.layers)
        return {layer: {name: draw(name, shape) for name, shape in own.items()} for layer, own in named if own}

    held = {"params": part("shapes"), "state": part("statistics")}
    held["state"]["input"] = {name: draw(name, net.plan.input[2:]) for name in ("mean", "deviation")}
    return net, held, rng.normal(size=(3, *net.plan.input)).astype(np.float32)


def wanted(net: TrainableNetwork, held: Any, images: np.ndarray) -> np.ndarray:
    """Logits of raw images, or the last map, channels last."""
    import torch

    own = held["state"]["input"]
    doubles = {
        part: {
            layer: {name: torch.tensor(np.asarray(array, np.float64)) for name, array in arrays.items()}
            for layer, arrays in held[part].items()
        }
        for part in ("params", "state")
    }
    normal = torch.tensor((images.astype(np.float64) - own["mean"]) / own["deviation"])
    return np.asarray(torch_forward(net, doubles["params"], doubles["state"], normal, False))


def agree(found: np.ndarray, truth: np.ndarray, text: str) -> None:
    assert found.shape == truth.shape, text
    worst = np.abs(found - truth).max() / max(np.abs(truth).max(), 1e-6)
    assert worst < TOLERANCE, f"{worst:.2e}\n{text}"
