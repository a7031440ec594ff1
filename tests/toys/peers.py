"""The toy kinds in PyTorch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from netspec.analysis.plan import PlannedLayer
from netspec.export.code.part import Part, Place, Said, called
from netspec.language.kind import Shape


class Scale(nn.Module):
    """See `tests.toys.kinds.Scale`."""

    def __init__(self, by: float, channels: int) -> None:
        super().__init__()
        self.weight, self.by = nn.Parameter(torch.ones(channels)), by

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight[:, None, None] * self.by


def _scale(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    settings: Any = layer.settings
    made = called("Scale", settings.by, read[-1])
    return Said((Part(made, {"scale": "weight"}, ("from tests.toys.peers import Scale",)),))


def _bridge(layer: PlannedLayer, read: Shape, place: Place) -> Said:
    return Said((), "{0} + {1}")


KINDS = {"scale": _scale, "bridge": _bridge}
