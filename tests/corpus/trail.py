"""The shape rule once more, apart from netspec's: which layer of a spec gets no output."""

from __future__ import annotations

from typing import Any

import yaml

from .sites import lines_of, sites


def at_odds(text: str) -> frozenset[int]:
    """The lines of what the sizes of a spec contradict: none where the text cannot be read.

    The first layer without an output or whose groups do not divide, with the defaults of its kind; the budget; the data
    set's name, and the last fc layer where there is one.
    """
    try:
        data = yaml.safe_load(text)
        found = sites(text)
        path = _broken(data)
    except (yaml.YAMLError, ValueError, TypeError, KeyError, AttributeError, IndexError, ZeroDivisionError):
        return frozenset()
    wanted = (
        [path, ("defaults", "pool" if path[-1] == "pool" else "conv")] if path else [("budget",), ("data", "source")]
    )
    lines = {
        line
        for site in found
        if site.path in wanted
        for line in lines_of(text, site.value if site.key is None else (site.key[0], site.value[1]))
    }
    outputs = [site for site in found if site.path[:1] == ("fc",) and len(site.path) == 2]
    if outputs and not path:
        lines |= set(lines_of(text, outputs[-1].value))
    return frozenset(lines)


def _broken(data: dict[str, Any]) -> tuple[str | int, ...] | None:
    size = data["input"]
    height, width, channels = size if isinstance(size, list) else (size[key] for key in ("height", "width", "channels"))
    standard = data.get("defaults", {})
    for i, block in enumerate(data.get("blocks", [])):
        convs = block.get("conv", [])
        for _ in range(min(block.get("repeat", 1), 50)):
            for j, conv in enumerate(convs if isinstance(convs, list) else [convs]):
                conv = {**standard.get("conv", {}), **conv}
                path = ("blocks", i, "conv", j) if isinstance(convs, list) else ("blocks", i, "conv")
                for _ in range(min(conv.get("repeat", 1), 50)):
                    groups = channels if conv.get("groups") == "depthwise" else conv.get("groups", 1)
                    height, width = _output((height, width), conv, "kernel")
                    if height < 1 or width < 1 or channels % groups or conv["filters"] % groups:
                        return path
                    channels = conv["filters"]
            if "pool" in block:
                pool = block["pool"] if isinstance(block["pool"], dict) else {"type": block["pool"]}
                pool = {**standard.get("pool", {}), **pool}
                height, width = (1, 1) if pool["window"] == "all" else _output((height, width), pool, "window")
                if height < 1 or width < 1:
                    return ("blocks", i, "pool")
    return None


def _output(size: tuple[int, int], layer: dict[str, Any], field: str) -> tuple[int, int]:
    window = _pair(layer[field])
    stride = _pair(layer.get("stride", layer["window"] if field == "window" else 1))
    dilation = _pair(layer.get("dilation", 1))
    padding = layer.get("padding", 0)
    if padding == "same":
        return -(-size[0] // stride[0]), -(-size[1] // stride[1])
    pads = _pair(0 if padding == "valid" else padding)
    return (
        (size[0] - (dilation[0] * (window[0] - 1) + 1) + 2 * pads[0]) // stride[0] + 1,
        (size[1] - (dilation[1] * (window[1] - 1) + 1) + 2 * pads[1]) // stride[1] + 1,
    )


def _pair(value: Any) -> tuple[int, int]:
    return (value[0], value[1]) if isinstance(value, list) else (value, value)
