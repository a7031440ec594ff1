"""What an export says of itself besides its numbers."""

from __future__ import annotations

from typing import Any

from netspec.analysis.heads import of_plan
from netspec.export.meaning import LOGITS, meaning
from netspec.export.preprocessing import FIRST, LAST, preprocessing
from netspec.training.trained import TrainedNetwork


def told(
    network: TrainedNetwork, variables: Any, *, layout: str = "nchw", inside: bool = True, logits: bool = False
) -> dict[str, Any]:
    """Name, classes (None where nobody has said), the meaning of answers and labels, and the preprocessing, which `inside` says the export does."""
    plan, head = network.plan, of_plan(network.plan)
    says = meaning(head, plan.output[0])
    if logits:
        says["output"]["meaning"] = LOGITS[head.name]
    axes = LAST if layout == "nhwc" else FIRST
    prepared = preprocessing(plan, network.pixels, variables, layout=axes, inside=inside)
    return {"name": plan.name, "classes": list(network.classes) or None, **says, "preprocessing": prepared}
