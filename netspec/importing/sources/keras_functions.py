"""Norms and activations of Keras; with them the layers are complete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from netspec.importing.sources.keras_activations import LAYERS, activated, function
from netspec.importing.sources.keras_kinds import is_kind, made, named
from netspec.importing.sources.keras_layers import Layer, Tensor
from netspec.language.activations import Gelu, Prelu
from netspec.language.norms import BatchNorm, GroupNorm, LayerNorm, Scaled

__all__ = ["made"]


@is_kind("BatchNormalization")
def _batch(layer: Layer) -> Tensor:
    norm = BatchNorm(
        eps=float(layer.get("epsilon", 1e-3)),
        momentum=float(layer.get("momentum", 0.99)),
        scale=bool(layer.get("scale", True)),
        shift=bool(layer.get("center", True)),
    )
    return _normed(layer, norm, "mean", "variance")


@is_kind("LayerNormalization")
def _layer_norm(layer: Layer) -> Tensor:
    eps, scale, shift = (
        float(layer.get("epsilon", 1e-3)),
        bool(layer.get("scale", True)),
        bool(layer.get("center", True)),
    )
    return _normed(layer, LayerNorm(eps=eps, scale=scale, shift=shift))


@is_kind("GroupNormalization")
def _group(layer: Layer) -> Tensor:
    channels = layer.building.shape(layer.read().wire)[-1]
    groups = int(layer.get("groups", 32))
    eps, scale, shift = (
        float(layer.get("epsilon", 1e-3)),
        bool(layer.get("scale", True)),
        bool(layer.get("center", True)),
    )
    return _normed(layer, GroupNorm(groups=channels if groups == -1 else groups, eps=eps, scale=scale, shift=shift))


def _normed(layer: Layer, norm: Any, *running: str) -> Tensor:
    tensor = layer.read()
    if layer.get("rms_scaling") or layer.get("mode"):
        layer.unsaid("it does not normalize by mean and variance of the channels")
    axis = layer.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if axis not in (-1, 3 if not tensor.wire.flat else 1):
        layer.unsaid(f"it normalizes along the axis {axis}; the format has the channels")
    assert isinstance(norm, Scaled)
    names = [name for name in ("scale", "shift") if getattr(norm, name)] + list(running)
    return replace(tensor, wire=layer.building.step(tensor.wire, norm, layer.origin, named(layer.arrays, *names)))


@is_kind("Activation", "PReLU", *LAYERS)
def _active(layer: Layer) -> Tensor:
    wire = layer.read().wire
    if layer.kind == "Activation":
        return activated(layer, wire)
    if layer.kind != "PReLU":
        return function(layer, wire, layer.kind, layer.config)
    if list(layer.get("shared_axes") or ()) != [1, 2] and not wire.flat:
        layer.unsaid("a trained slope for each cell; the format has one for each channel")
    slopes = {name: _flat(array) for name, array in named(layer.arrays, "slope").items()}
    return Tensor(layer.building.step(wire, Prelu(), layer.origin, slopes))


@is_kind("Gelu")
def _gelu(layer: Layer) -> Tensor:
    """The operation; a layer is the exact one alone."""
    made = Gelu(approximate=bool(layer.get("approximate", True)))
    return Tensor(layer.building.step(layer.read().wire, made, layer.origin))


def _flat(array: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: array().reshape(-1)
