"""Layer kinds in the words of Keras: channels last, as in netspec, so that maps are flattened alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from netspec.analysis.plan import PlannedLayer
from netspec.export.code.flow import Chain, steps
from netspec.export.code.part import Place, cells, one
from netspec.export.keras.layer import Layer
from netspec.export.keras.steps import TARGET, activation
from netspec.export.unsupported import Unsupported
from netspec.language.activations import ACTIVATIONS
from netspec.language.geometry import Axis, same_padding
from netspec.language.kind import Shape

Said = Chain[Layer]
Sides = tuple[tuple[int, int], tuple[int, int]]
NUMPY = "keras.src.ops.numpy"
"""Where Keras says in what it saves that operations on arrays are."""
WEIGHTED = {"kernel": "kernel", "bias": "bias"}
USUAL = {"strides": 1, "dilation_rate": 1, "depth_multiplier": 1, "groups": 1, "use_bias": True}
"""What need not be said."""


def conv(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """`Conv2D` or `DepthwiseConv2D`, behind zeros where these are other than `same` has. Raises Unsupported."""
    settings: Any = layer.settings
    if max(settings.stride) > 1 and max(settings.dilation) > 1:
        raise Unsupported("stride and dilation together", TARGET, layer.name)
    height, width = settings.axes(read)
    depthwise = settings.grouping(read[2]) == read[2] > 1
    groups = settings.grouping(read[2])
    keys: dict[str, Any] = {} if depthwise else {"filters": settings.filters}
    keys |= {"kernel_size": one(settings.kernel)}
    placed = len(keys)
    pads, around = (height.padding, width.padding), tuple[Layer, ...]()
    padded = any(map(any, pads))
    keys |= {"strides": one(settings.stride)}
    if padded and _as_same(height, width):
        keys["padding"] = "same"
    elif padded:
        around = (_zeros(pads),)
    keys["dilation_rate"] = one(settings.dilation)
    keys |= {"depth_multiplier": settings.filters // read[2]} if depthwise else {"groups": groups}
    keys["use_bias"] = settings.bias
    given = {key: value for n, (key, value) in enumerate(keys.items()) if n < placed or value != USUAL.get(key)}
    kind = "DepthwiseConv2D" if depthwise else "Conv2D"
    return Said((*around, Layer(kind, given, placed, place.name, WEIGHTED)))


def _as_same(height: Axis, width: Axis) -> bool:
    """Whether the padding is what `same` would be."""
    return all(axis.padding == same_padding(axis.size, axis.kernel, axis.stride) for axis in (height, width))


def _zeros(pads: Sides) -> Layer:
    top, left = pads[0][0], pads[1][0]
    even = all(pad[0] == pad[1] for pad in pads)
    return Layer("ZeroPadding2D", {"padding": one((top, left)) if even else pads}, 1)


def pool(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """The pooling of Keras, which knows `same` and none; zeros at the side are no maximum where all values are positive.

    Raises Unsupported.
    """
    settings: Any = layer.settings
    largest = settings.type == "max"
    if settings.window == "all":
        return Said((Layer(f"Global{'Max' if largest else 'Average'}Pooling2D", {"keepdims": True}),))
    height, width = settings.axes(read)
    pads, kind = (height.padding, width.padding), "MaxPooling2D" if largest else "AveragePooling2D"
    keys: dict[str, Any] = {"pool_size": one(settings.window)}
    keys |= {} if settings.stride == settings.window else {"strides": one(settings.stride)}
    around = tuple[Layer, ...]()
    if any(map(any, pads)):
        counted = not largest and settings.count_padding
        if _as_same(height, width) and not counted:
            keys["padding"] = "same"
        elif counted or (largest and place.before is not None and ACTIVATIONS[place.before].never_negative):
            around = (_zeros(pads),)
        else:
            raise Unsupported("pooling with this padding, which is not `same`", TARGET, layer.name)
    return Said((*around, Layer(kind, keys, 1)))


def fc(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """`Dense`."""
    settings: Any = layer.settings
    keys = {"units": settings.units} | ({} if settings.bias else {"use_bias": False})
    return Said((Layer("Dense", keys, 1, place.name, WEIGHTED),), flat=len(read) == 3)


def join(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """`Add` or `Concatenate`; stochastic depth is dropout of whole images."""
    settings: Any = layer.settings
    others = tuple(range(len(layer.reads) - 1))
    if not others:
        return Said()
    drop = (Layer("Dropout", {"rate": settings.drop, "noise_shape": (None, 1, 1, 1)}, 1),) if settings.drop else ()
    return Said((*drop, Layer("Add" if layer.kind == "add" else "Concatenate", beside=others)))


def gate(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """The mean of each map, two `Dense`, and `Multiply`."""
    settings: Any = layer.settings
    made = [Layer("GlobalAveragePooling2D", {"keepdims": True})]
    for part, units, function in (
        ("squeeze", settings.units, settings.activation),
        ("excite", read[-1], settings.gate),
    ):
        arrays = {f"{part}_{name}": word for name, word in WEIGHTED.items()}
        made.append(Layer("Dense", {"units": units}, 1, f"{place.name}_{part}", arrays))
        behind = activation(function, read, f"{place.name}_{part}_activation")
        made.append(replace(behind, arrays={f"{part}_{name}": word for name, word in behind.arrays.items()}))
    return Said((*made, Layer("Multiply", beside=(0,))))


def projection(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """Averages or every S-th cell, cut to the size of the target, then zero channels. Raises Unsupported."""
    settings: Any = layer.settings
    rows, columns, channels = layer.output
    made = []
    if settings.way == "pool":
        behind = settings.padding(read)
        keys: dict[str, Any] = {"pool_size": one(settings.stride)}
        if any(map(any, behind)):
            alike = [same_padding(n, s, s) == pad for n, s, pad in zip(read, settings.stride, behind, strict=False)]
            if not all(alike):
                raise Unsupported("average over windows that reach over the end alone", TARGET, layer.name)
            keys["padding"] = "same"
        made.append(Layer("AveragePooling2D", keys, 1))
    else:
        cut = [cells(*axis) for axis in zip(read, (rows, columns), settings.stride, strict=False)]
        if cut != [":", ":"]:
            made.append(_cut(cut))
    if missing := channels - read[2]:
        made.append(_wider(missing))
    return Said(tuple(made))


def _cut(axes: list[str]) -> Layer:
    """Cells of each axis of a map, as Python says them."""
    more = [slice_of(":"), *(slice_of(axis) for axis in axes)]
    return Layer("GetItem", module=NUMPY, operation=f"{{0}}[:, {', '.join(axes)}]", more=(more,))


def slice_of(cells: str) -> dict[str, Any]:
    """Cells as Keras saves them.

    >>> slice_of(":7:2")["config"]
    {'start': None, 'stop': 7, 'step': 2}
    """
    numbers = [int(number) if number else None for number in f"{cells}:".split(":")[:3]]
    return {"class_name": "__slice__", "config": dict(zip(("start", "stop", "step"), numbers, strict=True))}


def _wider(channels: int) -> Layer:
    """So many channels of zeros behind those that are there."""
    width = ((0, 0), (0, 0), (0, 0), (0, channels))
    config = {"pad_width": width, "mode": "constant"}
    return Layer("Pad", config, module=NUMPY, operation=f"ops.pad({{0}}, {width})")


KINDS = {
    "conv": conv,
    "pool": pool,
    "fc": fc,
    "add": join,
    "concat": join,
    "gate": gate,
    "projection": projection,
    "steps": steps,
}
