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
from benchmarks.peers.torch_modules import ChannelNorm, Join, ResponseNorm, RowsFirst, Shortcut, Squeeze, UnevenAverage
from netspec.analysis.plan import Plan, PlannedLayer
from netspec.language.activations import Activation
from netspec.language.kind import FLATTENED
from netspec.language.kinds import KINDS

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
    """The modules of one layer: those of its leading steps, then the others, of which the first takes all that it reads."""

    def __init__(self, parts: Parts, leading: int) -> None:
        super().__init__(OrderedDict(parts))
        self.leading = leading

    def lead(self, x: Tensor) -> Tensor:
        """What is behind the leading steps."""
        for module in list(self)[: self.leading]:
            x = module(x)
        return x

    def forward(self, *arrays: Tensor) -> Tensor:
        """What the last one gives."""
        first, *others = list(self)[self.leading :]
        x: Tensor = first(*arrays)
        for module in others:
            x = module(x)
        return x


class Program(nn.Module):
    """The layers of a plan in the order they run, each on the values that it reads; one child a layer, named by its number."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.steps: list[tuple[PlannedLayer, list[int]]] = []
        for layer in plan.layers:
            self.add_module(str(layer.value - 1), _row(plan, layer))
            done = [value for value in dict.fromkeys(layer.reads) if plan.readers[value][-1] is layer]
            self.steps.append((layer, done))
        self.end = nn.Flatten() if plan.layers[-1].output[:-1] == (1, 1) else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels, height, width) to logits (batch, classes), or to the last map where it is larger than 1x1."""
        values, led = {0: x}, dict[int, Tensor]()
        for (layer, done), row in zip(self.steps, self.children(), strict=False):
            arrays = [values[read] for read in layer.reads]
            if layer.layer.led_by is not None:
                arrays = [led[layer.layer.led_by]]
            elif layer.settings.leading:
                arrays[0] = led[layer.value] = row.lead(arrays[0])
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


def _laid_out(kernel: Tensor, shape: tuple[int, ...]) -> Tensor:
    if kernel.ndim == 4:
        return kernel.permute(3, 2, 0, 1)
    if len(shape) == 3:
        order = [FLATTENED.index(axis) for axis in CHANNELS_FIRST]
        kernel = kernel.reshape(*shape, -1).permute(*order, 3).reshape(kernel.shape)
    return kernel.T


def _read(plan: Plan, layer: PlannedLayer) -> tuple[int, ...]:
    """The shape of what a layer takes first; a norm before a product counts the inputs in netspec's order."""
    return layer.input if KINDS[layer.kind].flattens and layer.settings.leading else plan.shape(layer.reads[0])


def _row(plan: Plan, layer: PlannedLayer) -> Row:
    """The modules of one layer. Raises Unsupported."""
    settings: Any = layer.settings
    if layer.kind not in PARTS:
        refuse(f"layer `{layer.kind}`", "this comparison's PyTorch")
    flat: Parts = [("flat", RowsFirst())] if _read(plan, layer) != plan.shape(layer.reads[0]) else []
    before = [*flat, *(_around(settings, step, layer.input) for step in settings.leading)]
    own = PARTS[layer.kind](settings, _read(plan, layer))
    after = [_around(settings, step, layer.output) for step in getattr(settings, "following", ())]
    return Row([*before, *own, *after], len(before))


def _around(settings: Any, step: str, shape: tuple[int, ...]) -> tuple[str, nn.Module]:
    """Norm, activation or dropout of a map or vector."""
    if step == "norm":
        return step, _norm(settings.norm, shape)
    if step == "activation":
        return step, activation(settings.activation, shape[-1])
    spatial = settings.dropout.type == "spatial" and len(shape) == 3
    return step, (nn.Dropout2d if spatial else nn.Dropout)(settings.dropout.rate)


def activation(settings: Activation, features: int) -> nn.Module:
    """The module of an activation, of so many features."""
    if settings.type == "none":
        return nn.Identity()
    made: nn.Module = ACTIVATIONS.get(settings.type, lambda: nn.PReLU(features))(**settings.arguments)
    return made


def _norm(norm: Any, shape: tuple[int, ...]) -> nn.Module:
    features, is_map = shape[-1], len(shape) == 3
    made: nn.Module
    match norm.type:
        case "batch":
            made = (nn.BatchNorm2d if is_map else nn.BatchNorm1d)(features, norm.eps, 1 - norm.momentum)
        case "layer":
            made = ChannelNorm(features, norm.eps)
        case "instance" if is_map:
            made = nn.InstanceNorm2d(features, norm.eps, affine=True)
        case "group":
            made = nn.GroupNorm(norm.groups, features, norm.eps)
        case "local_response":
            return ResponseNorm(norm.size, norm.alpha, norm.beta, norm.k)
        case _:
            refuse(f"norm `{norm.type}` of a vector", "this comparison's PyTorch")
    for name, trained in (("weight", norm.scale), ("bias", norm.shift)):
        if not trained:
            constant = getattr(made, name).detach()
            delattr(made, name)
            made.register_buffer(name, constant)
    return made


def _fc(settings: Any, shape: tuple[int, ...]) -> Parts:
    flat: Parts = [("flat", nn.Flatten())] if len(shape) == 3 else []
    return [*flat, ("linear", nn.Linear(math.prod(shape), settings.units, settings.bias))]


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
    return [*pad, ("linear", conv)]


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
        return [("pool", nn.AvgPool2d(window, stride, (top, left), count_include_pad=settings.count_padding))]
    return [("pool", UnevenAverage(window, stride, (left, right, top, bottom), settings.count_padding))]


def _gate(settings: Any, input: tuple[int, ...]) -> Parts:
    functions = activation(settings.activation, settings.units), activation(settings.gate, input[-1])
    return [("gate", Squeeze(input[-1], settings.units, *functions))]


def _projection(settings: Any, input: tuple[int, ...]) -> Parts:
    return [("projection", Shortcut(settings.way, settings.stride, settings.infer(input).output))]


def _join(settings: Any, input: tuple[int, ...]) -> Parts:
    return [("join", Join(settings.kind, settings.drop))]


def _steps(settings: Any, input: tuple[int, ...]) -> Parts:
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
"""What each kind does itself."""
