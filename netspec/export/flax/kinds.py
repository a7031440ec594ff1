"""Layer kinds in the words of Flax: channels last, as in netspec, so that maps are flattened alike."""

from __future__ import annotations

import math
from typing import Any

from netspec.analysis.plan import PlannedLayer
from netspec.export.code.flow import Chain, steps
from netspec.export.code.part import Place, Raw, called, cells, one
from netspec.export.flax.layer import Layer
from netspec.export.flax.steps import activation, module
from netspec.language.geometry import Axis
from netspec.language.kind import Shape

Said = Chain[Layer]
WEIGHTED = {"kernel": "kernel", "bias": "bias"}
MEAN = Layer("jnp.mean({0}, (1, 2), keepdims=True)")


def conv(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """`Conv`; it counts groups by the name of XLA."""
    settings: Any = layer.settings
    keys = {
        "strides": one(settings.stride),
        "padding": _padding(*settings.axes(read)),
        "kernel_dilation": one(settings.dilation),
        "feature_group_count": settings.grouping(read[2]),
        "use_bias": settings.bias,
    }
    usual = {"strides": 1, "kernel_dilation": 1, "feature_group_count": 1, "use_bias": True}
    given = {key: value for key, value in keys.items() if value != usual.get(key)}
    sizes = read[2], settings.filters, settings.kernel
    return Said((module(place.name, "Conv", *sizes, arrays=WEIGHTED, **given),))


def _padding(height: Axis, width: Axis) -> Any:
    """One number where all sides have it; else the pairs of both axes."""
    pads = (height.padding, width.padding)
    return pads[0][0] if len({*pads[0], *pads[1]}) == 1 else pads


def pool(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """The functions of `nnx`, or a maximum or mean of the whole map."""
    settings: Any = layer.settings
    height, width = settings.axes(read)
    largest = settings.type == "max"
    if settings.window == "all":
        return Said((Layer(MEAN.function.replace("mean", "max") if largest else MEAN.function),))
    keys: dict[str, Any] = {"strides": (height.stride, width.stride)}
    pads = (height.padding, width.padding)
    if any(map(any, pads)):
        keys["padding"] = pads
        if not largest and not settings.count_padding:
            keys["count_include_pad"] = False
    function = f"nnx.{'max' if largest else 'avg'}_pool"
    return Said((Layer(called(function, Raw("{0}"), (height.kernel, width.kernel), **keys)),))


def fc(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """`Linear`."""
    settings: Any = layer.settings
    keys = {} if settings.bias else {"use_bias": False}
    made = module(place.name, "Linear", math.prod(read), settings.units, arrays=WEIGHTED, **keys)
    return Said((made,), flat=len(read) == 3)


def join(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """A sum, or all channels; stochastic depth is dropout of whole images."""
    settings: Any = layer.settings
    others = tuple(range(len(layer.reads) - 1))
    if not others:
        return Said()
    drop = tuple[Layer, ...]()
    if settings.drop:
        drop = (module(f"{place.name}_drop", "Dropout", settings.drop, broadcast_dims=(1, 2, 3)),)
    values = [f"{{{n}}}" for n in range(len(layer.reads))]
    function = " + ".join(values) if layer.kind == "add" else f"jnp.concatenate([{', '.join(values)}], -1)"
    return Said((*drop, Layer(function, beside=others)))


def gate(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """The mean of each map, two `Linear`, and a product. Raises Unsupported."""
    settings: Any = layer.settings
    made, features = [MEAN], read[-1]
    for part, units, function in (
        ("squeeze", settings.units, settings.activation),
        ("excite", read[-1], settings.gate),
    ):
        arrays = {f"{part}_{name}": word for name, word in WEIGHTED.items()}
        made.append(module(f"{place.name}_{part}", "Linear", features, units, arrays=arrays))
        made.append(activation(layer.name, function))
        features = units
    return Said((*made, Layer("{0} * {1}", beside=(0,))))


def projection(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    """Averages or every S-th cell, cut to the size of the target, then zero channels."""
    settings: Any = layer.settings
    (rows, columns, channels), made = layer.output, list[Layer]()
    if settings.way == "pool":
        behind = settings.padding(read)
        keys = {"padding": behind, "count_include_pad": False} if any(map(any, behind)) else {}
        made.append(Layer(called("nnx.avg_pool", Raw("{0}"), settings.stride, strides=settings.stride, **keys)))
    else:
        cut = [cells(*axis) for axis in zip(read, (rows, columns), settings.stride, strict=False)]
        if cut != [":", ":"]:
            made.append(Layer(f"{{0}}[:, {', '.join(cut)}]"))
    if missing := channels - read[2]:
        made.append(Layer(f"jnp.pad({{0}}, ((0, 0), (0, 0), (0, 0), (0, {missing})))"))
    return Said(tuple(made))


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
