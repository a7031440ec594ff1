"""What each layer of Keras is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from netspec.importing.sizes import NO_PADS, Broken, Pads
from netspec.importing.sources.keras_activations import activated, is_own
from netspec.importing.sources.keras_layers import Layer, Tensor
from netspec.language.fields import Pair
from netspec.language.geometry import effective_kernel, same_padding
from netspec.language.steps import Dropout

Kind = Callable[[Layer], Tensor]
KINDS: dict[str, Kind] = {}
AUGMENT = "Random"
"""What the classes of layers that change images in training alone begin with."""
OLD = {
    "Convolution2D": "Conv2D",
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
}


def made(layer: Layer, whole: dict[str, Any]) -> Tensor:
    """What a layer gives; one that the format lacks is told of, and passed over."""
    layer.kind = OLD.get(layer.kind, layer.kind)
    if layer.kind in ("Lambda", "TFOpLambda") or is_own(whole):
        layer.unsaid(f"`{layer.kind}` is a program of its author's, which an import does not execute", code="NS295")
        return layer.read(padded=True)
    if layer.kind.startswith(AUGMENT) and layer.kind != "RandomCrop":  # which cuts images outside training too
        layer.building.note(f"{layer.kind}: `data.augment` has such")
        return layer.inputs[0]
    kind = KINDS.get(layer.kind)
    if kind is None:
        layer.unsaid(f"a layer `{layer.kind}` is none that the format has")
        return layer.read(padded=True)
    _usual(layer)
    return kind(layer)


def _usual(layer: Layer) -> None:
    """Reports what any layer may have, and the format has not."""
    policy = layer.get("dtype")
    if isinstance(policy, dict) and "Quantized" in str(policy.get("class_name")):
        layer.unsaid("its weights are quantized")
    if layer.called.get("training") is True:
        layer.unsaid("it is run as in training at all times")
    if layer.get("data_format") == "channels_first" or layer.get("dim_ordering") == "th":
        layer.unsaid("maps with the channels first", "save the model with `channels_last`")


def is_kind(*names: str) -> Callable[[Kind], Kind]:
    """Enters a function as what reads the layers of these classes."""

    def keep(function: Kind) -> Kind:
        KINDS.update(dict.fromkeys(names, function))
        return function

    return keep


def _pair(value: Any, default: int = 1) -> Pair:
    found = [default if value is None else value] * 2 if not isinstance(value, list | tuple) else list(value)
    if len(found) != 2 or not all(isinstance(one, int) for one in found):
        raise Broken(f"{value!r} are not two sizes")
    return found[0], found[1]


def _pads(layer: Layer, tensor: Tensor, kernel: Pair, stride: Pair, dilation: Pair = (1, 1)) -> Pads:
    """What a layer puts around what it reads, which may have zeros around it."""
    word = str(layer.get("padding", layer.get("border_mode", "valid"))).lower()
    size = [n + sum(pad) for n, pad in zip(layer.building.shape(tensor.wire)[:2], tensor.pads, strict=False)]
    if word == "same" and len(size) == 2:
        spans = [effective_kernel(k, d) for k, d in zip(kernel, dilation, strict=True)]
        rows, columns = (same_padding(n, k, s) for n, k, s in zip(size, spans, stride, strict=True))
        return rows, columns
    if word != "valid":
        layer.unsaid(f"padding `{word}`")
    return NO_PADS


@is_kind("Conv2D", "DepthwiseConv2D", "SeparableConv2D")
def _conv(layer: Layer) -> Tensor:
    tensor, depthwise = layer.read(padded=True), layer.kind != "Conv2D"
    kernel = _pair(layer.get("kernel_size", [layer.get("nb_row", 1), layer.get("nb_col", 1)]))
    stride, dilation = _pair(layer.get("strides", layer.get("subsample"))), _pair(layer.get("dilation_rate"))
    channels = layer.building.shape(tensor.wire)[-1]
    filters = (
        channels * int(layer.get("depth_multiplier", 1)) if depthwise else layer.get("filters", layer.get("nb_filter"))
    )
    bias = bool(layer.get("use_bias", layer.get("bias", True)))
    arrays = list(layer.arrays)
    if depthwise and arrays:
        first = arrays[0]
        arrays[0] = lambda: first().reshape(*first().shape[:2], 1, -1)
    wire = layer.building.conv(
        tensor.wire,
        layer.origin,
        filters=filters,
        kernel=kernel,
        stride=stride,
        pads=layer.building.padded(tensor.pads, _pads(layer, tensor, kernel, stride, dilation), layer.origin),
        dilation=dilation,
        groups=channels if depthwise else int(layer.get("groups", 1) or 1),
        bias=bias and layer.kind != "SeparableConv2D",
        arrays=named(arrays, "kernel", *(("bias",) if bias and layer.kind != "SeparableConv2D" else ())),
    )
    if layer.kind == "SeparableConv2D":
        pointwise = named(arrays[1:], "kernel", *(("bias",) if bias else ()))
        size = layer.get("filters")
        wire = layer.building.conv(wire, layer.origin, filters=size, kernel=(1, 1), bias=bias, arrays=pointwise)
    return activated(layer, wire)


def named(arrays: Sequence[Callable[[], Any]], *names: str) -> dict[str, Callable[[], Any]]:
    """Arrays in order by their names, as far as there are both."""
    return dict(zip(names, arrays, strict=False))


@is_kind("Dense")
def _dense(layer: Layer) -> Tensor:
    wire = layer.read().wire
    units, bias = layer.get("units", layer.get("output_dim")), bool(layer.get("use_bias", layer.get("bias", True)))
    arrays = named(layer.arrays, "kernel", *(("bias",) if bias else ()))
    if not wire.flat and len(layer.building.shape(wire)) == 3 and layer.building.shape(wire)[:2] != (1, 1):
        if "kernel" in arrays:
            kernel = arrays["kernel"]
            arrays["kernel"] = lambda: kernel().reshape(1, 1, *kernel().shape)
        made = layer.building.conv(wire, layer.origin, filters=units, kernel=(1, 1), bias=bias, arrays=arrays)
    else:
        made = layer.building.fc(wire, layer.origin, units=units, bias=bias, arrays=arrays)
    return activated(layer, made)


@is_kind("MaxPooling2D", "AveragePooling2D")
def _pool(layer: Layer) -> Tensor:
    tensor = layer.read(padded=True)
    window = _pair(layer.get("pool_size"), 2)
    stride = _pair(layer.get("strides") or list(window))
    wire = layer.building.pool(
        tensor.wire,
        layer.origin,
        type="max" if layer.kind == "MaxPooling2D" else "average",
        window=window,
        stride=stride,
        pads=_pads(layer, tensor, window, stride),
        zeros=tensor.pads,
    )
    return Tensor(wire)


@is_kind("GlobalAveragePooling2D", "GlobalMaxPooling2D")
def _whole(layer: Layer) -> Tensor:
    kind = "max" if "Max" in layer.kind else "average"
    wire = layer.building.whole(layer.read().wire, layer.origin, kind)
    return Tensor(wire._replace(flat=not layer.get("keepdims", False)))


@is_kind("Dropout", "SpatialDropout2D")
def _dropout(layer: Layer) -> Tensor:
    tensor, rate, noise = layer.read(), float(layer.get("rate", layer.get("p", 0.5))), layer.get("noise_shape")
    if isinstance(noise, list) and noise[1:] == [1] * (len(noise) - 1) and noise[:1] == [None]:
        return replace(tensor, wire=layer.building.drop(tensor.wire, rate, layer.origin))
    if noise is not None:
        layer.unsaid(f"dropout of the shape {noise}")
    kind = Dropout(rate=rate, type="spatial" if layer.kind == "SpatialDropout2D" else "unit")
    return replace(tensor, wire=layer.building.step(tensor.wire, kind, layer.origin))


@is_kind("Flatten")
def _flatten(layer: Layer) -> Tensor:
    tensor = layer.read()
    return replace(tensor, wire=tensor.wire._replace(flat=True))


@is_kind("Reshape")
def _reshape(layer: Layer) -> Tensor:
    tensor, wanted = layer.read(), list(layer.get("target_shape") or ())
    shape = layer.building.graph.shape(tensor.wire.value)
    free, stays = wanted.count(-1), wanted[-1:] in ([shape[-1]], [-1]) and set(wanted[:-1]) <= {1, -1}
    if len(wanted) > 1 and (shape[:-1] not in ((), (1, 1)) or free > 1 or not stays):
        layer.unsaid(f"values are laid out anew as {wanted}")
    return replace(tensor, wire=tensor.wire._replace(flat=len(wanted) == 1))


@is_kind("ZeroPadding2D")
def _padded(layer: Layer) -> Tensor:
    tensor, given = layer.read(padded=True), layer.get("padding", 1)
    rows, columns = given if isinstance(given, list | tuple) else (given, given)
    a, b = _pair(rows), _pair(columns)
    if min(a + b) < 0:
        raise Broken(f"{given!r} is no padding", layer.origin)
    return replace(tensor, pads=layer.building.padded((a, b), tensor.pads, layer.origin))


@is_kind("Add", "Concatenate", "Multiply")
def _join(layer: Layer) -> Tensor:
    wires = [layer.read(place=place).wire for place in range(len(layer.inputs))]
    if len(wires) < 2:
        layer.unsaid("it joins one value with a number, or with nothing")
    if layer.kind == "Concatenate" and any(one.flat and layer.is_map(one) for one in wires):
        layer.unsaid("flattened maps are joined, and the format joins channels", "join the maps, and flatten then")
    if layer.kind == "Concatenate" and layer.get("axis", -1) not in (-1, 3):
        layer.unsaid("maps are joined along another axis than the channels")
    how = {"Add": "add", "Concatenate": "concat", "Multiply": "multiply"}[layer.kind]
    return Tensor(layer.building.join(how, wires, layer.origin))


@is_kind("Rescaling", "Normalization")
def _scaled(layer: Layer) -> Tensor:
    import numpy as np

    tensor = layer.read()
    by: Any
    if tensor.wire.value:
        layer.unsaid("numbers are scaled behind the first layer; the format normalizes the images alone")
        return tensor
    channels = layer.building.graph.input[2]
    factor, summand = tensor.affine or (np.ones(channels, np.float32), np.zeros(channels, np.float32))
    if layer.kind == "Rescaling":
        by, more = (np.asarray(layer.get(name, usual), np.float32) for name, usual in (("scale", 1.0), ("offset", 0.0)))
    else:
        axis = layer.get("axis", -1)
        if axis not in (None, -1, 3, [], [-1], [3]) or layer.get("invert"):
            layer.unsaid("it normalizes along other axes than the channels, or undoes that")
        given = layer.get("mean"), layer.get("variance")
        stored = [array() for array in layer.arrays[:2]] if given[0] is None else given
        if len(stored) < 2:
            layer.building.note("Normalization: `data.normalize` has it; its numbers are not in the file")
            return tensor
        mean, variance = (np.asarray(one, np.float32).reshape(-1) for one in stored)
        by = 1 / np.maximum(np.sqrt(variance), 1e-7)
        more = -mean * by
    if not all(one.shape in ((), (1,), (channels,)) and np.isfinite(one).all() for one in (by, more)) or not by.all():
        raise Broken("its numbers are not one for each channel, or are no scale", layer.origin)
    return replace(tensor, affine=(factor * by, summand * by + more))
