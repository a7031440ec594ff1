"""What is done to raw images before the first layer, and what they have to be, as an export says it."""

from __future__ import annotations

from typing import Any

import numpy as np

from netspec.analysis.plan import INPUT, Plan
from netspec.data.pixels import Trained

CHANNELS = {1: ["grey"], 2: ["grey", "alpha"], 3: ["red", "green", "blue"], 4: ["red", "green", "blue", "alpha"]}
"""What the channels of images that are read from files are."""
LAST, FIRST = ["batch", "height", "width", "channels"], ["batch", "channels", "height", "width"]
NORMALIZED = "(raw - mean) / deviation, a channel"


def preprocessing(
    plan: Plan, dtype: np.dtype[Any], variables: Any, *, layout: list[str] = LAST, inside: bool = True
) -> dict[str, Any]:
    """`dtype` is that of raw images; `inside` says whether what is exported normalizes them."""
    data, (height, width, channels) = plan.spec.data.value, plan.input
    white = Trained((height, width, channels), data.source, dtype == np.uint8, None).white
    statistics = {name: np.asarray(variables["state"][INPUT][name]).tolist() for name in ("mean", "deviation")}
    raw = "raw values, as the data source has them; the rest is done inside"
    return {
        "given": raw if inside else f"normalized values: {NORMALIZED}",
        "layout": layout,
        "channels": CHANNELS.get(channels) if white is not None else None,
        "range": None if white is None else [0, white],
        "resize": "bilinear, antialiased" if data.resize else None,
        "normalize": data.normalize,
        "inside": NORMALIZED if inside else None,
        **statistics,
    }
