"""Any plan as a PyTorch module, as its users would write it: channels first, `nn` layers.

The tests hold netspec's numbers against this module in float64, so that what is timed is what is proved equal.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.peers.peer import refuse
from netspec.analysis.plan import Plan, PlannedLayer
from netspec.language.kind import FLATTENED

Parts = list[tuple[str, nn.Module]]

ACTIVATIONS: Mapping[str, Any] = {
    "relu": nn.ReLU,
    "leaky_relu": lambda slope: nn.LeakyReLU(slope),
    "elu": lambda alpha: nn.ELU(alpha),
    "gelu": lambda approximate: nn.GELU("tanh" if approximate else "none"),
    "silu": nn.SiLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "softplus": nn.Softplus,
    "relu6": nn.ReLU6,
    "hard_swish": nn.Hardswish,
    "hard_sigmoid": nn.Hardsigmoid,
    "mish": nn.Mish,
    "selu": nn.SELU,
}
CHANNELS_FIRST = ("channels", "height", "width")
NAMES = {
    "kernel": "linear.weight",
    "bias": "linear.bias",
    "scale": "norm.weight",
    "shift": "norm.bias",
    "mean": "norm.running_mean",
    "variance": "norm.running_var",
    "slope": "activation.weight",
}
"""Where each of netspec's arrays is in the module of its layer."""


class Row(nn.Sequential):
    """The modules of one layer; the first takes all that the layer reads."""

    def forward(self, *arrays: Tensor) -> Tensor:
        """What the last one gives."""
        first, *others = self
        x: Tensor = first(*arrays)
        for module in others:
            x = module(x)
        return x


class Program(nn.Module):
    """The layers of a plan in the order they run, each on the values that it reads; one child a layer, named by its number."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.steps: list[tuple[int, tuple[int, ...], list[int]]] = []
        for layer in plan.layers:
            self.add_module(str(layer.value - 1), Row(OrderedDict(_parts(plan, layer))))
            done = [value for value in dict.fromkeys(layer.reads) if plan.readers[value][-1] is layer]
            self.steps.append((layer.value, layer.reads, done))
        self.end = nn.Flatten() if plan.layers[-1].output[:-1] == (1, 1) else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to logits (batch, classes), or to the last map where it is larger than 1x1."""
        values = {0: x}
        for (value, reads, done), layer in zip(self.steps, self.children(), strict=False):
            values[value] = layer(*(values[read] for read in reads))
            for read in done:
                del values[read]
        return self.end(values[len(self.steps)])  # type: ignore[no-any-return]


def module(plan: Plan) -> Program:
    """The network of a plan, its weights drawn by PyTorch."""
    return Program(plan)


def weights(plan: Plan, params: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Tensor]:
    """netspec's arrays, as tensors {layer: {name: ...}}, by the names and in the layouts of `module`; differentiable."""
    found = {}
    for layer in plan.layers:
        for name, tensor in {**params.get(layer.name, {}), **state.get(layer.name, {})}.items():
            laid_out = _laid_out(tensor, plan.shape(layer.reads[0])) if name == "kernel" else tensor
            found[f"{layer.value - 1}.{NAMES[name]}"] = laid_out
    return found


def _laid_out(kernel: Tensor, shape: tuple[int, ...]) -> Tensor:
    if kernel.ndim == 4:
        return kernel.permute(3, 2, 0, 1)
    if len(shape) == 3:
        order = [FLATTENED.index(axis) for axis in CHANNELS_FIRST]
        kernel = kernel.reshape(*shape, -1).permute(*order, 3).reshape(kernel.shape)
    return kernel.T


def _parts(plan: Plan, layer: PlannedLayer) -> Parts:
    """The modules of one layer by name, in order. Raises Unsupported."""
    settings: Any = layer.settings
    if layer.kind not in PARTS:
        refuse(f"layer `{layer.kind}`", "this comparison's PyTorch")
    return PARTS[layer.kind](settings, plan.shape(layer.reads[0]))


def _after(settings: Any, norm: nn.Module) -> Parts:
    """What follows a sum; `norm` as the kind has it."""
    parts: Parts = [("norm", norm)] if settings.norm.type == "batch" else []
    if settings.activation.type != "none":
        made = ACTIVATIONS.get(settings.activation.type, lambda: nn.PReLU(norm.num_features))
        activation = made(**settings.activation.arguments)
        parts.append(("activation", activation))
    return [*parts, ("dropout", nn.Dropout(settings.dropout.rate))] if settings.dropout else parts


def _arguments(settings: Any) -> dict[str, float]:
    norm = settings.norm
    return {"eps": norm.eps, "momentum": 1 - norm.momentum} if norm.type == "batch" else {}


def _fc(settings: Any, shape: tuple[int, ...]) -> Parts:
    flat: Parts = [("flat", nn.Flatten())] if len(shape) == 3 else []
    linear = nn.Linear(math.prod(shape), settings.units, settings.bias)
    norm = nn.BatchNorm1d(settings.units, **_arguments(settings))
    return [*flat, ("linear", linear), *_after(settings, norm)]


def _conv(settings: Any, input: tuple[int, ...]) -> Parts:
    height, width = settings.axes(input)
    (top, bottom), (left, right) = height.padding, width.padding
    even = top == bottom and left == right
    conv = nn.Conv2d(
        input[2],
        settings.filters,
        settings.kernel,
        settings.stride,
        (top, left) if even else 0,
        settings.dilation,
        settings.grouping(input[2]),
        settings.bias,
    )
    pad: Parts = [] if even else [("pad", nn.ZeroPad2d((left, right, top, bottom)))]
    norm = nn.BatchNorm2d(settings.filters, **_arguments(settings))
    return [*pad, ("linear", conv), *_after(settings, norm)]


def _pool(settings: Any, input: tuple[int, ...]) -> Parts:
    height, width = settings.axes(input)
    (top, bottom), (left, right) = height.padding, width.padding
    window, stride = (height.kernel, width.kernel), (height.stride, width.stride)
    even = top == bottom and left == right and 2 * top <= window[0] and 2 * left <= window[1]
    largest = settings.type == "max"
    if window == input[:2] and not any((top, bottom, left, right)):
        return [("pool", nn.AdaptiveMaxPool2d(1) if largest else nn.AdaptiveAvgPool2d(1))]
    if largest and even:
        return [("pool", nn.MaxPool2d(window, stride, (top, left)))]
    if largest:
        padded = nn.ConstantPad2d((left, right, top, bottom), float("-inf"))
        return [("pad", padded), ("pool", nn.MaxPool2d(window, stride))]
    if even:
        return [("pool", nn.AvgPool2d(window, stride, (top, left), count_include_pad=False))]
    return [("pool", UnevenAverage(window, stride, (left, right, top, bottom)))]


PARTS = {"conv": _conv, "pool": _pool, "fc": _fc}


class UnevenAverage(nn.Module):
    """The mean over the cells that are not padding, where the sides are padded differently."""

    def __init__(self, window: tuple[int, int], stride: tuple[int, int], sides: tuple[int, int, int, int]) -> None:
        super().__init__()
        self.pad, self.pool = nn.ZeroPad2d(sides), nn.AvgPool2d(window, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to (batch, channels, height', width')."""
        inside = self.pool(self.pad(torch.ones_like(x[:1, :1])))
        return self.pool(self.pad(x)) / inside
