"""Random specs, drawn from the grammar."""

from __future__ import annotations

from itertools import permutations
from math import prod
from typing import Any

import yaml
from hypothesis import assume
from hypothesis import strategies as st

from netspec.analysis.plan import PlannedLayer
from netspec.language.activations import ACTIVATIONS
from netspec.repair.check import check_source
from netspec.text.source import Source

Drawn = st.SearchStrategy[Any]
FILTERS = 4

ACTIVATED = st.sampled_from(
    [
        *ACTIVATIONS,
        {"type": "leaky_relu", "slope": 0.3},
        {"type": "elu", "alpha": 0.5},
        {"type": "gelu", "approximate": False},
    ]
)
NORMED = st.sampled_from(
    [
        *("batch", "layer", "instance", "local_response"),
        {"type": "batch", "eps": 1e-3, "scale": False},
        {"type": "group", "groups": 2},
        {"type": "layer", "shift": False},
        {"type": "local_response", "size": 2, "alpha": 0.5, "beta": 0.5, "k": 2},
    ]
)
GATES = st.sampled_from(
    [{"reduction": 2}, {"units": 3, "gate": "hard_sigmoid"}, {"units": "0.5x", "activation": "prelu"}]
)


def pairs(low: int, high: int) -> Drawn:
    return st.one_of(st.integers(low, high), st.lists(st.integers(low, high), min_size=2, max_size=2))


def orders(kind: str) -> Drawn:
    """Each names all steps that are drawn; who has fewer passes over the others."""
    return st.sampled_from([list(steps) for steps in permutations((kind, "norm", "activation"))])


def steps(kind: str) -> dict[str, Drawn]:
    return {"norm": NORMED, "activation": ACTIVATED, "order": orders(kind)}


@st.composite
def convolutions(draw: st.DrawFn, bridged: bool = False) -> dict[str, Any]:
    """`bridged` ones keep the size but for their stride, and have as many filters as all others."""
    filters = FILTERS if bridged else draw(st.sampled_from([2, 4, 6, "2x", "0.5x"]))
    optional = {
        "stride": pairs(1, 2),
        "padding": st.one_of(pairs(0, 2), st.sampled_from(["same", "valid"])),
        "dilation": pairs(1, 2),
        "groups": st.sampled_from([1, 2, "depthwise"]),
        "repeat": st.integers(1, 2),
        "gate": GATES,
        "first": st.sampled_from([{"kernel": 1}, {"activation": "tanh"}]),
        **steps("conv"),
    }
    conv: dict[str, Any] = {"filters": filters, "kernel": draw(pairs(1, 4))}
    same = {"padding": "same"} if bridged else {}
    return conv | draw(st.fixed_dictionaries({}, optional=optional)) | same


@st.composite
def pools(draw: st.DrawFn) -> dict[str, Any]:
    if draw(st.integers(0, 4)) == 0:
        return {"type": draw(st.sampled_from(["max", "average"])), "window": "all"}
    optional = {"stride": pairs(1, 3), "padding": st.one_of(st.integers(0, 1), st.just("same")), **steps("pool")}
    pool = {"type": draw(st.sampled_from(["max", "average"])), "window": draw(pairs(1, 3))}
    counted = {"count_padding": draw(st.booleans())} if pool["type"] == "average" else {}
    return pool | counted | draw(st.fixed_dictionaries({}, optional=optional))


@st.composite
def chains(draw: st.DrawFn) -> dict[str, Any]:
    block: dict[str, Any] = {}
    if draw(st.booleans()):
        block["conv"] = draw(st.lists(convolutions(), min_size=1, max_size=2))
    if draw(st.booleans()) or not block:
        block["pool"] = draw(pools())
    return block


def listed(bridged: bool = True) -> Drawn:
    return st.lists(convolutions(bridged=bridged), min_size=1, max_size=2)


@st.composite
def bridged(draw: st.DrawFn) -> dict[str, Any]:
    """A block with a shortcut, branches, or a group of blocks."""
    body = draw(st.sampled_from(["conv", "branches", "blocks"]))
    unstrided = listed().map(lambda convs: [conv | {"stride": 1} for conv in convs])
    pooled = st.just({"pool": {"type": "average", "window": 3, "stride": 1, "padding": 1}})
    block: dict[str, Any] = {}
    if body == "conv":
        block["conv"] = draw(listed())
    elif body == "branches":
        branch = st.one_of(st.just([]), unstrided.map(lambda convs: {"conv": convs}), st.tuples(pooled).map(list))
        block["branches"] = draw(st.lists(branch, min_size=1, max_size=3))
        block["join"] = draw(st.sampled_from(["add", "concat"]))
    else:
        block["blocks"] = [{"conv": draw(listed())}, {"conv": draw(unstrided), "shortcut": "add"}]
    ways = st.sampled_from(["conv", "pool", "slice", "skip", {"kernel": 3, "padding": 1, "norm": "layer"}])
    shortcut = st.fixed_dictionaries({"type": st.sampled_from(["add", "concat"]), "projection": ways})
    optional = {"shortcut": shortcut, "norm": NORMED, "activation": ACTIVATED, "repeat": st.integers(1, 2)}
    return block | draw(st.fixed_dictionaries({}, optional=optional))


@st.composite
def specs(draw: st.DrawFn) -> str:
    """The text of a valid spec."""
    blocks = draw(st.lists(st.one_of(chains(), bridged()), max_size=3))
    hidden = st.fixed_dictionaries({"units": st.sampled_from([2, 4, 6])}, optional=steps("fc"))
    fc: list[Any] = [*draw(st.lists(hidden, max_size=2)), draw(st.integers(2, 5))]
    sizes = {
        "height": draw(st.integers(4, 11)),
        "width": draw(st.integers(4, 11)),
        "channels": draw(st.sampled_from([1, 2, 4])),
    }
    image = sizes | draw(st.fixed_dictionaries({}, optional={"norm": NORMED}))
    spec = {"netspec": 1, "name": "drawn", "input": image, "blocks": blocks, "fc": fc}
    text = str(yaml.safe_dump(spec, sort_keys=False))
    plan = check_source(Source("drawn.yaml", text), fixes=False).plan
    assume(plan is not None and all(map(_normed, plan.layers)))
    return text


def _normed(layer: PlannedLayer) -> bool:
    """Whether its norm is over more than two values: of two, what is left is their sign, and the gradient is rounding noise."""
    norm = getattr(layer.settings, "norm", None)
    if norm is None or norm.type not in ("layer", "instance", "group"):
        return True
    *cells, features = layer.input if "norm" in layer.settings.leading else layer.output
    own = {"layer": features, "instance": prod(cells), "group": prod(cells) * features // getattr(norm, "groups", 1)}
    return own[norm.type] > 2
