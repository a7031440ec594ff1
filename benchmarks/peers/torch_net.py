"""Any plan as a PyTorch module, as its users would write it: channels first, `nn` layers in a row.

The tests hold netspec's numbers against this module in float64, so that what is timed is what is proved equal.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from netspec.analysis.plan import Plan, PlannedLayer

Parts = list[tuple[str, nn.Module]]

ACTIVATIONS: Mapping[str, Any] = {
    "relu": nn.ReLU,
    "leaky_relu": lambda: nn.LeakyReLU(0.01),
    "elu": nn.ELU,
    "gelu": lambda: nn.GELU("tanh"),
    "silu": nn.SiLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "softplus": nn.Softplus,
}
NAMES = {
    "kernel": "linear.weight",
    "bias": "linear.bias",
    "scale": "norm.weight",
    "shift": "norm.bias",
    "mean": "norm.running_mean",
    "variance": "norm.running_var",
}
"""Where each of netspec's arrays is in the module of its layer."""


def module(plan: Plan) -> nn.Sequential:
    """(batch, channels, height, width) to logits (batch, classes), or to the last map where it is larger than 1x1.

    One child a layer, named by its number. Its weights are drawn by PyTorch.
    """
    net = nn.Sequential(*(nn.Sequential(OrderedDict(_parts(layer, shape))) for layer, shape in _walk(plan)))
    if len(plan.layers[-1].output) == 3 and plan.layers[-1].output[:2] == (1, 1):
        net.append(nn.Flatten())
    return net


def weights(plan: Plan, params: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Tensor]:
    """netspec's arrays, as tensors {layer: {name: ...}}, by the names and in the layouts of `module`; differentiable."""
    found = {}
    for number, (layer, shape) in enumerate(_walk(plan)):
        for name, tensor in {**params.get(layer.name, {}), **state.get(layer.name, {})}.items():
            found[f"{number}.{NAMES[name]}"] = _laid_out(tensor, layer.kind, shape) if name == "kernel" else tensor
    return found


def _walk(plan: Plan) -> Iterator[tuple[PlannedLayer, tuple[int, ...]]]:
    """Each layer with the shape that comes in, before it is flattened."""
    shape: tuple[int, ...] = plan.input
    for layer in plan.layers:
        yield layer, shape
        shape = layer.output


def _laid_out(kernel: Tensor, kind: str, shape: tuple[int, ...]) -> Tensor:
    if kind == "conv":
        return kernel.permute(3, 2, 0, 1)
    if len(shape) == 3:  # a map is flattened channels first here
        kernel = kernel.reshape(*shape, -1).permute(2, 0, 1, 3).reshape(kernel.shape)
    return kernel.T


def _parts(layer: PlannedLayer, shape: tuple[int, ...]) -> Parts:
    """The modules of one layer by name, in order."""
    settings: Any = layer.settings
    if layer.kind == "pool":
        return _pool(settings, layer.input)
    parts: Parts = []
    if layer.kind == "conv":
        parts += _conv(settings, layer.input)
    else:
        parts += [("flat", nn.Flatten())] if len(shape) == 3 else []
        parts += [("linear", nn.Linear(layer.input[0], settings.units, settings.bias))]
    if settings.norm == "batch":
        normed = nn.BatchNorm2d if layer.kind == "conv" else nn.BatchNorm1d
        parts.append(("norm", normed(layer.output[-1], eps=1e-5, momentum=0.1)))
    if settings.activation != "none":
        parts.append(("activation", ACTIVATIONS[settings.activation]()))
    if settings.dropout:
        parts.append(("dropout", nn.Dropout(settings.dropout)))
    return parts


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
    return [("linear", conv)] if even else [("pad", nn.ZeroPad2d((left, right, top, bottom))), ("linear", conv)]


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


class UnevenAverage(nn.Module):
    """The mean over the cells that are not padding, where the sides are padded differently."""

    def __init__(self, window: tuple[int, int], stride: tuple[int, int], sides: tuple[int, int, int, int]) -> None:
        super().__init__()
        self.pad, self.pool = nn.ZeroPad2d(sides), nn.AvgPool2d(window, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to (batch, channels, height', width')."""
        inside = self.pool(self.pad(torch.ones_like(x[:1, :1])))
        return self.pool(self.pad(x)) / inside
