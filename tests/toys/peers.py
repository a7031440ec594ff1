"""The toy kinds in PyTorch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class Scale(nn.Module):
    """See `tests.toys.kinds.Scale`."""

    def __init__(self, by: float, channels: int) -> None:
        super().__init__()
        self.weight, self.by = nn.Parameter(torch.ones(channels)), by

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight[:, None, None] * self.by


class Bridge(nn.Module):
    """See `tests.toys.kinds.Bridge`."""

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return x + y


def _scale(settings: Any, shape: tuple[int, ...]) -> list[tuple[str, nn.Module]]:
    return [("norm", Scale(settings.by, shape[-1]))]


def _bridge(settings: Any, shape: tuple[int, ...]) -> list[tuple[str, nn.Module]]:
    return [("bridge", Bridge())]


PARTS = {"scale": _scale, "bridge": _bridge}
