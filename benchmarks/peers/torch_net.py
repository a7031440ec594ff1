"""Any plan as a PyTorch module, as its users would write it: channels first, `nn` layers.

The tests hold netspec's numbers against this module in float64, so that what is timed is what is proved equal.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from benchmarks.peers.peer import refuse
from benchmarks.peers.torch_modules import (
    ChannelNorm,
    Every,
    Fitted,
    Gate,
    Join,
    ResponseNorm,
    RowsFirst,
    UnevenAverage,
)
from netspec.analysis.plan import Plan, PlannedLayer
from netspec.language.activations import Activation
from netspec.language.kind import FLATTENED, Shape
from netspec.language.kinds import KINDS
from netspec.language.norms import Norm

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
    "squeeze_kernel": "gate.squeeze.weight",
    "squeeze_bias": "gate.squeeze.bias",
    "squeeze_slope": "gate.activation.weight",
    "excite_kernel": "gate.excite.weight",
    "excite_bias": "gate.excite.bias",
    "excite_slope": "gate.gate.weight",
}
"""Where each of netspec's arrays is in the module of its layer."""


class Row(nn.Sequential):
    """The modules of one layer; the first of its own takes all that the layer reads. `leading` modules run before these."""

    def __init__(self, leading: Parts, own: Parts) -> None:
        super().__init__(OrderedDict([*leading, *own]))
        self.leading = len(leading)

    def lead(self, x: Tensor) -> Tensor:
        """What the leading modules give."""
        for module in list(self)[: self.leading]:
            x = module(x)
        return x

    def forward(self, *arrays: Tensor) -> Tensor:
        """What the last one gives, for what the leading ones have given."""
        rest = list(self)[self.leading :]
        x: Tensor = rest[0](*arrays) if rest else arrays[0]
        for module in rest[1:]:
            x = module(x)
        return x


class Program(nn.Module):
    """The layers of a plan in the order they run, each on the values that it reads; one child a layer, named by its number."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.steps: list[tuple[PlannedLayer, list[int]]] = []
        for layer in plan.layers:
            self.add_module(str(layer.value - 1), Row(*_parts(plan, layer)))
            done = [value for value in dict.fromkeys(layer.reads) if plan.readers[value][-1] is layer]
            self.steps.append((layer, done))
        self.leaders = {layer.layer.led_by for layer in plan.layers}
        self.end = nn.Flatten() if plan.layers[-1].output[:-1] == (1, 1) else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to logits (batch, classes), or to the last map where it is larger than 1x1."""
        values, led = {0: x}, {}
        for (layer, done), row in zip(self.steps, self.children(), strict=False):
            arrays = [values[read] for read in layer.reads]
            if layer.layer.led_by is not None:
                arrays = [led.pop(layer.layer.led_by)]
            elif row.leading:
                arrays[0] = row.lead(arrays[0])
            if layer.value in self.leaders:
                led[layer.value] = arrays[0]
            values[layer.value] = row(*arrays)
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
            laid_out = _laid_out(tensor, _read(plan, layer)) if name == "kernel" else tensor
            found[f"{layer.value - 1}.{NAMES[name]}"] = laid_out.T if name.endswith("_kernel") else laid_out
    return found


def _laid_out(kernel: Tensor, read: Shape) -> Tensor:
    if kernel.ndim == 4:
        return kernel.permute(3, 2, 0, 1)
    if len(read) == 3:
        order = [FLATTENED.index(axis) for axis in CHANNELS_FIRST]
        kernel = kernel.reshape(*read, -1).permute(*order, 3).reshape(kernel.shape)
    return kernel.T


def _read(plan: Plan, layer: PlannedLayer) -> Shape:
    """What the layer itself takes; a norm before a product takes features in netspec's order, of which groups are neighbours."""
    return layer.input if KINDS[layer.kind].flattens and layer.settings.leading else plan.shape(layer.reads[0])


def _parts(plan: Plan, layer: PlannedLayer) -> tuple[Parts, Parts]:
    """The modules of one layer by name, those that lead it and the others. Raises Unsupported."""
    settings: Any = layer.settings
    if layer.kind not in PARTS:
        refuse(f"layer `{layer.kind}`", "this comparison's PyTorch")
    read = _read(plan, layer)
    flat: Parts = [("flat", RowsFirst())] if read != plan.shape(layer.reads[0]) else []
    leading = [_step(settings, step, layer.input) for step in settings.leading]
    after = [_step(settings, step, layer.output) for step in getattr(settings, "following", ())]
    return [*flat, *leading], [*PARTS[layer.kind](settings, read), *after]


def _step(settings: Any, step: str, shape: Shape) -> tuple[str, nn.Module]:
    flat = len(shape) == 1
    if step == "norm":
        return step, _norm(settings.norm, shape[-1], flat)
    if step == "activation":
        return step, _activation(settings.activation, shape[-1])
    spatial = settings.dropout.type == "spatial" and not flat
    return step, nn.Dropout2d(settings.dropout.rate) if spatial else nn.Dropout(settings.dropout.rate)


def _activation(activation: Activation, features: int) -> nn.Module:
    if activation.type == "none":
        return nn.Identity()
    made = nn.PReLU(features) if activation.type == "prelu" else ACTIVATIONS[activation.type](**activation.arguments)
    return made  # type: ignore[no-any-return]


def _norm(settings: Norm, features: int, flat: bool) -> nn.Module:
    norm: Any = settings
    if norm.type == "local_response":
        return ResponseNorm(norm.size, norm.alpha, norm.beta, norm.k)
    if norm.type == "batch":
        kind = nn.BatchNorm1d if flat else nn.BatchNorm2d
        made: nn.Module = kind(features, norm.eps, 1 - norm.momentum)
    elif norm.type == "layer":
        made = ChannelNorm(features, norm.eps)
    else:
        made = nn.GroupNorm(norm.groups if norm.type == "group" else features, features, norm.eps)
    for wanted, name in ((norm.scale, "weight"), (norm.shift, "bias")):
        if not wanted:
            constant = getattr(made, name).detach()
            delattr(made, name)
            made.register_buffer(name, constant)
    return made


def _fc(settings: Any, shape: Shape) -> Parts:
    flat: Parts = [("flat", nn.Flatten())] if len(shape) == 3 else []
    return [*flat, ("linear", nn.Linear(math.prod(shape), settings.units, settings.bias))]


def _conv(settings: Any, input: Shape) -> Parts:
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
    return [*pad, ("linear", conv)]


def _pool(settings: Any, input: Shape) -> Parts:
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
        return [("pool", nn.AvgPool2d(window, stride, (top, left), count_include_pad=settings.count_padding))]
    if settings.count_padding:
        return [("pad", nn.ZeroPad2d((left, right, top, bottom))), ("pool", nn.AvgPool2d(window, stride))]
    return [("pool", UnevenAverage(window, stride, (left, right, top, bottom)))]


def _join(settings: Any, _: Shape) -> Parts:
    return [("join", Join(settings.kind == "add", settings.drop))]


def _gate(settings: Any, input: Shape) -> Parts:
    functions = _activation(settings.activation, settings.units), _activation(settings.gate, input[-1])
    return [("gate", Gate(input[-1], settings.units, *functions))]


def _projection(settings: Any, input: Shape) -> Parts:
    (_, bottom), (_, right) = settings.padding(input)
    window = UnevenAverage(settings.stride, settings.stride, (0, right, 0, bottom))
    cells = window if settings.way == "pool" else Every(*settings.stride)
    return [("cells", cells), ("fitted", Fitted(*settings.infer(input).output))]


def _steps(settings: Any, input: Shape) -> Parts:
    return []


PARTS = {
    "conv": _conv,
    "pool": _pool,
    "fc": _fc,
    "add": _join,
    "concat": _join,
    "gate": _gate,
    "projection": _projection,
    "steps": _steps,
}
"""What a layer of a kind does itself, for the shape of the first value that it reads."""
