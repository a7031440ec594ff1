"""Outputs with copied weights against torchvision, pytorchcv and keras.applications, each a minute at most."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
import pytest

import netspec
from netspec.analysis.plan import Plan, PlannedLayer
from netspec.language.kind import FLATTENED
from tests.known.references import Part, told
from tests.known.table import KNOWN, path

pytestmark = pytest.mark.skipif(
    "NETSPEC_LONG" not in os.environ, reason="NETSPEC_LONG is not set: minutes of compiling"
)

TOLERANCE = 1e-5
"""Relative: of the largest logit."""
Place = tuple[str, dict[str, str], tuple[int, ...]]
"""Where a part goes: a layer, {name in the part: name of the array}, the shape that the layer reads."""


@pytest.mark.parametrize("name", [name for name, known in KNOWN.items() if known.reference])
def test_the_reference_gives_the_same(name: str) -> None:
    known = KNOWN[name]
    text = path(name).read_text()
    if known.size:
        text = text.replace("height: 256, width: 256", f"height: {known.size}, width: {known.size}")
    net = netspec.compile(text=text)
    image = np.random.default_rng(0).normal(size=(1, *net.plan.input)).astype(np.float32)
    assert known.reference is not None
    try:
        parts, wanted = told(known.reference, image)
    except ImportError as missing:
        pytest.skip(str(missing))
    variables = net.init(0)
    places = list(_places(net.plan, known.projection))
    assert len(places) == len(parts)
    for (layer, names, read), part in zip(places, parts, strict=True):
        _copy(variables, layer, names, _laid_out(part, read, layer.startswith("fc"), known.reference))
    found = np.asarray(jax.jit(net.apply)(variables, image), np.float64)
    assert np.abs(found - wanted).max() < TOLERANCE * np.abs(wanted).max()


def _places(plan: Plan, projection: str) -> Iterator[Place]:
    """Where the parts of a reference go, in the order in which it computes them."""
    order: list[PlannedLayer] = []
    for layer in plan.layers:
        at = len(order)
        if projection != "last" and layer.name.endswith(".projection"):
            block = layer.name.removesuffix("projection")
            at = next(n for n, other in enumerate(order) if other.name.startswith(block))
        order.insert(at, layer)
    places = [place for layer in order for place in _of_layer(layer, plan.shape(layer.reads[0]))]
    if projection == "led":
        for n, (layer, names, _) in enumerate(places):
            if layer.endswith(".projection") and "kernel" in names and "scale" in places[n + 1][1]:
                places[n : n + 2] = reversed(places[n : n + 2])
    yield from places


def _of_layer(layer: PlannedLayer, read: tuple[int, ...]) -> Iterator[Place]:
    arrays = {*layer.shapes, *layer.statistics}
    if layer.kind == "gate":
        for way in ("squeeze", "excite"):
            yield layer.name, {name: f"{way}_{name}" for name in ("kernel", "bias")}, (1,)
        return
    settings: Any = layer.settings
    for step in settings.steps if arrays else ():
        own = (
            ("scale", "shift", "mean", "variance")
            if step == "norm"
            else ("kernel", "bias")
            if step == layer.kind
            else ()
        )
        names = {name: name for name in own if name in arrays}
        if names:
            yield layer.name, names, read


def _laid_out(part: Part, read: tuple[int, ...], flattened: bool, reference: str) -> Part:
    """A kernel behind a map that PyTorch has flattened with the channels first."""
    kernel = part.get("kernel")
    if kernel is None or kernel.ndim == 4 or len(read) == 1 or not flattened or reference.startswith("keras:"):
        return part
    order = [("channels", "height", "width").index(axis) for axis in FLATTENED]
    height, width, channels = read
    return part | {"kernel": kernel.reshape(channels, height, width, -1).transpose(*order, 3).reshape(kernel.shape)}


def _copy(variables: Any, layer: str, names: dict[str, str], part: Part) -> None:
    for name, array in names.items():
        own = variables["params" if array in variables["params"].get(layer, {}) else "state"][layer]
        # A convolution without bias in the reference has one here where its bias is 0.
        given = part[name] if name in part else np.zeros(own[array].shape)
        assert given.size == own[array].size, (layer, array, given.shape, own[array].shape)
        own[array] = given.reshape(own[array].shape).astype(np.float32)
    assert part.keys() <= names.keys(), (layer, part.keys())
