"""Networks from text, and the same networks in PyTorch."""

from __future__ import annotations

import math
from typing import Any

import jax
import numpy as np

from netspec.analysis.plan import Plan, PlannedLayer
from netspec.lowering.planner import choices
from netspec.repair.check import check_source
from netspec.text.source import Source
from netspec.training.step import TrainableNetwork


def plan(text: str) -> Plan:
    """The plan of a spec; its diagnostics where it has none."""
    report = check_source(Source("test.yaml", text))
    assert report.plan is not None, report.diagnostics
    return report.plan


def network(text: str, *, chosen: bool = False) -> TrainableNetwork:
    """The network, by the plain lowering or by the algorithms chosen for a CPU."""
    planned = plan(text)
    return TrainableNetwork(planned, choices(planned, 4, "cpu") if chosen else {}, 10)


def variables(net: TrainableNetwork, seed: int = 0) -> Any:
    """Variables in which every array is drawn: biases, shifts and running statistics too."""
    rng = np.random.default_rng(seed)

    def draw(path: Any, leaf: jax.Array) -> np.ndarray:
        name = path[-1].key
        if name in ("kernel",):
            return np.asarray(leaf)
        low, high = (0.5, 1.5) if name in ("scale", "variance", "deviation") else (-0.5, 0.5)
        return rng.uniform(low, high, leaf.shape).astype(np.float32)

    return jax.tree_util.tree_map_with_path(draw, net.init(seed))


def torch_forward(net: TrainableNetwork, params: dict[str, Any], state: Any, x: Any, training: bool) -> Any:
    """The same network in PyTorch on (batch, height, width, channels), float64; no dropout.

    `state` holds tensors; in training they are replaced by the moved ones.
    """
    from torch.func import functional_call

    from benchmarks.peers import torch_net

    # PyTorch moves the statistics in place, and the backward pass reads the tensors that it was given.
    moved = {layer: {name: value.clone() for name, value in state[layer].items()} for layer in state.keys() - {"input"}}
    module = torch_net.module(net.plan).double().train(training)
    y = functional_call(module, torch_net.weights(net.plan, params, moved), x.permute(0, 3, 1, 2))
    if training:
        state |= {layer.name: biased(layer, state, moved, len(x)) for layer in net.plan.layers if layer.statistics}
    return y.permute(0, 2, 3, 1) if y.ndim == 4 else y


def biased(layer: PlannedLayer, state: Any, moved: Any, batch: int) -> dict[str, Any]:
    """PyTorch runs the unbiased variance, the format the biased one: smaller by (n - 1)/n."""
    settings: Any = layer.settings
    normed = layer.input if "norm" in settings.leading else layer.output
    count = batch * math.prod(normed[:-1])
    old = settings.norm.momentum * state[layer.name]["variance"]
    own = moved[layer.name]
    return {"mean": own["mean"], "variance": old + (own["variance"] - old) * (count - 1) / count}
