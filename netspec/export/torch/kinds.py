"""Layer kinds in the words of PyTorch."""

from __future__ import annotations

import math
from typing import Any

from netspec.analysis.plan import PlannedLayer
from netspec.export.code.part import Part, Place, Raw, Said, called, cells, one
from netspec.export.torch.steps import activation
from netspec.language.kind import Shape

WEIGHTED = {"kernel": "weight", "bias": "bias"}


def conv(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """`Conv2d`, behind padding of its own where the sides have different numbers."""
    settings: Any = layer.settings
    (top, bottom), (left, right) = (axis.padding for axis in settings.axes(read))
    even = top == bottom and left == right
    keys = {
        "stride": one(settings.stride),
        "padding": one((top, left)) if even else 0,
        "dilation": one(settings.dilation),
        "groups": settings.grouping(read[2]),
        "bias": settings.bias,
    }
    usual = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True}
    own = {key: value for key, value in keys.items() if value != usual[key]}
    made = Part(called("nn.Conv2d", read[2], settings.filters, one(settings.kernel), **own), WEIGHTED)
    pad = () if even else (Part(called("nn.ZeroPad2d", (left, right, top, bottom))),)
    return Said((*pad, made))


def pool(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """The pooling of `torch.nn` where it pads both sides alike, by half a window at most."""
    settings: Any = layer.settings
    height, width = settings.axes(read)
    (top, bottom), (left, right) = height.padding, width.padding
    window, stride = (height.kernel, width.kernel), (height.stride, width.stride)
    even = top == bottom and left == right and 2 * top <= window[0] and 2 * left <= window[1]
    sides, kind = (left, right, top, bottom), "Max" if settings.type == "max" else "Avg"
    if window == read[:2] and not any(sides):
        return Said((Part(called(f"nn.Adaptive{kind}Pool2d", 1)),))
    keys: dict[str, object] = {} if stride == window else {"stride": one(stride)}
    if even and any(sides):
        keys["padding"] = one((top, left))
    if kind == "Avg" and even and any(sides) and not settings.count_padding:
        keys["count_include_pad"] = False
    if kind == "Avg" and not even and not settings.count_padding:
        return Said((Part(called("UnevenAverage", window, stride, sides)),))
    pooled = Part(called(f"nn.{kind}Pool2d", one(window), **keys))
    if even:
        return Said((pooled,))
    pad = called("nn.ConstantPad2d", sides, Raw('float("-inf")')) if kind == "Max" else called("nn.ZeroPad2d", sides)
    return Said((Part(pad), pooled))


def fc(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """`Linear`. A map is flattened as it lies, or, for steps that lead the layer, in netspec's order."""
    settings: Any = layer.settings
    own = {} if settings.bias else {"bias": False}
    linear = Part(called("nn.Linear", math.prod(read), settings.units, **own), WEIGHTED)
    return Said((linear,), "{0}.flatten(1)" if len(read) == 3 else "{0}")


def add(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """A sum."""
    return Said((), " + ".join(_joined(layer)))


def concat(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """`torch.cat` along the channels."""
    return Said((), f"torch.cat([{', '.join(_joined(layer))}], 1)")


def _joined(layer: PlannedLayer) -> list[str]:
    """The places of the values, the last one with its stochastic depth."""
    settings: Any = layer.settings
    *others, last = (f"{{{n}}}" for n in range(len(layer.reads)))
    return [*others, f"drop_path({last}, {settings.drop!r}, self.training)" if settings.drop else last]


def gate(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """The module `Gate`."""
    settings: Any = layer.settings
    functions = activation(settings.activation, settings.units), activation(settings.gate, read[-1])
    arrays = {f"{name}_{own}": f"{name}.{word}" for name in ("squeeze", "excite") for own, word in WEIGHTED.items()}
    for function, name, module in zip(functions, ("squeeze", "excite"), ("activation", "gate"), strict=True):
        arrays |= {f"{name}_{own}": f"{module}.{word}" for own, word in function.arrays.items()}
    made = (Raw(function.code) for function in functions)
    return Said((Part(called("Gate", read[-1], settings.units, *made), arrays),))


def projection(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """Averages or every S-th cell, cut to the size of the target, then zero channels."""
    settings: Any = layer.settings
    (rows, columns, channels), strides = layer.output, settings.stride
    words, parts, sizes = "{0}", tuple[Part, ...](), read[:2]
    if settings.way == "pool":
        # windows that reach over the end are averaged over the cells that are there
        reaches = any(map(any, settings.padding(read)))
        parts = (Part(called("nn.AvgPool2d", one(strides), **({"ceil_mode": True} if reaches else {}))),)
        sizes = tuple(-(-n // s) if reaches else n // s for n, s in zip(read, strides, strict=False))
        strides = (1, 1)
    cut = [cells(*axis) for axis in zip(sizes, (rows, columns), strides, strict=True)]
    if cut != [":", ":"]:
        words += f"[:, :, {', '.join(cut)}]"
    if missing := channels - read[2]:
        words = f"functional.pad({words}, (0, 0, 0, 0, 0, {missing}))"
    return Said(parts, result=words)


def steps(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """Nothing of its own."""
    return Said()


KINDS = {
    "conv": conv,
    "pool": pool,
    "fc": fc,
    "add": add,
    "concat": concat,
    "gate": gate,
    "projection": projection,
    "steps": steps,
}
