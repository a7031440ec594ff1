"""Random specs, drawn from the grammar."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import assume
from hypothesis import strategies as st

from netspec.language.activations import ACTIVATIONS
from netspec.repair.check import check_source
from netspec.text.source import Source

SMOOTH = tuple(name for name in ACTIVATIONS if name not in ("relu", "leaky_relu"))


def pairs(low: int, high: int) -> st.SearchStrategy[Any]:
    return st.one_of(st.integers(low, high), st.lists(st.integers(low, high), min_size=2, max_size=2))


@st.composite
def convolutions(draw: st.DrawFn) -> dict[str, Any]:
    conv: dict[str, Any] = {"filters": draw(st.sampled_from([2, 4, 6])), "kernel": draw(pairs(1, 4))}
    optional = {
        "stride": pairs(1, 2),
        "padding": st.one_of(pairs(0, 2), st.sampled_from(["same", "valid"])),
        "dilation": pairs(1, 2),
        "groups": st.sampled_from([1, 2, "depthwise"]),
        "norm": st.sampled_from(["none", "batch"]),
        "activation": st.sampled_from(tuple(ACTIVATIONS)),
        "repeat": st.integers(1, 2),
    }
    return conv | draw(st.fixed_dictionaries({}, optional=optional))


@st.composite
def pools(draw: st.DrawFn) -> dict[str, Any]:
    if draw(st.integers(0, 4)) == 0:
        return {"type": draw(st.sampled_from(["max", "average"])), "window": "all"}
    optional = {"stride": pairs(1, 3), "padding": st.one_of(st.integers(0, 1), st.just("same"))}
    pool = {"type": draw(st.sampled_from(["max", "average"])), "window": draw(pairs(1, 3))}
    return pool | draw(st.fixed_dictionaries({}, optional=optional))


@st.composite
def specs(draw: st.DrawFn) -> str:
    """The text of a valid spec."""
    blocks = []
    for _ in range(draw(st.integers(0, 3))):
        block: dict[str, Any] = {}
        if draw(st.booleans()):
            block["conv"] = draw(st.lists(convolutions(), min_size=1, max_size=2))
        if draw(st.booleans()) or not block:
            block["pool"] = draw(pools())
        blocks.append(block)
    hidden = st.fixed_dictionaries(
        {"units": st.integers(1, 8)}, optional={"activation": st.sampled_from(tuple(ACTIVATIONS))}
    )
    fc: list[Any] = [*draw(st.lists(hidden, max_size=2)), draw(st.integers(2, 5))]
    sizes = [draw(st.integers(4, 11)), draw(st.integers(4, 11)), draw(st.sampled_from([1, 2, 4]))]
    spec = {"netspec": 1, "name": "drawn", "input": sizes, "blocks": blocks, "fc": fc}
    text = str(yaml.safe_dump(spec, sort_keys=False))
    assume(check_source(Source("drawn.yaml", text)).plan is not None)
    return text
