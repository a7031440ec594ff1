"""What the section `[net]` of a cfg says of the training, by the keys of the format; what it has no word for is named."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from netspec.importing.sources.darknet_options import Section

IMAGES = ("height", "width", "channels")
RUN = ("subdivisions", "track", "workspace_size_limit_MB", "optimized_memory")
"""How its program runs: the memory that it takes."""
SAID = ("batch", "learning_rate", "momentum", "decay")
ADAM = ("adam", "B1", "B2", "eps")
MOMENTUM, DECAY = 0.9, 1e-4
"""Darknet's own, where a cfg says none."""


def training(net: Section) -> tuple[dict[str, Any], list[str]]:
    """The section `train`, and the options that are left out. Raises Broken."""
    if "learning_rate" not in net.options:
        return {}, sorted(net.options.keys() - {*IMAGES, *RUN, "batch"})
    made: dict[str, Any] = {}
    said = {*IMAGES, *RUN, *SAID}
    if (batch := net.whole("batch", 1)) > 1:
        made["batch_size"] = batch
    rate, decay = net.real("learning_rate", 1e-3), net.real("decay", DECAY)
    if net.whole("adam", 0):
        said |= {*ADAM}
        said -= {"momentum", "decay"}
        own = {"b1": net.real("B1", 0.9), "b2": net.real("B2", 0.999), "eps": net.real("eps", 1e-7)}
        made["optimizer"] = {"type": "adam", "learning_rate": rate, **own}
    else:
        made["optimizer"] = {"type": "sgd", "learning_rate": rate, "momentum": net.real("momentum", MOMENTUM)}
        if decay:  # of the kernels alone
            made["optimizer"] |= {"weight_decay": decay, "decay_norms": False}
    schedule, used = _schedule(net)
    if schedule:
        made["schedule"] = schedule
    return made, [name for name in net.options if name not in said | used]


def _schedule(net: Section) -> tuple[dict[str, Any], set[str]]:
    """How the learning rate changes, and which options say it; nothing where the format has no such schedule."""
    policy = net.options.get("policy", ("constant", net.span))[0]
    if policy == "constant":
        return {}, {"policy"}
    if policy == "step" and "step" in net.options:
        made = {"type": "step", "transition_steps": net.whole("step", 1), "decay_rate": net.real("scale", 1)}
        return made, {"policy", "step", "scale"}
    if policy == "steps" and {"steps", "scales"} <= net.options.keys():
        steps, scales, total = net.reals("steps"), net.reals("scales"), net.whole("max_batches", 0)
        rise = all(a < b for a, b in pairwise([0, *steps, total]))
        if rise and len(steps) == len(scales) and min(scales, default=0) > 0:
            shares = [f"{100 * step / total:.6f}".rstrip("0").rstrip(".") + "%" for step in steps]
            made = {"type": "piecewise", "boundaries": shares, "scales": scales}
            return made, {"policy", "steps", "scales"}
    return {}, set()
