"""Layer kinds in the words of Keras: channels last, as in netspec, so that maps are flattened alike."""

from __future__ import annotations

from typing import Any

from netspec.analysis.plan import PlannedLayer
from netspec.export.code.part import Part, Place, Said, called, cells, one
from netspec.export.keras.steps import TARGET, activation, quoted
from netspec.export.unsupported import Unsupported
from netspec.language.activations import ACTIVATIONS
from netspec.language.geometry import Axis, same_padding
from netspec.language.kind import Shape

Sides = tuple[tuple[int, int], tuple[int, int]]


def conv(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """`Conv2D` or `DepthwiseConv2D`, behind zeros where these are other than `same` has. Raises Unsupported."""
    settings: Any = layer.settings
    if max(settings.stride) > 1 and max(settings.dilation) > 1:
        raise Unsupported("stride and dilation together", TARGET, layer.name)
    height, width = settings.axes(read)
    depthwise = settings.grouping(read[2]) == read[2] > 1
    groups = settings.grouping(read[2])
    keys: dict[str, Any] = {
        "strides": one(settings.stride),
        "padding": quoted("same"),
        "dilation_rate": one(settings.dilation),
        "depth_multiplier": settings.filters // read[2] if depthwise else 1,
        "groups": 1 if depthwise else groups,
        "use_bias": settings.bias,
    }
    usual = {"strides": 1, "dilation_rate": 1, "depth_multiplier": 1, "groups": 1, "use_bias": True}
    pads, around = (height.padding, width.padding), tuple[Part, ...]()
    if not _as_same(height, width) or not any(map(any, pads)):
        del keys["padding"]
        around = (_zeros(pads),) if any(map(any, pads)) else ()
    given = {key: value for key, value in keys.items() if value != usual.get(key)}
    size = one(settings.kernel)
    arrays = {"kernel": f"{place.name}/kernel", "bias": f"{place.name}/bias"}
    if depthwise:
        code = called("layers.DepthwiseConv2D", size, **given, name=quoted(place.name))
    else:
        code = called("layers.Conv2D", settings.filters, size, **given, name=quoted(place.name))
    return Said((*around, Part(code, arrays)))


def _as_same(height: Axis, width: Axis) -> bool:
    """Whether the padding is what `same` would be."""
    return all(axis.padding == same_padding(axis.size, axis.kernel, axis.stride) for axis in (height, width))


def _zeros(pads: Sides) -> Part:
    top, left = pads[0][0], pads[1][0]
    even = all(pad[0] == pad[1] for pad in pads)
    return Part(called("layers.ZeroPadding2D", one((top, left)) if even else pads))


def pool(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """The pooling of Keras, which knows `same` and none; zeros at the side are no maximum where all values are positive.

    Raises Unsupported.
    """
    settings: Any = layer.settings
    largest = settings.type == "max"
    if settings.window == "all":
        return Said((Part(f"layers.Global{'Max' if largest else 'Average'}Pooling2D(keepdims=True)"),))
    height, width = settings.axes(read)
    pads, kind = (height.padding, width.padding), "MaxPooling2D" if largest else "AveragePooling2D"
    keys: dict[str, Any] = {} if settings.stride == settings.window else {"strides": one(settings.stride)}
    around = tuple[Part, ...]()
    if any(map(any, pads)):
        counted = not largest and settings.count_padding
        if _as_same(height, width) and not counted:
            keys["padding"] = quoted("same")
        elif counted or (largest and place.before is not None and ACTIVATIONS[place.before].never_negative):
            around = (_zeros(pads),)
        else:
            raise Unsupported("pooling with this padding, which is not `same`", TARGET, layer.name)
    return Said((*around, Part(called(f"layers.{kind}", one(settings.window), **keys))))


def fc(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """`Dense`."""
    settings: Any = layer.settings
    keys: dict[str, Any] = {} if settings.bias else {"use_bias": False}
    arrays = {"kernel": f"{place.name}/kernel", "bias": f"{place.name}/bias"}
    dense = Part(called("layers.Dense", settings.units, **keys, name=quoted(place.name)), arrays)
    return Said((dense,), "layers.Flatten()({0})" if len(read) == 3 else "{0}")


def join(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """`Add` or `Concatenate`; stochastic depth is dropout of whole images."""
    settings: Any = layer.settings
    *others, last = (f"{{{n}}}" for n in range(len(layer.reads)))
    if not others:
        return Said((), last)
    if settings.drop:
        dropout = called("layers.Dropout", settings.drop, noise_shape=(None, 1, 1, 1))
        last = f"{dropout}({last})"
    kind = "Add" if layer.kind == "add" else "Concatenate"
    return Said((), f"layers.{kind}()([{', '.join([*others, last])}])")


def gate(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """The mean of each map, two `Dense`, and `Multiply`."""
    settings: Any = layer.settings
    parts = [Part("layers.GlobalAveragePooling2D(keepdims=True)")]
    for part, units, function in (
        ("squeeze", settings.units, settings.activation),
        ("excite", read[-1], settings.gate),
    ):
        arrays = {f"{part}_kernel": f"{place.name}_{part}/kernel", f"{part}_bias": f"{place.name}_{part}/bias"}
        parts.append(Part(called("layers.Dense", units, name=quoted(f"{place.name}_{part}")), arrays))
        made = activation(function, read, f"{place.name}_{part}_activation")
        parts.append(Part(made.code, {f"{part}_{name}": word for name, word in made.arrays.items()}))
    return Said(tuple(parts), result="layers.Multiply()([{source}, {0}])")


def projection(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """Averages or every S-th cell, cut to the size of the target, then zero channels. Raises Unsupported."""
    settings: Any = layer.settings
    rows, columns, channels = layer.output
    words, parts = "{0}", tuple[Part, ...]()
    if settings.way == "pool":
        behind = settings.padding(read)
        keys: dict[str, Any] = {}
        if any(map(any, behind)):
            alike = [same_padding(n, s, s) == pad for n, s, pad in zip(read, settings.stride, behind, strict=False)]
            if not all(alike):
                raise Unsupported("average over windows that reach over the end alone", TARGET, layer.name)
            keys["padding"] = quoted("same")
        parts = (Part(called("layers.AveragePooling2D", one(settings.stride), **keys)),)
    else:
        cut = (cells(*axis) for axis in zip(read, (rows, columns), settings.stride, strict=False))
        words += f"[:, {', '.join(cut)}]"
    if missing := channels - read[2]:
        words = f"ops.pad({words}, ((0, 0), (0, 0), (0, 0), (0, {missing})))"
    return Said(parts, result=words)


def steps(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """Nothing of its own."""
    return Said()


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
