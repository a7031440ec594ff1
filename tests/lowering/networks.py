"""Networks from text, and the same networks in PyTorch."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from netspec.analysis.check import check_source
from netspec.analysis.plan import Plan
from netspec.lowering.planner import choices
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
    from torch.nn import functional

    x = x.permute(0, 3, 1, 2)
    for layer in net.plan.layers:
        s: Any = layer.settings
        own = params.get(layer.name, {})
        if layer.kind == "pool":
            x = torch_pool(x, s.type, *s.axes(layer.input))
            continue
        if layer.kind == "conv":
            (top, bottom), (left, right) = (axis.padding for axis in s.axes(layer.input))
            kernel = own["kernel"].permute(3, 2, 0, 1)
            padded = functional.pad(x, (left, right, top, bottom))
            x = functional.conv2d(padded, kernel, None, s.stride, 0, s.dilation, s.grouping(layer.input[2]))
        else:
            x = (x.permute(0, 2, 3, 1) if x.ndim == 4 else x).reshape(x.shape[0], -1) @ own["kernel"]
        shape = (1, -1) + (1,) * (x.ndim - 2)
        if s.bias:
            x = x + own["bias"].reshape(shape)
        if s.norm == "batch":
            x = torch_batch_norm(x, state[layer.name], own["scale"], own["shift"], training)
        x = torch_activation(s.activation, x)
    if x.ndim == 4:
        x = x.permute(0, 2, 3, 1)
        x = x.reshape(x.shape[0], -1) if x.shape[1:3] == (1, 1) else x
    return x


def torch_batch_norm(x: Any, state: dict[str, Any], scale: Any, shift: Any, training: bool) -> Any:
    """PyTorch's batch norm, but for the unbiased variance that it runs: the format's is biased, by (n - 1)/n."""
    from torch.nn import functional

    count = x.numel() // x.shape[1]
    # The backward pass reads the tensors that it was given: they must not change.
    mean, variance = state["mean"].clone(), state["variance"].clone()
    x = functional.batch_norm(x, mean, variance, scale, shift, training, 0.1, 1e-5)
    if training:
        old = 0.9 * state["variance"]
        state |= {"mean": mean, "variance": old + (variance - old) * (count - 1) / count}
    return x


def torch_pool(x: Any, kind: str, height: Any, width: Any) -> Any:
    """Pooling with padding on each side that need not be the same."""
    from torch.nn import functional

    (top, bottom), (left, right) = height.padding, width.padding
    window, stride = (height.kernel, width.kernel), (height.stride, width.stride)
    sides = (left, right, top, bottom)
    if kind == "max":
        return functional.max_pool2d(functional.pad(x, sides, value=float("-inf")), window, stride)
    counts = functional.avg_pool2d(functional.pad(x[:1, :1] * 0 + 1, sides), window, stride)
    return functional.avg_pool2d(functional.pad(x, sides), window, stride) / counts


def torch_activation(name: str, x: Any) -> Any:
    """The activation of that name."""
    import torch
    from torch.nn import functional

    functions = {
        "none": lambda x: x,
        "relu": torch.relu,
        "leaky_relu": lambda x: functional.leaky_relu(x, 0.01),
        "elu": functional.elu,
        "gelu": lambda x: functional.gelu(x, approximate="tanh"),
        "silu": functional.silu,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "softplus": functional.softplus,
    }
    return functions[name](x)
